import Foundation
import GuardTestSupport

/// One process after the other that eats more memory than its cgroup has, as fast as the kernel kills them.
final class KillStorm {
  private let process = Process()
  private let listPath: String

  /// - Parameter cgroup: has to have room for a shell beside one that eats.
  init(of count: Int, in cgroup: MemoryCgroup, on stage: Stage) throws {
    listPath = "\(stage.files.path)/storm-\(UUID().uuidString)"
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // `tail` keeps what it reads until a newline comes, and none does.
    let script = """
      echo $$ >$2
      for i in $(seq $1); do
        sh -c 'echo 1000 >/proc/self/oom_score_adj; echo -n "$$ "; exec tail /dev/zero'
        echo $?
      done
      """
    process.arguments = ["-c", script, "sh", "\(count)", "\(cgroup.path)/cgroup.procs"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try stage.files.newFile((listPath as NSString).lastPathComponent)
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// The pids the kernel killed so far, by their parent's word.
  var killed: [Int32] {
    get throws {
      try String(contentsOfFile: listPath, encoding: .utf8).split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ")
        return words.count == 2 && words[1] == "137" ? Int32(words[0]) : nil
      }
    }
  }

  func finish() throws -> [Int32] {
    process.waitUntilExit()
    return try killed
  }
}

/// Fills the kernel's log with a program's lines, tens of thousands a second, which overwrite what nobody has read.
final class LogFlood {
  private let process = Process()

  /// - Parameter lines: `nil` for as long as it lives.
  init(lines: Int? = nil) throws {
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // Opened for each line: the kernel limits the rate of each open file.
    let script = """
      i=0
      while [ $i -ne $1 ]; do
        echo '<7>oomguard test: some driver says the same thing again and again 0123456789 0123456789' >/dev/kmsg
        i=$((i + 1))
      done
      """
    process.arguments = ["-c", script, "sh", "\(lines ?? -1)"]
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { end() }

  func end() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Waits until all lines are written.
  func finish() { process.waitUntilExit() }
}
