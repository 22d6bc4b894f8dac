import Foundation
import GuardTestSupport

/// A mount namespace with a /run of its own, so that a real daemon has its lock, state and status to
/// itself whatever else runs on this machine. It goes with the last process in it.
final class Stage {
  /// Seen by everybody at the same path.
  let files: TemporaryRoot
  private let keeper = Process()
  /// Its other end closes with the test, however that ends, and the keeper leaves.
  private let leash = Pipe()

  /// - Parameter runOptions: of the tmpfs, see tmpfs(5).
  init(run runOptions: String = "size=4m,mode=755") throws {
    files = try TemporaryRoot()
    keeper.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    keeper.arguments = [
      "--mount", "--propagation", "private", "/bin/sh", "-c",
      "mount -t tmpfs -o \"$0\" none /run && echo ready && exec cat", runOptions,
    ]
    let answer = Pipe()
    (keeper.standardInput, keeper.standardOutput) = (leash, answer)
    try keeper.run()
    guard answer.fileHandleForReading.availableData == Data("ready\n".utf8) else {
      throw NeverHappened(what: "a /run of its own")
    }
  }

  deinit {
    try? leash.fileHandleForWriting.close()
    keeper.waitUntilExit()
  }

  /// The /run of the stage, as seen from outside.
  var run: String { "/proc/\(keeper.processIdentifier)/root/run" }

  /// `words` as a command line that is carried out on the stage; no process comes in between.
  func command(_ words: [String]) -> [String] {
    ["/usr/bin/nsenter", "--mount=/proc/\(keeper.processIdentifier)/ns/mnt"] + words
  }

  /// Runs the client, or another daemon, to its end.
  func result(_ words: String...) throws -> Outcome { try Program.run(command(words)) }

  /// A copy of a program of the system, under a path that only rules of this test know.
  func program(_ name: String, as own: String) throws -> String {
    try copy(of: URL(fileURLWithPath: "/usr/bin/\(name)").resolvingSymlinksInPath().path, as: own)
  }

  func copy(of original: String, as own: String) throws -> String {
    let copy = "\(files.path)/\(own)"
    if !FileManager.default.fileExists(atPath: copy) {
      let parent = (copy as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: original, toPath: copy)
    }
    return copy
  }

  /// Nobody can change anything in its /run any more. Only while no file there is open for writing.
  func makeRunReadOnly() throws {
    let outcome = try result("/bin/mount", "-o", "remount,ro", "/run")
    guard outcome.status == 0 else { throw NeverHappened(what: "remount: \(outcome.complaint)") }
  }

  func makeRunWritable() throws {
    let outcome = try result("/bin/mount", "-o", "remount,rw", "/run")
    guard outcome.status == 0 else { throw NeverHappened(what: "remount: \(outcome.complaint)") }
  }

  /// Leaves not a byte of room in its /run.
  func fillRun() throws {
    try Data().write(to: URL(fileURLWithPath: filler))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: filler))
    let zeros = Data(repeating: 0, count: 4096)
    while (try? file.write(contentsOf: zeros)) != nil {}
    try file.close()
  }

  func emptyRun() throws { try FileManager.default.removeItem(atPath: filler) }

  private var filler: String { "\(run)/filler" }
}
