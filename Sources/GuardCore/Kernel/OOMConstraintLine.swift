/// `oom-kill:constraint=…,nodemask=…,cpuset=…,mems_allowed=…,oom_memcg=…,task_memcg=…,task=…,pid=…,uid=…`,
/// since Linux 4.20: which limit was hit, and the process chosen. Memory-cgroup kills name the cgroup whose
/// limit it was, others say `global_oom`; kernels without memory cgroups say neither.
///
/// Cgroup and task names may hold commas and imitate other fields, so the line is read from both ends, and
/// the task's name comes from the kill line of the same pid. Source: mm/oom_kill.c, dump_oom_victim.
struct OOMConstraintLine {
  /// The line; longer where the kernel's continuation of it came as lines of its own.
  private(set) var text: [UInt8]
  /// The chosen process or thread; the thread that is killed for it may be another one.
  private(set) var pid: Int32?
  private(set) var uid: UInt32?
  private var taskEnd: Int

  init?(_ line: ArraySlice<UInt8>) {
    guard line.starts(with: "oom-kill:constraint=") else { return nil }
    (text, taskEnd) = (Array(line), line.count)
    readEnd()
  }

  /// Adds what the kernel printed as a continuation (pr_cont) but another CPU's line tore off.
  mutating func append(_ fragment: ArraySlice<UInt8>) -> Bool {
    guard pid == nil else { return false }
    let continues = text.last == UInt8(ascii: "=") && !fragment.contains(0x20)
    guard continues || fragment.first == UInt8(ascii: ",") else { return false }
    guard text.count + fragment.count <= 16_384 else { return false }
    text += fragment
    readEnd()
    return true
  }

  private mutating func readEnd() {
    taskEnd = text.count
    guard let uidMark = text[...].lastPosition(of: ",uid="), let uid = UInt32(ascii: text[(uidMark + 5)...]),
      let pidMark = text[...].lastPosition(of: ",pid=", before: uidMark),
      let pid = Int32(ascii: text[(pidMark + 5)..<uidMark])
    else { return }
    (self.pid, self.uid, taskEnd) = (pid, uid, pidMark)
  }

  /// `CONSTRAINT_…`; `nil` where the line was cut within it.
  var name: [UInt8]? {
    let start = "oom-kill:constraint=".utf8.count
    return text[start...].firstIndex(of: UInt8(ascii: ",")).map { Array(text[start..<$0]) }
  }

  /// Whether the chosen task may have this name.
  func names(_ comm: [UInt8]) -> Bool {
    pid != nil && text[..<taskEnd].suffix(comm.count).elementsEqual(comm)
      && text[..<(taskEnd - comm.count)].ends(with: ",task=")
  }

  /// The cgroup whose limit was hit and the task's own, as far as the line tells them whole.
  func cgroups(taskNamed comm: [UInt8]?) -> (limit: [UInt8]?, task: [UInt8]?) {
    let fields = fields(before: comm)
    // Only a path holds a "/", so the first such mark is the kernel's own.
    let limitMark = fields.position(of: ",oom_memcg=/")
    let taskMark = fields.position(of: ",task_memcg=/")
    guard let limitMark, limitMark < taskMark ?? fields.endIndex else {
      return (nil, taskMark.flatMap { wholePath(fields[($0 + 12)...]) })
    }
    let paths = fields[(limitMark + 11)...]
    // The task lies in or below the cgroup that hit its limit: take the split that says so.
    var best: (limit: ArraySlice<UInt8>, task: ArraySlice<UInt8>)?
    var mark = paths.position(of: ",task_memcg=/")
    while let split = mark {
      let (limit, task) = (paths[..<split], paths[(split + 12)...])
      let fits =
        task.elementsEqual(limit) || limit.equals("/")
        || (task.starts(with: limit) && task.dropFirst(limit.count).first == UInt8(ascii: "/"))
      if best == nil || fits { best = (limit, task) }
      mark = paths.position(of: ",task_memcg=/", from: split + 1)
    }
    guard let best else { return (nil, nil) }
    return (Array(best.limit), wholePath(best.task))
  }

  /// What stands before `,task=`.
  private func fields(before comm: [UInt8]?) -> ArraySlice<UInt8> {
    let front = text[..<taskEnd]
    if let comm, names(comm) { return front.dropLast(comm.count + 6) }
    return front.lastPosition(of: ",task=").map { front[..<$0] } ?? front
  }

  /// A path is whole only if something came after it. A cut line may end within `,task=`; pagers mark it by `>`.
  private func wholePath(_ path: ArraySlice<UInt8>) -> [UInt8]? {
    if path.endIndex < text.count { return Array(path) }
    guard let comma = path.lastIndex(of: UInt8(ascii: ",")) else { return nil }
    let rest = path[(comma + 1)...]
    let word = rest.last == UInt8(ascii: ">") ? rest.dropLast() : rest
    return Array("task=".utf8).starts(with: word) ? Array(path[..<comma]) : nil
  }
}

extension OOMKill.Constraint {
  /// `CONSTRAINT_NONE` with a memory cgroup beside it is one of its kills: 5.0 to 5.2 did not set the word.
  init(name: [UInt8], limitCgroup: [UInt8]?) {
    let name = name[...]
    if name.equals("CONSTRAINT_CPUSET") {
      self = .cpuset
    } else if name.equals("CONSTRAINT_MEMORY_POLICY") {
      self = .mempolicy
    } else if name.equals("CONSTRAINT_MEMCG") || limitCgroup != nil {
      self = .memcg
    } else {
      self = .global
    }
  }
}
