import Foundation
import GuardTestSupport
import Testing

@testable import GuardLinux

struct ConfigFilesTests {
  private let temporary: TemporaryRoot
  private var root: RootDirectory { RootDirectory(temporary.path) }

  init() throws { temporary = try TemporaryRoot() }

  private func read() throws -> [String] {
    try ConfigFiles.standard(in: root).map { name, bytes in
      #expect(name.hasPrefix(temporary.path))
      return name.dropFirst(temporary.path.count) + "=" + String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test func dropInsComeAfterTheMainFileInNameOrderWhereverTheyLie() throws {
    try temporary.write("main", to: "etc/oomguard.conf")
    try temporary.write("e", to: "etc/oomguard.conf.d/20-x.conf")
    try temporary.write("r", to: "run/oomguard.conf.d/10-x.conf")
    try temporary.write("u", to: "usr/lib/oomguard.conf.d/30-x.conf")
    try temporary.write("B", to: "usr/lib/oomguard.conf.d/B.conf")
    try temporary.write("a", to: "etc/oomguard.conf.d/a.conf")
    #expect(
      try read() == [
        "/etc/oomguard.conf=main", "/run/oomguard.conf.d/10-x.conf=r", "/etc/oomguard.conf.d/20-x.conf=e",
        "/usr/lib/oomguard.conf.d/30-x.conf=u", "/usr/lib/oomguard.conf.d/B.conf=B",
        "/etc/oomguard.conf.d/a.conf=a",
      ])
  }

  @Test func aNameInEtcHidesItInRunAndThatInUsrLib() throws {
    try temporary.write("main", to: "etc/oomguard.conf")
    for (directory, names) in [("usr/lib", ["1", "2", "3"]), ("run", ["1", "2"]), ("etc", ["1"])] {
      for name in names { try temporary.write(directory, to: "\(directory)/oomguard.conf.d/\(name).conf") }
    }
    #expect(
      try read() == [
        "/etc/oomguard.conf=main", "/etc/oomguard.conf.d/1.conf=etc", "/run/oomguard.conf.d/2.conf=run",
        "/usr/lib/oomguard.conf.d/3.conf=usr/lib",
      ])
  }

  @Test func aLinkToNothingHidesWithoutSayingAnything() throws {
    try temporary.write("main", to: "etc/oomguard.conf")
    try temporary.write("u", to: "usr/lib/oomguard.conf.d/1.conf")
    try temporary.link("etc/oomguard.conf.d/1.conf", to: "/dev/null")
    #expect(try read() == ["/etc/oomguard.conf=main"])
  }

  @Test func whatIsNotNamedLikeADropInIsNone() throws {
    try temporary.write("main", to: "etc/oomguard.conf")
    for name in ["x.conf~", "x.conf.dpkg-old", ".x.conf", "README", "conf"] {
      try temporary.write("no", to: "etc/oomguard.conf.d/\(name)")
    }
    #expect(try read() == ["/etc/oomguard.conf=main"])
  }

  @Test func whatIsThereButCannotBeReadIsAnError() throws {
    #expect(
      throws: SystemCallError(call: "open", subject: "\(temporary.path)/etc/oomguard.conf", code: ENOENT)
    ) {
      _ = try read()
    }
    try temporary.write("main", to: "etc/oomguard.conf")
    try temporary.write("x", to: "etc/oomguard.conf.d/1.conf/x")
    let dropIn = "\(temporary.path)/etc/oomguard.conf.d/1.conf"
    #expect(throws: SystemCallError(call: "read", subject: dropIn, code: EISDIR)) { _ = try read() }
    try temporary.remove("etc/oomguard.conf.d/1.conf")
    try temporary.write(
      [UInt8](repeating: 0x20, count: ConfigFiles.sizeLimit + 1), to: "etc/oomguard.conf.d/1.conf")
    #expect(throws: SystemCallError(call: "read", subject: dropIn, code: EFBIG)) { _ = try read() }
    try temporary.remove("etc/oomguard.conf.d/1.conf")
    try temporary.link("etc/oomguard.conf.d/1.conf", to: "nowhere")
    #expect(throws: SystemCallError(call: "open", subject: dropIn, code: ENOENT)) { _ = try read() }
    try temporary.remove("etc/oomguard.conf.d/1.conf")
    // Nobody masks a file with a FIFO: it would be a rule that is missing without a word.
    try temporary.makeFIFO("etc/oomguard.conf.d/1.conf")
    #expect(throws: SystemCallError(call: "read", subject: dropIn, code: EINVAL)) { _ = try read() }
    try temporary.remove("etc/oomguard.conf.d")
    try temporary.write("a file", to: "etc/oomguard.conf.d")
    #expect(
      throws: SystemCallError(call: "open", subject: "\(temporary.path)/etc/oomguard.conf.d", code: ENOTDIR)
    ) {
      _ = try read()
    }
  }

  @Test func namesThatOnlyLookTheSameAreTwoFiles() throws {
    try temporary.write("main", to: "etc/oomguard.conf")
    try temporary.write("composed", to: "etc/oomguard.conf.d/\u{e9}.conf")
    try temporary.write("decomposed", to: "etc/oomguard.conf.d/e\u{301}.conf")
    let contents = try ConfigFiles.standard(in: root).map { String(decoding: $0.bytes, as: UTF8.self) }
    #expect(contents == ["main", "decomposed", "composed"])
  }

  @Test func aNameThatIsNotUTF8IsNotPassedOverInSilence() throws {
    try temporary.write("main", to: "etc/oomguard.conf")
    try temporary.write("x", to: "etc/oomguard.conf.d/x")
    try temporary.write("x", toBytes: Array("etc/oomguard.conf.d/".utf8) + [0xff] + Array(".conf".utf8))
    let error = try #require(#expect(throws: SystemCallError.self) { _ = try read() })
    #expect(error.code == EILSEQ)
    #expect(error.subject == "\(temporary.path)/etc/oomguard.conf.d/\\xff.conf")
  }

  @Test func aNamedFileHasOnlyItsOwnDropIns() throws {
    try temporary.write("no", to: "etc/oomguard.conf")
    try temporary.write("no", to: "etc/oomguard.conf.d/1.conf")
    try temporary.write("F", to: "my.toml")
    try temporary.write("2", to: "my.toml.d/2.conf")
    try temporary.write("1", to: "my.toml.d/1.conf")
    let files = try ConfigFiles.named("\(temporary.path)/my.toml")
    #expect(
      files.map(\.name) == ["/my.toml", "/my.toml.d/1.conf", "/my.toml.d/2.conf"].map { temporary.path + $0 })
    #expect(files.map(\.bytes) == ["F", "1", "2"].map { Array($0.utf8) })
  }
}
