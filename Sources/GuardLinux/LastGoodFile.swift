internal import Glibc
internal import GuardCore

/// `/var/lib/oomguard/last-good.conf`: the last configuration that was good, for a boot with a broken one.
package enum LastGoodFile {
  private static let directory = "/var/lib/oomguard"
  private static let name = "last-good.conf"
  package static let path = "\(directory)/\(name)"

  /// `nil` where there is none.
  package static func read(in root: RootDirectory) throws(SystemCallError) -> [UInt8]? {
    do throws(SystemCallError) {
      return try root.readWhole(path, limit: limit)
    } catch {
      guard error.meansGone else { throw error }
      return nil
    }
  }

  /// Replaces it, unless it says the same already.
  ///
  /// Not synced: that waits for the disk, for as long as a storm lasts. A copy that a power failure tears is told
  /// by its end missing, and counts as none.
  package static func keep(_ text: [UInt8], in root: RootDirectory) throws(SystemCallError) {
    let own = try root.ownDirectory(directory)
    if let present = try? own.contents(of: name, limit: limit), present == text { return }
    // A configuration may be for root's eyes only, and so is its copy.
    try own.replace(name, mode: 0o600) { (file) throws(SystemCallError) in try file.write(text) }
  }

  private static let limit = 64 * ConfigFiles.sizeLimit
}
