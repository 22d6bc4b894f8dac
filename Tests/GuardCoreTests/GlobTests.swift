import Glibc
import GuardTestSupport
import Testing

@testable import GuardCore

struct GlobTests {
  private func matches(_ pattern: String, _ text: String, as kind: Glob.Kind) throws -> Bool {
    try Glob(pattern, as: kind).matches(Array(text.utf8))
  }

  @Test(arguments: [
    ("ssh.service", "ssh.service", true), ("ssh.service", "ssh.servic", false),
    ("ssh.service", "xssh.service", false),
    ("postgresql@*.service", "postgresql@15-main.service", true),
    ("postgresql@*.service", "postgresql@.service", true),
    ("postgresql@*.service", "postgresql.service", false), ("*", "", true), ("*", "a/b", true),
    ("**", "a/b", true),
    ("?", "", false), ("?", "a", true), ("?", "\u{e9}", true), ("??", "\u{e9}", false), ("?", "ab", false),
    ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[^a-c]x", "bx", false),
    ("[]]", "]", true), ("[!]]", "]", false), ("[a-]", "-", true), ("[[:digit:]z]", "7", true),
    ("[[:digit:]z]", "z", true), ("[[:digit:]z]", "y", false), ("[*]", "*", true), ("[*]", "a", false),
    ("[\u{e0}-\u{ef}]", "\u{e9}", true), ("\u{e9}*", "\u{e9}t\u{e9}", true),
    ("dev-by\\x2duuid-*.swap", "dev-by\\x2duuid-1.swap", true), ("a\\*", "a\\bc", true),
    ("a\\*", "a*", false),
  ])
  func namesMatchAsInSystemctl(pattern: String, text: String, expected: Bool) throws {
    #expect(try matches(pattern, text, as: .name) == expected)
  }

  @Test(arguments: [
    ("/batch.slice/**", "/batch.slice", true), ("/batch.slice/**", "/batch.slice/a", true),
    ("/batch.slice/**", "/batch.slice/a/b", true), ("/batch.slice/**", "/batch.slicer", false),
    ("/batch.slice/**", "/x/batch.slice", false), ("/batch.slice/**", "/batch.slice/", true),
    ("/batch.slice/*", "/batch.slice/a", true), ("/batch.slice/*", "/batch.slice/a/b", false),
    ("/batch.slice/*", "/batch.slice", false), ("/a/**/b", "/a/b", true), ("/a/**/b", "/a/x/b", true),
    ("/a/**/b", "/a/x/y/b", true), ("/a/**/b", "/a/xb", false), ("/a/**/b", "/ab", false), ("/**", "/", true),
    ("/**", "/a/b", true), ("/a**z", "/ab/cz", true), ("/?", "//", false), ("/[!a]", "//", false),
    ("/[.-0]", "//", false), ("/usr/bin/python3*", "/usr/bin/python3.11", true), ("/***", "/a/b", true),
  ])
  func wildcardsStayWithinOneComponentOfAPath(pattern: String, text: String, expected: Bool) throws {
    if pattern == "/[.-0]" {
      #expect(throws: PatternError.self) { try Glob(pattern, as: .path) }
    } else {
      #expect(try matches(pattern, text, as: .path) == expected)
    }
  }

  @Test func bytesThatAreNotUTF8CountOneByOne() throws {
    #expect(try Glob("a?b", as: .name).matches([0x61, 0xff, 0x62]))
    #expect(try Glob("a?b", as: .name).matches([0x61, 0xe2, 0x82, 0x62]) == false)
    #expect(try Glob("a??b", as: .name).matches([0x61, 0xe2, 0x82, 0x62]))
    #expect(try Glob("a[!x]b", as: .name).matches([0x61, 0xc3, 0x62]))
    #expect(try Glob("*\u{e9}", as: .name).matches([0xff, 0xc3, 0xa9]))
    #expect(try Glob("\u{e9}", as: .name).matches([0xc3]) == false)
  }

  @Test(arguments: [
    ("", "it is empty and matches nothing; write a name"),
    ("a[b", "the '[' at character 2 is never closed; add ']', or write '[[]' for a plain '['"),
    ("[]", "the '[' at character 1 is never closed; add ']', or write '[[]' for a plain '['"),
    ("[z-a]", "the range that ends at character 4 runs backwards; swap its ends"),
    ("[a-c-e]", "the '-' at character 5 could mean two things; write it last in its brackets"),
    ("[a-[:digit:]]", "the range at character 4 ends in a class; a range needs two characters"),
    (
      "[[:vowel:]]",
      "the class at character 2 is not known; the classes are [:alnum:], [:alpha:], [:blank:], [:cntrl:], "
        + "[:digit:], [:graph:], [:lower:], [:print:], [:punct:], [:space:], [:upper:] and [:xdigit:]"
    ),
  ])
  func whatCannotBeMeantIsRefused(pattern: String, message: String) {
    #expect(throws: PatternError(message)) { try Glob(pattern, as: .name) }
  }

  @Test func theFewestBytesAreThoseOutsideRepeats() throws {
    #expect(try Glob("a*[bc]?\u{e9}", as: .name).fewestBytes == 5)
    #expect(try Glob("/a/**", as: .path).fewestBytes == 2)
  }

  @Test func globsAreEqualByPatternAndKind() throws {
    #expect(try Glob("*", as: .name) == Glob("*", as: .name))
    #expect(try Glob("*", as: .name) != Glob("*", as: .path))
    #expect(try Glob("*", as: .name) != Glob("?", as: .name))
  }

  @Test(arguments: ["*a*a*a*a*a*a*a*a*b", "**a**a**a**a**a**a**b", "*?*?*?*?*?*?*?*b"])
  func noTextMakesAMatchSlow(pattern: String) throws {
    let text = Array(repeating: UInt8(ascii: "a"), count: 4096)
    for kind in [Glob.Kind.name, .path] {
      var steps = 0
      #expect(try Glob(pattern, as: kind).matches(text, steps: &steps) == false)
      #expect(steps <= (text.count + 1) * (4 * pattern.count + 3))
      #expect(steps > text.count)
    }
  }

  @Test func randomGlobsAgreeWithFnmatch() throws {
    var random = SeededRandom.printed()
    let pieces = ["a", "b", "/", ".", "*", "?", "[ab]", "[!a]", "[b-]", "[a-c]", "[]a]", "[[:alpha:]]"]
    let letters = ["a", "b", "c", "/", ".", "-", "]"]
    var found = 0
    for _ in 0..<20_000 {
      let pattern = (0..<Int.random(in: 1...4, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let text = (0..<Int.random(in: 0...4, using: &random))
        .map { _ in letters.randomElement(using: &random) ?? "" }.joined()
      let expected = unsafe fnmatch(pattern, text, FNM_NOESCAPE) == 0
      #expect(try matches(pattern, text, as: .name) == expected, "'\(pattern)' on '\(text)'")
      found += expected ? 1 : 0
      // "**" is ours; fnmatch reads it as "*".
      guard !pattern.contains("**") else { continue }
      let inPath = unsafe fnmatch(pattern, text, FNM_NOESCAPE | FNM_PATHNAME) == 0
      #expect(try matches(pattern, text, as: .path) == inPath, "'\(pattern)' on path '\(text)'")
    }
    #expect(found > 500)
  }
}
