/// What people call a unit.
package enum UnitName {
  private static let kinds = [
    ".service", ".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice",
    ".scope",
  ]

  /// With `.service` at its end where no other kind is named, as systemctl(1) has it. Wildcards are left alone.
  package static func completed(_ name: String) -> String {
    let isPattern = name.contains { "*?[".contains($0) }
    return isPattern || kinds.contains(where: name.hasSuffix) ? name : "\(name).service"
  }
}
