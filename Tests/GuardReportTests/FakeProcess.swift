import GuardTestSupport

/// A process in a directory shaped like /.
struct FakeProcess {
  var pid: Int32
  var comm = "x"
  var parent: Int32 = 1
  var state = "S"
  var flags = 0
  var score = 0
  /// In KiB. Whole for any page size, if multiples of 64.
  var anonKB: UInt64? = 0
  var fileKB: UInt64 = 0
  var swapKB: UInt64 = 0
  var pgtablesKB: UInt64 = 64
  var sizeKB: UInt64 = 640
  var cgroup = "/"
  var uid = 0
  var capabilities = "0000000000000000"
  var threads = 1
  /// What the kernel makes of it; `nil` where it does not say.
  var points: Int?

  func install(in root: TemporaryRoot) throws {
    let home = "proc/\(pid)"
    var status = "Name:\t\(comm)\nTgid:\t\(pid)\nPid:\t\(pid)\nUid:\t\(uid)\t\(uid)\t\(uid)\t\(uid)\n"
    if let anonKB {
      status += """
        VmSize:\t\(sizeKB) kB\nVmLck:\t0 kB\nVmRSS:\t\(anonKB + fileKB) kB\nRssAnon:\t\(anonKB) kB
        RssFile:\t\(fileKB) kB\nRssShmem:\t0 kB\nVmPTE:\t\(pgtablesKB) kB\nVmSwap:\t\(swapKB) kB\n
        """
    }
    status += "Threads:\t\(threads)\nCapEff:\t\(capabilities)\n"
    try root.write(status, to: "\(home)/status")
    try root.write(
      "\(pid) (\(comm)) \(state) \(parent) 1 1 0 -1 \(flags) 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n",
      to: "\(home)/stat")
    try root.write("\(comm)\n", to: "\(home)/comm")
    try root.write("\(score)\n", to: "\(home)/oom_score_adj")
    try root.write("0::\(cgroup)\n", to: "\(home)/cgroup")
    if let points { try root.write("\(points)\n", to: "\(home)/oom_score") }
  }
}

extension TemporaryRoot {
  /// A machine with 14 GB of RAM and 2 GB of swap, whole thousandths for any page size, and its first processes.
  func installMachine(overcommit: Int = 0) throws {
    try write(
      """
      MemTotal:       14000000 kB
      SwapTotal:       2000000 kB
      CommitLimit:     9000000 kB
      Committed_AS:    6000000 kB

      """, to: "proc/meminfo")
    try write("\(overcommit)\n", to: "proc/sys/vm/overcommit_memory")
    try write("8192\n", to: "proc/sys/vm/admin_reserve_kbytes")
    try write("131072\n", to: "proc/sys/vm/user_reserve_kbytes")
    try write("", to: "sys/fs/cgroup/cgroup.controllers")
    try write("", to: "sys/fs/cgroup/cgroup.procs")
    try FakeProcess(pid: 1, comm: "systemd", parent: 0, anonKB: 6_400).install(in: self)
    try FakeProcess(pid: 2, comm: "kthreadd", parent: 0, flags: 0x20_8040, anonKB: nil).install(in: self)
    try FakeProcess(pid: 500, comm: "sshd", score: -1000, anonKB: 64_000).install(in: self)
    try FakeProcess(pid: 600, comm: "small", anonKB: 640).install(in: self)
    try FakeProcess(pid: 700, comm: "hog", anonKB: 3_200_000, swapKB: 640_000).install(in: self)
  }
}
