extension String {
  /// The word of `known` that was probably meant by this one; `nil` if none is near.
  package func meant(among known: [String]) -> String? {
    let nearest = known.min { $0.distance(to: self) < $1.distance(to: self) }
    return nearest.flatMap { $0.distance(to: self) <= max(1, $0.count / 3) ? $0 : nil }
  }

  /// How many letters to add, drop, replace or swap with their neighbour to get `other`.
  private func distance(to other: String) -> Int {
    // Nobody means one by something this long, and a file may hold a megabyte of it.
    guard other.utf8.count <= 64 else { return .max }
    let (left, right) = (Array(utf8), Array(other.utf8))
    var rows = [Array(0...right.count)]
    for (i, letter) in left.enumerated() {
      var row = [i + 1]
      for (j, target) in right.enumerated() {
        var ways = [rows[i][j] + (letter == target ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1]
        if i > 0, j > 0, letter == right[j - 1], left[i - 1] == target { ways.append(rows[i - 1][j - 1] + 1) }
        row.append(ways.min() ?? 0)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
