internal import CSystemd

extension ServiceManager {
  /// The descriptors that the service manager handed over, as sockets to listen on; whoever takes them owns them.
  /// See sd_listen_fds(3).
  package static func inheritedSockets() -> [CInt] {
    let count = sd_listen_fds(1)
    return count > 0 ? Array(SD_LISTEN_FDS_START..<(SD_LISTEN_FDS_START + count)) : []
  }
}
