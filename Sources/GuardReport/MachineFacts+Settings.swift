internal import GuardCore

// What the machine-wide settings mean. Each sentence says what happens, not what is written in the file.

private let vm = "Documentation/admin-guide/sysctl/vm.rst"
private let accounting = "Documentation/mm/overcommit-accounting.rst"

extension MachineFacts {
  /// Every finding, the worst first; within a severity in the order in which they are looked for.
  package func findings() -> [Finding] {
    let found =
      overcommitFindings() + killFindings() + reclaimFindings() + swapFindings() + sharedFindings()
      + processFindings() + unitFindings() + killerFindings()
    return Finding.Severity.allCases.reversed().flatMap { severity in found.filter { $0.severity == severity }
    }
  }

  private func sysctl(_ setting: String) -> String { "sysctl -w vm.\(setting)" }

  // MARK: Overcommit

  private func overcommitFindings() -> [Finding] {
    guard let overcommit else { return [] }
    switch overcommit.mode {
    case .guess: return []
    case .always:
      return [
        Finding(
          "overcommit-always", .info, "vm.overcommit_memory",
          "vm.overcommit_memory is 1: no allocation and no fork is ever refused, so what does not fit ends "
            + "in an OOM kill",
          remedy: sysctl("overcommit_memory=0"), source: accounting)
      ]
    case .never: return neverFindings(overcommit)
    }
  }

  private func neverFindings(_ overcommit: Overcommit) -> [Finding] {
    guard let limit = overcommit.commitLimitKB, let committed = overcommit.committedKB, limit > 0 else {
      return []
    }
    let amounts = "\(committed.kibibytesText) of \(limit.kibibytesText) are committed"
    let more =
      if let overcommitKB, overcommitKB > 0 {
        sysctl("overcommit_kbytes=\(overcommitKB.multipliedReportingOverflow(by: 2).partialValue)")
      } else {
        sysctl("overcommit_ratio=\(min(100, (overcommitRatio ?? 50) + 25))")
      }
    let percent = limit.dividingFullWidth(min(committed, limit).multipliedFullWidth(by: 100)).quotient
    var found: [Finding] = []
    if percent >= 98 {
      found.append(
        Finding(
          "overcommit-limit", .danger, "vm.overcommit_memory",
          "vm.overcommit_memory is 2 and \(amounts): the next allocations and forks fail, whatever is free",
          remedy: more,
          source: accounting))
    } else if percent >= 85 {
      found.append(
        Finding(
          "overcommit-limit", .warning, "vm.overcommit_memory",
          "vm.overcommit_memory is 2 and \(amounts): beyond that allocations and forks fail, whatever is "
            + "free",
          remedy: more,
          source: accounting))
    } else {
      found.append(
        Finding(
          "overcommit-never", .info, "vm.overcommit_memory",
          "vm.overcommit_memory is 2, \(amounts): beyond that allocations and forks fail, whatever is free",
          remedy: more,
          source: accounting))
    }
    if let memory, limit < memory.totalKB {
      found.append(
        Finding(
          "overcommit-limit-below-ram", .warning, "vm.overcommit_ratio",
          "vm.overcommit_ratio lets processes commit \(limit.kibibytesText), less than the "
            + "\(memory.totalKB.kibibytesText) of RAM: "
            + "the rest serves as file cache only",
          remedy: more, source: accounting))
    }
    return found
  }

  // MARK: What a kill is

  private func killFindings() -> [Finding] {
    var found: [Finding] = []
    switch panicOnOOM {
    case 1?:
      found.append(
        Finding(
          "panic-on-oom", .warning, "vm.panic_on_oom",
          "vm.panic_on_oom is 1: when the machine is out of memory it panics and no score counts; limits of "
            + "cgroups still kill",
          remedy: sysctl("panic_on_oom=0"), source: vm))
    case let value? where value > 1:
      found.append(
        Finding(
          "panic-on-oom", .danger, "vm.panic_on_oom",
          "vm.panic_on_oom is \(value): the whole machine panics even when only one cgroup is out of "
            + "memory, and no score counts",
          remedy: sysctl("panic_on_oom=0"), source: vm))
    default: break
    }
    if let killsAllocating, killsAllocating != 0 {
      found.append(
        Finding(
          "kills-allocating-task", .warning, "vm.oom_kill_allocating_task",
          "vm.oom_kill_allocating_task is \(killsAllocating): whoever asks for memory is killed, so no "
            + "score but -1000 protects",
          remedy: sysctl("oom_kill_allocating_task=0"), source: vm))
    }
    if dumpsTasks == 0 {
      found.append(
        Finding(
          "no-task-dump", .info, "vm.oom_dump_tasks",
          "vm.oom_dump_tasks is 0: the kernel's report of a kill does not say who else had memory",
          remedy: sysctl("oom_dump_tasks=1"), source: vm))
    }
    if hasPressure == false {
      found.append(
        Finding(
          "no-pressure", .warning, "/proc/pressure/memory",
          "/proc/pressure/memory is not there: nothing warns before memory ends",
          remedy: "add psi=1 to the kernel's command line and boot",
          source: "Documentation/accounting/psi.rst"))
    }
    if let hidePID, !["0", "off"].contains(hidePID) {
      found.append(
        Finding(
          "hidepid", .info, "/proc",
          "/proc is mounted with hidepid=\(hidePID): who is not root, or in the group of gid=, sees his own "
            + "processes "
            + "only, and so do these tools",
          remedy: "run oomguardctl as root", source: "Documentation/filesystems/proc.rst"))
    }
    return found
  }

