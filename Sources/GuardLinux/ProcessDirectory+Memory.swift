package import GuardCore

extension ProcessDirectory {
  /// What it has mapped, added up.
  ///
  /// - Throws: EACCES for somebody else's process, unless the caller is root.
  package borrowing func mappings(tmpfs: Set<DeviceNumber>) throws(SystemCallError) -> ProcessMappings {
    var mappings = ProcessMappings(tmpfs: tmpfs)
    try readPieces("smaps") { mappings.read($0[...]) }
    mappings.finish()
    return mappings
  }

  /// The devices that are tmpfs where the process is.
  package borrowing func tmpfsDevices() -> Set<DeviceNumber> {
    guard let text = try? read("mountinfo") else { return [] }
    return Set(MountTable(text).mounts.filter(\.isTmpfs).map(\.device))
  }
}
