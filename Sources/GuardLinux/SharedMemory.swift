internal import CLinux
internal import GuardCore

/// Processes that share their memory without being threads of one another, as clone(2) makes them with CLONE_VM.
///
/// The kernel changes the scores of all of them together, since it kills all of them together (fs/proc/base.c,
/// `__set_oom_adj`; mm/oom_kill.c, `__oom_kill_process`). One that waits in vfork(2) for its child is left out there.
package enum SharedMemory {
  /// False as well where that cannot be told: for a process that is gone or that may not be looked into, and in a
  /// kernel without kcmp(2).
  package static func isShared(by one: Int32, and other: Int32) -> Bool {
    clinux_compare_memory(one, other) == 0
  }
}
