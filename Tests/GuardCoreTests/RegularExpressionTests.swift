import Foundation
import Glibc
import GuardTestSupport
import Testing

@testable import GuardCore

struct RegularExpressionTests {
  private func matches(_ pattern: String, _ text: String) throws -> Bool {
    try RegularExpression(pattern).matches(Array(text.utf8))
  }

  @Test(arguments: [
    ("b", "abc", true), ("^b", "abc", false), ("^a.c$", "abc", true), ("a$", "ab", false), ("^$", "", true),
    ("^$", "a", false), ("(foo|ba(r|z)) -x", "/bin/baz -x", true), ("(foo|ba(r|z)) -x", "/bin/ba -x", false),
    ("ab*c", "ac", true), ("ab+c", "ac", false), ("ab?c$", "abbc", false), ("^a{2,3}$", "aa", true),
    ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaaa", true), ("^a{,2}$", "aaa", false), ("^a{0}b", "b", true),
    ("^a{3}$", "aaa", true), ("[[:digit:]]+", "a7", true), ("[^[:digit:]]", "77", false),
    ("a[]]b", "a]b", true),
    ("[^]]", "]", false), ("a[-z]", "a-", true), ("a[+--]", "a,", true), ("[\\\\]", "\\", true),
    ("a\\.b", "a.b", true), ("a\\.b", "axb", false), ("\\d\\D\\w\\W\\s\\S", "1aa- x", true),
    ("\\bfoo\\b", "a foo", true),
    ("\\bfoo\\b", "afoo", false), ("\\Boo", "foo", true), ("\\Bfoo", "foo", false),
    ("a\\tb\\nc", "a\tb\nc", true),
    ("^.$", "\u{e9}", true), ("[\u{e0}-\u{ef}]", "\u{e9}", true), ("^[^a]$", "\u{1f600}", true),
    ("a.b", "a\nb", true),
    ("(^a|b$)", "cb", true), ("(a*)*", "", true), ("(a*)+b", "b", true), ("()", "x", true),
    ("x]}", "x]}", true),
    ("\\(\\{\\|\\-\\/\\ \\_", "({|-/ _", true),
  ])
  func patternsAreFoundAnywhere(pattern: String, text: String, expected: Bool) throws {
    #expect(try matches(pattern, text) == expected)
  }

  @Test func bytesThatAreNotUTF8CountOneByOne() throws {
    #expect(try RegularExpression("^a.b$").matches([0x61, 0xff, 0x62]))
    #expect(try RegularExpression("^a..b$").matches([0x61, 0xe2, 0x82, 0x62]))
    #expect(try RegularExpression("^a\\Wb$").matches([0x61, 0xc3, 0x62]))
    #expect(try RegularExpression("^a.b$").matches([0x61, 0x00, 0x62]))
  }

  @Test(arguments: [
    ("", "it is empty and matches everything; write a pattern"),
    ("a(b", "the '(' at character 2 is never closed; add ')', or write '\\(' for a plain '('"),
    ("ab)", "the ')' at character 3 closes nothing; remove it, or write '\\)' for a plain ')'"),
    ("*a", "the '*' at character 1 repeats nothing; write '\\*' for a plain '*'"),
    ("(+a)", "the '+' at character 2 repeats nothing; write '\\+' for a plain '+'"),
    ("^*", "the repeat that ends at character 2 follows a place, not a character; remove it"),
    (
      "a|", "there is nothing beside a '|' before character 3; remove it, or make the group optional with '?'"
    ),
    (
      "a|(|b)",
      "there is nothing beside a '|' before character 6; remove it, or make the group optional with '?'"
    ),
    ("a*?b", "the '?' at character 3 asks for a lazy repeat, which is not known; remove it"),
    ("a{2}+", "the '+' at character 5 asks for a possessive repeat, which is not known; remove it"),
    ("a**", "there are two repeats at character 3; keep one"),
    ("a{x}", "the '{' at character 2 starts no '{m}', '{m,}' or '{m,n}'; write '\\{' for a plain '{'"),
    ("a{3,2}", "the '{' at character 2 runs backwards; write the lower number first"),
    ("a{256}", "the '{' at character 2 repeats more than 255 times; write a lower number"),
    (
      "a{99999999999999999999,}",
      "the '{' at character 2 repeats more than 255 times; write a lower number"
    ),
    ("(a{255}){255}", "the pattern is too large; shorten it, or lower the numbers in its '{…}'"),
    (
      "((((){255}){255}){255}){255}",
      "the pattern is too large; shorten it, or lower the numbers in its '{…}'"
    ),
    ("(a)\\1", "'\\1' at character 4 is a back reference, which is not known; write the text out"),
    ("\\pL", "'\\p' at character 1 is not known; write '\\\\' for a backslash, or leave it out"),
    ("\\<a", "'\\<' at character 1 is not known; write '\\\\' for a backslash, or leave it out"),
    ("a\\", "it ends in a lone '\\'; write '\\\\' for a backslash"),
    ("(?:a)", "at character 1: '(?:' is not known; write '('"),
    ("a(?!b)", "at character 2: lookahead is not known; write what comes next, or use a second selector"),
    ("(?<=b)a", "at character 1: lookbehind is not known; write what comes before, or use a second selector"),
    (
      "(?i)a",
      "at character 1: '(?' is not known, neither flags nor named groups; write '(', or '\\(' for a plain '('"
    ),
    ("[a", "the '[' at character 1 is never closed; add ']', or write '[[]' for a plain '['"),
    ("[\\d]", "the '\\' at character 2 is within brackets; remove it, or write '\\\\' for a backslash"),
  ])
  func whatIsUnknownIsNamed(pattern: String, message: String) {
    #expect(throws: PatternError(message)) { try RegularExpression(pattern) }
  }

