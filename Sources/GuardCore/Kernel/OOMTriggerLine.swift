/// `x invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0`: a report begins.
///
/// Shapes: `oom-killer: gfp_mask=0xd2, order=0` (2.6.9 … 2.6.18); `…, oomkilladj=0` (to 2.6.31); `…, oom_adj=0`
/// (to 2.6.35); `…, oom_adj=0, oom_score_adj=0` (to 3.6); `nodemask=…` before the order (4.8 … 4.20).
/// Source: mm/oom_kill.c, dump_header.
struct OOMTriggerLine {
  var trigger: OOMKill.Trigger

  init?(_ text: ArraySlice<UInt8>) {
    var cursor: ByteCursor
    if let mark = text.position(of: " invoked oom-killer") {
      let comm = text[..<mark]
      cursor = ByteCursor(text[mark...])
      guard cursor.skip(" invoked oom-killer"), !comm.isEmpty else { return nil }
      // A task's name has at most 15 bytes; more is somebody's prose, unless the mask proves otherwise.
      guard
        cursor.skip(": gfp_mask=")
          || (comm.count <= 15 && (cursor.isAtEnd || cursor.next == UInt8(ascii: ":")))
      else { return nil }
      guard comm.count <= 64 else { return nil }
      trigger = OOMKill.Trigger(comm: Array(comm))
    } else {
      cursor = ByteCursor(text)
      guard cursor.skip("oom-killer: gfp_mask=") else { return nil }
      trigger = OOMKill.Trigger()
    }
    readMask(cursor.rest)
    trigger.order = Self.value(after: " order=", in: cursor.rest)
    trigger.score = Self.value(after: " oom_score_adj=", in: cursor.rest).flatMap {
      OOMScoreAdj($0).map { Int($0.value) }
    }
  }

  /// A mask or name list that runs into the end of the line may have been cut: not known.
  private mutating func readMask(_ text: ArraySlice<UInt8>) {
    guard text.starts(with: "0x") else { return }
    guard let end = text.dropFirst(2).firstIndex(where: { $0.hexValue == nil }), end > text.startIndex + 2
    else { return }
    if text[end] == UInt8(ascii: ",") {
      trigger.gfpMask = Array(text[..<end])
    } else if text[end] == UInt8(ascii: "(") {
      trigger.gfpMask = Array(text[..<end])
      let names = text[(end + 1)...]
      trigger.gfpNames = names.firstIndex(of: UInt8(ascii: ")")).map { Array(names[..<$0]) }
    }
  }

  private static func value(after key: StaticString, in text: ArraySlice<UInt8>) -> Int? {
    guard let position = text.position(of: key) else { return nil }
    var cursor = ByteCursor(text[(position + key.utf8CodeUnitCount)...])
    guard let value = cursor.number(as: Int.self),
      cursor.isAtEnd || cursor.next == UInt8(ascii: ",") || cursor.next == 0x20
    else { return nil }
    return value
  }
}

/// `CPU: 0 PID: 1 Comm: x Not tainted …`, since 6.12 with `UID: 0` before the pid; `Pid: 1, comm: x …` before 3.10.
/// Source: kernel/printk/printk.c and lib/dump_stack.c, dump_stack_print_info.
struct TaskInfoLine {
  var pid: Int32
  /// The comm and what follows it: no mark tells where it ends.
  private var commAndMore: ArraySlice<UInt8>

  init?(_ text: ArraySlice<UInt8>) {
    var cursor = ByteCursor(text)
    if cursor.skip("CPU: ") {
      guard cursor.number(as: Int32.self) != nil, cursor.skip(" ") else { return nil }
      if cursor.skip("UID: ") {
        guard cursor.number(as: UInt32.self) != nil, cursor.skip(" ") else { return nil }
      }
      guard cursor.skip("PID: "), let pid = cursor.number(as: Int32.self), cursor.skip(" Comm: ") else {
        return nil
      }
      self.pid = pid
    } else {
      guard cursor.skip("Pid: "), let pid = cursor.number(as: Int32.self), cursor.skip(", comm: ") else {
        return nil
      }
      self.pid = pid
    }
    commAndMore = cursor.rest
  }

  func names(_ comm: [UInt8]) -> Bool {
    guard commAndMore.starts(with: comm) else { return false }
    return commAndMore.dropFirst(comm.count).first.map { $0 == 0x20 } ?? true
  }
}
