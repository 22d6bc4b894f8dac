internal import CLinux
internal import Glibc
package import GuardCore

/// Wakes the loop when tasks stalled for longer than a threshold within a window.
/// Source: Documentation/accounting/psi.rst, "Monitoring for pressure thresholds".
package struct PressureTrigger: ~Copyable {
  /// ``EventLoop/Readiness/exceptional`` when it fires. Its cgroup's removal is told once and then fails for good, which
  /// shows as ``EventLoop/Readiness/failed``: it is to be closed then. A look at its readiness takes the event, so that
  /// it must not be in a loop within a loop. Source: kernel/sched/psi.c, psi_trigger_poll.
  package let descriptor: OwnedDescriptor
  /// What the file said just before.
  package let armedAt: Pressure

  /// - Throws: EINVAL for a window the kernel refuses: outside 500 ms to 10 s or, without
  ///   CAP_SYS_RESOURCE, no multiple of 2 s; EPERM before Linux 6.5 without it; ENOENT or EOPNOTSUPP without PSI.
  package init(_ threshold: PressureSettings.Threshold, in root: RootDirectory) throws(SystemCallError) {
    try self.init(threshold, on: root.open(root.pressurePath, O_RDWR | O_NONBLOCK))
  }

  init(
    _ threshold: PressureSettings.Threshold, on file: consuming OwnedDescriptor
  ) throws(SystemCallError) {
    guard let text = try file.read(atMost: 4096), let pressure = try? Pressure(text) else {
      throw SystemCallError(call: "read", subject: file.path, code: EBADMSG)
    }
    // The kernel wants the NUL counted.
    try file.write(
      "\(threshold.kind.rawValue) \(threshold.stallMicroseconds) \(threshold.window.microseconds)\0")
    armedAt = pressure
    descriptor = file
  }

  /// What the file says now; `nil` once its cgroup is gone.
  package borrowing func pressure() -> Pressure? {
    (try? descriptor.read(atMost: 4096, at: 0)).flatMap { try? Pressure($0) }
  }
}

extension CgroupTree {
  /// Arms a trigger on a cgroup's own pressure. With CAP_SYS_RESOURCE each group with a trigger costs a
  /// real-time kernel thread, so it is done without where the kernel allows that: since Linux 6.5, in windows that
  /// are multiples of 2 s. Source: kernel/sched/psi.c, psi_trigger_create.
  ///
  /// - Throws: ENOENT where the cgroup is gone, or has no such file; else as ``PressureTrigger``'s.
  package borrowing func pressureTrigger(
    _ threshold: PressureSettings.Threshold, of path: CgroupPath
  ) throws(SystemCallError) -> PressureTrigger {
    let name = [UInt8(ascii: ".")] + path.bytes + Array("/memory.pressure".utf8)
    do throws(SystemCallError) {
      // The right counts that was there when the file was opened.
      return try Capabilities.withoutSysResource { () throws(SystemCallError) in
        try PressureTrigger(threshold, on: top.opening(bytes: name, O_RDWR | O_NONBLOCK))
      }
    } catch {
      guard error.isNotPermitted, try Capabilities.hasSysResource() else { throw error }
      return try PressureTrigger(threshold, on: top.opening(bytes: name, O_RDWR | O_NONBLOCK))
    }
  }

  /// Whether there is such a cgroup. One that is there may be without its pressure: under `psi=0`, and where its
  /// cgroup.pressure says 0 (since Linux 6.1).
  package borrowing func holds(_ path: CgroupPath) -> Bool {
    (try? top.opening(bytes: [UInt8(ascii: ".")] + path.bytes, CLINUX_O_PATH | O_DIRECTORY)) != nil
  }

  /// How much of the nearest limit is free, of those of a cgroup and the ones above it, in hundredths of a percent;
  /// `nil` where there is none. A memory.high counts: tasks are made to wait there, before the limit is hit.
  package borrowing func freeHundredths(of path: CgroupPath) -> Int? {
    var name = path.bytes
    var least: Int?
    while name.count > 1 {
      for file in ["memory.max", "memory.high"] {
        if let limit = CgroupLimit(limit: read(file, of: name), used: read("memory.current", of: name)) {
          least = min(least ?? .max, limit.freeHundredths)
        }
      }
      name.removeSubrange((name.lastIndex(of: UInt8(ascii: "/")) ?? 0)...)
    }
    return least
  }

  private borrowing func read(_ file: String, of path: [UInt8]) -> [UInt8] {
    (try? top.opening(bytes: [UInt8(ascii: ".")] + path + Array("/\(file)".utf8), O_RDONLY)
      .read(atMost: 64)) ?? []
  }
}