  @Test func groupsMayLieOnlySoDeepWithinEachOther() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
    }
    #expect(try matches(nested(50), "a"))
    #expect(throws: PatternError("more than 50 groups lie within each other; write it simpler")) {
      try RegularExpression(nested(51))
    }
    #expect(throws: PatternError.self) { try RegularExpression(nested(100_000)) }
  }

  @Test(arguments: ["(a*)*b", "(a|a)*b", "(a+)+b", "(a|aa)+$x", "(.*)*(.*)*b", "((a{0,9}){0,9})*b"])
  func noTextMakesAMatchSlow(pattern: String) throws {
    let text = Array(repeating: UInt8(ascii: "a"), count: 10_000)
    var steps = 0
    #expect(try RegularExpression(pattern).matches(text, steps: &steps) == false)
    #expect(steps <= (text.count + 1) * 300)
    #expect(steps > text.count)
  }

  @Test func twoAreEqualByPattern() throws {
    #expect(try RegularExpression("a") == RegularExpression("a"))
    #expect(try RegularExpression("a") != RegularExpression("(a)"))
  }

  /// A pattern that both this and POSIX define.
  private func pattern(_ depth: Int, _ random: inout SeededRandom) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let isGroup = depth > 0 && Int.random(in: 0..<4, using: &random) == 0
      if isGroup {
        text += "(" + pattern(depth - 1, &random)
        if Bool.random(using: &random) { text += "|" + pattern(depth - 1, &random) }
        text += ")"
      } else {
        text +=
          ["a", "b", "c", ".", "[ab]", "[^a]", "[b-c]", "[[:alpha:]]", "\\."].randomElement(using: &random)
          ?? ""
      }
      text +=
        ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,3}", "{2,}"].randomElement(using: &random) ?? ""
      if depth == 2, Int.random(in: 0..<20, using: &random) == 0 { text += "$" }
    }
    return text
  }

  @Test func randomPatternsAgreeWithRegexec() throws {
    var random = SeededRandom.printed()
    var found = 0
    for _ in 0..<5000 {
      let pattern = (Bool.random(using: &random) ? "^" : "") + pattern(2, &random)
      var compiled = unsafe regex_t()
      try #require(unsafe regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0, "'\(pattern)'")
      defer { unsafe regfree(&compiled) }
      for _ in 0..<5 {
        let text = (0..<Int.random(in: 0...8, using: &random))
          .map { _ in ["a", "b", "c", "."].randomElement(using: &random) ?? "" }.joined()
        let expected = unsafe regexec(&compiled, text, 0, nil, 0) == 0
        #expect(try matches(pattern, text) == expected, "'\(pattern)' on '\(text)'")
        found += expected ? 1 : 0
      }
    }
    #expect((2000..<23_000).contains(found))
  }

  @Test func randomEscapesAgreeWithICU() throws {
    var random = SeededRandom.printed()
    let pieces = [
      "\\b", "\\B", "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "a", "-", "(a|\\d)", "\\w*", "\\s+", "[^-]",
      "$",
    ]
    var found = 0
    for _ in 0..<5000 {
      let pattern = (0..<Int.random(in: 1...4, using: &random))
        .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      // "\z" is what "$" means here; ICU's also stands before a last newline.
      let theirs = try NSRegularExpression(
        pattern: pattern.replacingOccurrences(of: "$", with: "\\z"), options: .dotMatchesLineSeparators)
      let text = (0..<Int.random(in: 0...6, using: &random))
        .map { _ in ["a", "Z", "_", "0", " ", "\n", "-"].randomElement(using: &random) ?? "" }.joined()
      let range = NSRange(text.startIndex..., in: text)
      let expected = theirs.firstMatch(in: text, range: range) != nil
      #expect(try matches(pattern, text) == expected, "'\(pattern)' on '\(text)'")
      found += expected ? 1 : 0
    }
    #expect((500..<4500).contains(found))
  }
}
