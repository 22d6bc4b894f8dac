import GuardCore
import Testing

struct CgroupKillsTests {
  /// A tree of cgroups with their counters.
  private final class Tree {
    var counters: [String: CgroupKills.Counter] = [:]
    var asked: [String] = []
    let isHierarchical: Bool
    private var nextID: UInt64 = 1

    init(_ paths: [String], isHierarchical: Bool = true) {
      self.isHierarchical = isHierarchical
      for path in paths { make(path) }
    }

    func make(_ path: String) {
      counters[path] = .init(id: nextID, kills: 0)
      nextID += 1
    }

    /// As the kernel counts a kill.
    func kill(in path: String) {
      var path = path
      while !path.isEmpty {
        counters[path]?.kills += 1
        guard isHierarchical, let slash = path.lastIndex(of: "/") else { return }
        path = String(path[..<slash])
      }
    }

    func counter(_ path: [UInt8]) -> CgroupKills.Counter? {
      let path = String(decoding: path, as: UTF8.self)
      asked.append(path)
      return counters[path]
    }

    func children(_ path: [UInt8]) -> [[UInt8]] {
      let path = path.count == 1 ? "" : String(decoding: path, as: UTF8.self)
      return counters.keys.sorted().filter {
        $0.count > 1 && $0[..<($0.lastIndex(of: "/") ?? $0.startIndex)] == path
      }
      .map { Array($0.utf8) }
    }

    func id(_ path: String) -> UInt64? { counters[path]?.id }
  }

  private static let paths = [
    "/system.slice", "/system.slice/a.service", "/system.slice/b.service", "/system.slice/b.service/inner",
    "/user.slice",
    "/user.slice/user-1.slice",
  ]

  private func surplus(_ kills: inout CgroupKills, _ tree: Tree) -> [String: UInt64] {
    tree.asked = []
    let found = kills.surplus(counter: tree.counter, children: tree.children)
    return Dictionary(
      uniqueKeysWithValues: found.map { (String(decoding: $0.path, as: UTF8.self), $0.kills) })
  }

  private func begun(_ tree: Tree) -> CgroupKills {
    var kills = CgroupKills(isHierarchical: tree.isHierarchical)
    kills.adopt(counter: tree.counter, children: tree.children)
    return kills
  }

  @Test(arguments: [true, false])
  func theCgroupOfAKillThatNobodyPlacedIsFound(isHierarchical: Bool) {
    let tree = Tree(Self.paths, isHierarchical: isHierarchical)
    tree.kill(in: "/system.slice/a.service")
    var kills = begun(tree)
    #expect(surplus(&kills, tree) == [:])
    tree.kill(in: "/system.slice/b.service/inner")
    tree.kill(in: "/system.slice/a.service")
    tree.kill(in: "/system.slice/a.service")
    #expect(surplus(&kills, tree) == ["/system.slice/b.service/inner": 1, "/system.slice/a.service": 2])
  }

  @Test(arguments: [true, false])
  func whatIsEnteredIsNoSurplus(isHierarchical: Bool) {
    let tree = Tree(Self.paths, isHierarchical: isHierarchical)
    var kills = begun(tree)
    for path in ["/system.slice/b.service/inner", "/system.slice/a.service", "/user.slice/user-1.slice"] {
      tree.kill(in: path)
      kills.enter(Array(path.utf8), id: tree.id(path))
    }
    #expect(surplus(&kills, tree) == [:])
    tree.kill(in: "/system.slice/a.service")
    #expect(surplus(&kills, tree) == ["/system.slice/a.service": 1])
  }

  @Test func onlyBranchesThatMovedAreLookedInto() {
    let tree = Tree(Self.paths)
    var kills = begun(tree)
    tree.kill(in: "/user.slice/user-1.slice")
    #expect(surplus(&kills, tree) == ["/user.slice/user-1.slice": 1])
    #expect(tree.asked == ["/", "/system.slice", "/user.slice", "/user.slice/user-1.slice"])
  }

  /// The leaf is removed once its last process is gone; the count of the slice stays.
  @Test func ofACgroupThatIsGoneTheOneAboveIsTold() {
    let tree = Tree(Self.paths)
    var kills = begun(tree)
    tree.kill(in: "/system.slice/a.service")
    tree.counters["/system.slice/a.service"] = nil
    #expect(surplus(&kills, tree) == ["/system.slice": 1])
  }

  @Test(arguments: [true, false])
  func aCgroupMadeAnewCountsFromZero(isHierarchical: Bool) {
    let tree = Tree(Self.paths, isHierarchical: isHierarchical)
    var kills = begun(tree)
    let path = "/system.slice/a.service"
    tree.kill(in: path)
    kills.enter(Array(path.utf8), id: tree.id(path))
    // Removed and made again by the next start of the unit, before and after a kill was entered.
    tree.make(path)
    tree.kill(in: path)
    #expect(surplus(&kills, tree) == [path: 1])
    kills.enter(Array(path.utf8), id: tree.id(path))
    #expect(surplus(&kills, tree) == [:])
    tree.counters[path] = nil
    kills.enter(Array(path.utf8), id: nil)
    tree.make(path)
    tree.kill(in: "/system.slice/b.service")
    tree.kill(in: path)
    #expect(surplus(&kills, tree)[path] == 1)
  }

  @Test func countersOfManyCgroupsThatAreGoneAreForgotten() {
    let tree = Tree([])
    var kills = begun(tree)
    for number in 0..<1000 {
      let path = "/job-\(number).scope"
      tree.make(path)
      tree.kill(in: path)
      kills.enter(Array(path.utf8), id: tree.id(path))
      if number > 0 { tree.counters["/job-\(number - 1).scope"] = nil }
      _ = surplus(&kills, tree)
    }
    #expect(kills.knownCount <= 257)
  }

  @Test func cgroupsThatAreGoneAreNotKept() {
    let tree = Tree(["/pods"])
    var kills = CgroupKills(isHierarchical: true)
    var most = 0
    for number in 0..<10_000 {
      let path = "/pods/pod\(number)"
      tree.make(path)
      tree.kill(in: path)
      kills.enter(Array(path.utf8), id: tree.id(path))
      tree.counters[path] = nil
      if kills.isCrowded { kills.dropGone(counter: tree.counter) }
      most = max(most, kills.knownCount)
    }
    #expect(most <= 257)
    // What is left is known as before.
    #expect(surplus(&kills, tree) == [:])
    tree.kill(in: "/pods")
    #expect(surplus(&kills, tree) == ["/pods": 1])
  }
}