  // MARK: Reclaim

  /// A machine with fewer waits than this has met memory pressure once and no more.
  private static let manyStalls: UInt64 = 10_000

  private func reclaimFindings() -> [Finding] {
    var found: [Finding] = []
    if let minFreeKB, let memory {
      if minFreeKB < 1024 {
        found.append(
          Finding(
            "min-free-too-low", .danger, "vm.min_free_kbytes",
            "vm.min_free_kbytes is \(minFreeKB): below 1024 the kernel has too little in reserve and may "
              + "deadlock under load",
            remedy: sysctl("min_free_kbytes=\(max(4096, memory.totalKB / 400))"), source: vm))
      } else if minFreeKB > memory.totalKB / 20 {
        found.append(
          Finding(
            "min-free-too-high", .warning, "vm.min_free_kbytes",
            "vm.min_free_kbytes keeps \(minFreeKB.kibibytesText) of \(memory.totalKB.kibibytesText) of RAM "
              + "away from processes, so "
              + "that they are killed while memory is free",
            remedy: sysctl("min_free_kbytes=\(max(4096, memory.totalKB / 400))"), source: vm))
      }
    }
    if let stalls, stalls >= Self.manyStalls, let watermarkScale, watermarkScale <= 10 {
      found.append(
        Finding(
          "narrow-watermarks", .info, "vm.watermark_scale_factor",
          "vm.watermark_scale_factor is \(watermarkScale), and allocations have waited for reclaim "
            + "\(stalls) times since boot: kswapd is woken "
            + "late",
          remedy: sysctl("watermark_scale_factor=100"), source: vm))
    }
    return found
  }

  // MARK: Swap

  private func swapFindings() -> [Finding] {
    guard let memory, let total = memory.swapTotalKB, let free = memory.swapFreeKB else { return [] }
    guard total > 0 else {
      return [
        Finding(
          "no-swap", .info, "swap",
          "there is no swap: anonymous memory and tmpfs can only be freed by ending somebody",
          remedy: "mkswap and swapon a partition or file, or set up zram", source: vm)
      ]
    }
    var found: [Finding] = []
    if free < total / 10 {
      found.append(
        Finding(
          "swap-full", .warning, "swap",
          "\(free.kibibytesText) of \(total.kibibytesText) of swap are left: soon nothing more can be "
            + "swapped out",
          remedy: "add swap, or find who has it with: oomguardctl memory --top 10", source: vm))
    }
    if let swappiness {
      if swappiness == 0 {
        found.append(
          Finding(
            "swappiness-zero", .warning, "vm.swappiness",
            "vm.swappiness is 0: there is swap, but nothing goes there before file cache is all but gone, "
              + "so that programs are "
              + "read from disk again and again",
            remedy: sysctl("swappiness=10"), source: vm))
      } else if swappiness > 100, !swaps.contains(where: \.isZRAM) {
        found.append(
          Finding(
            "swappiness-high", .info, "vm.swappiness",
            "vm.swappiness is \(swappiness): swapping is taken to be cheaper than reading files, true of "
              + "zram and not of this swap",
            remedy: sysctl("swappiness=60"), source: vm))
      }
    }
    let compressed = swaps.filter(\.isZRAM).reduce(0 as UInt64) { $0 &+ $1.sizeKB }
    if compressed > 0 {
      let isLarge = compressed > memory.totalKB &* 2
      found.append(
        Finding(
          "swap-in-ram", isLarge ? .warning : .info, "zram",
          "\(compressed.kibibytesText) of swap lie in RAM: what does not compress is not freed by swapping "
            + "out"
            + (isLarge ? ", and this is more than twice the RAM" : ""),
          remedy: "see what it takes with: zramctl; limit it with mem_limit",
          source: "Documentation/admin-guide/blockdev/zram.rst"))
    }
    return found
  }

  // MARK: Shared memory

  private func sharedFindings() -> [Finding] {
    var found = segments.filter(\.isOrphaned).map { segment in
      let size = ((segment.residentBytes ?? segment.sizeBytes) / 1024).kibibytesText
      return Finding(
        "orphaned-segment", .warning, "System V segment \(segment.id)",
        "System V segment \(segment.id) holds \(size) and nobody is attached to it: it outlives pid "
          + "\(segment.creatorPID) of uid "
          + "\(segment.creatorUID), who made it, and no kill frees it",
        remedy: "ipcrm -m \(segment.id)", source: "sysvipc(7)")
    }
    if let memory {
      found += tmpfs.filter { ($0.limitKB ?? .max) >= memory.totalKB }.map { tmpfs in
        let limit = tmpfs.limitKB.map { "to \($0.kibibytesText)" } ?? "without limit"
        return Finding(
          "tmpfs-beyond-ram", .warning, tmpfs.path,
          "the tmpfs at '\(tmpfs.path)' may grow \(limit), all of the \(memory.totalKB.kibibytesText) of "
            + "RAM, and no kill frees what "
            + "is in it",
          remedy: "mount -o remount,size=50% \(tmpfs.path.quotedForShell)",
          source: "Documentation/filesystems/tmpfs.rst")
      }
    }
    return found
  }
}

extension String {
  /// As one word of a POSIX shell.
  var quotedForShell: String {
    let isPlain = unicodeScalars.allSatisfy {
      $0.isASCII
        && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "/._-@:+".unicodeScalars.contains($0))
    }
    return isPlain && !isEmpty
      ? self : "'\(split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}
