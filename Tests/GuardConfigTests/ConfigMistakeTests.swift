import GuardConfig
import GuardCore
import Testing

/// A text with one mistake, and the whole message about it.
struct Mistake: CustomTestStringConvertible, Sendable {
  var bytes: [UInt8]
  var message: String

  init(_ text: String, _ message: String) { self.init(Array(text.utf8), message) }

  init(_ bytes: [UInt8], _ message: String) { (self.bytes, self.message) = (bytes, message) }

  /// In a rule that is right but for `keys`, which start in line 3.
  static func protect(_ keys: String, _ message: String) -> Mistake {
    Mistake("[[protect]]\nname = 'x'\n\(keys)", message)
  }

  static func sacrifice(_ keys: String, _ message: String) -> Mistake {
    Mistake("[[sacrifice]]\nname = 'x'\n\(keys)", message)
  }

  var testDescription: String { message }
}

struct ConfigMistakeTests {
  private func message(_ bytes: [UInt8]) -> String {
    do throws(ConfigErrors) {
      _ = try ConfigReader.read([ConfigFile(name: "x", bytes: bytes)])
      return "(none)"
    } catch {
      return error.description
    }
  }

  private static let commandWords = "write an array of the program's absolute path and its arguments"
  private static let eventNames =
    "\"kill\", \"pressure\", \"drift\", \"conflict\", \"protect\", \"restore\", \"config\", \"degraded\", \"lost\""

  private static let settings: [Mistake] = [
    Mistake("gaurd = 1", "x:1:1: unknown key 'gaurd' at top level; did you mean 'guard'?"),
    Mistake("conflict_limit = 1", "x:1:1: unknown key 'conflict_limit' at top level; it belongs in [guard]"),
    Mistake("[pressure]\nscore = 1", "x:2:1: unknown key 'score' in [pressure]; it belongs in [[protect]]"),
    Mistake(
      "[guard]\n  \"a\\nb\" = 1",
      "x:2:3: unknown key 'a\\x0ab' in [guard]; "
        + "the keys here are 'reconcile_interval', 'restore_on_stop', 'conflict_limit', 'log_level'"),
    Mistake("guard = 5", "x:1:1: 'guard' is 5; write it as the table [guard]"),
    Mistake("[[pressure]]", "x:1:3: 'pressure' is an array; write it as the table [pressure]"),
    Mistake("[protect]\nname = 'a'", "x:1:2: 'protect' is a table; write each rule as [[protect]]"),
    Mistake("sacrifice = [1]", "x:1:14: 'sacrifice' is 1; write each rule as [[sacrifice]]"),
    Mistake(
      "\n[notify]",
      "x:2:1: [notify] has no 'command'; write one, such as command = [\"/usr/local/bin/page-me\"]"),
    Mistake("[notify]\ncommand = '/bin/x'", "x:2:11: 'command' is the string '/bin/x'; \(commandWords)"),
    Mistake("[notify]\ncommand = []", "x:2:11: 'command' is an array; \(commandWords)"),
    Mistake("[notify]\ncommand = ['/bin/x', 5]", "x:2:22: 'command' is 5; \(commandWords)"),
    Mistake(
      "[notify]\ncommand = ['/bin/x', \"a\\u0000\"]",
      "x:2:22: 'command' is the string 'a\\x00'; \(commandWords)"),
    Mistake(
      "[notify]\ncommand = ['page-me']",
      "x:2:12: 'command' runs 'page-me'; write the program's absolute path, and a shell with -c if it takes one"
    ),
    Mistake(
      "[notify]\ncommand = ['/bin/']",
      "x:2:12: 'command' runs '/bin/'; write the program's absolute path, and a shell with -c if it takes one"
    ),
    Mistake(
      "[notify]\ncommand = ['/bin/x']\nevents = ['kill', 'kil']",
      "x:3:19: there is no event 'kil'; write some of \(eventNames)"),
    Mistake(
      "[notify]\ncommand = ['/bin/x']\nevents = []",
      "x:3:10: 'events' is an array; write some of \(eventNames)"),
    Mistake(
      "[notify]\ncommand = ['/bin/x']\ntimeout = '11min'",
      "x:3:11: 'timeout' is the string '11min'; "
        + "write a duration from \"1s\" to \"10min\", a whole number of ms, s, min or h"),
    Mistake(
      "[notify]\ncomand = ['/bin/x']",
      "x:2:1: unknown key 'comand' in [notify]; did you mean 'command'?\n"
        + "x:1:1: [notify] has no 'command'; write one, such as command = [\"/usr/local/bin/page-me\"]"),
    Mistake("[guard]\nevents = ['kill']", "x:2:1: unknown key 'events' in [guard]; it belongs in [notify]"),
    Mistake(
      "[guard]\nreconcile_interval = 30",
      "x:2:22: 'reconcile_interval' is 30; "
        + "write a duration from \"1s\" to \"1h\", a whole number of ms, s, min or h"),
    Mistake(
      "[guard]\nreconcile_interval = '999ms'",
      "x:2:22: 'reconcile_interval' is the string '999ms'; "
        + "write a duration from \"1s\" to \"1h\", a whole number of ms, s, min or h"),
    Mistake(
      "[guard]\nreconcile_interval = '61min'",
      "x:2:22: 'reconcile_interval' is the string '61min'; "
        + "write a duration from \"1s\" to \"1h\", a whole number of ms, s, min or h"),
    Mistake(
      "[guard]\nreconcile_interval = '9223372036854775807h'",
      "x:2:22: 'reconcile_interval' is the string '9223372036854775807h'; "
        + "write a duration from \"1s\" to \"1h\", a whole number of ms, s, min or h"),
    Mistake(
      "[guard]\nrestore_on_stop = 'yes'", "x:2:19: 'restore_on_stop' is the string 'yes'; write true or false"
    ),
    Mistake(
      "[guard]\nconflict_limit = 0", "x:2:18: 'conflict_limit' is 0; write a whole number from 1 to 1000"),
    Mistake(
      "[guard]\nconflict_limit = 5.0", "x:2:18: 'conflict_limit' is 5.0; write a whole number from 1 to 1000"),
    Mistake(
      "[guard]\nconflict_limit = -9223372036854775808",
      "x:2:18: 'conflict_limit' is -9223372036854775808; write a whole number from 1 to 1000"),
    Mistake(
      "[guard]\nconflict_limit = 1979-05-27",
      "x:2:18: 'conflict_limit' is a date or time; write a whole number from 1 to 1000"),
    Mistake(
      "[guard]\nlog_level = 'loud'",
      "x:2:13: 'log_level' is the string 'loud'; write one of \"error\", \"warning\", \"info\", \"debug\""),
    Mistake(
      "[pressure]\nwarning = 15",
      "x:2:11: 'warning' is 15; write a table such as { some_percent = 15, window = \"2s\" }"),
    Mistake(
      "[pressure]\nwarning = { window = '2s' }",
      "x:2:11: 'warning' has neither 'some_percent' nor 'full_percent'; write one, such as some_percent = 15"),
    Mistake(
      "[pressure]\ncritical = { some_percent = 5, full_percent = 5 }",
      "x:2:32: 'critical' has 'some_percent' and 'full_percent'; keep one"),
    Mistake(
      "[pressure]\ncritical = { some_percent = 0 }",
      "x:2:29: 'some_percent' is 0; write a whole number from 1 to 100"),
    Mistake(
      "[pressure]\ncritical = { some_percent = 1, window = '11s' }",
      "x:2:41: 'window' is the string '11s'; "
        + "write a duration from \"500ms\" to \"10s\", a whole number of ms, s, min or h"),
    Mistake(
      "[pressure]\ncritical = { som_percent = 1 }",
      """
      x:2:12: 'critical' has neither 'some_percent' nor 'full_percent'; write one, such as some_percent = 15
      x:2:14: unknown key 'som_percent' in 'critical'; did you mean 'some_percent'?
      """),
    Mistake(
      "[pressure]\navailable_below_percent = 101",
      "x:2:27: 'available_below_percent' is 101; write a whole number from 1 to 100"),
    Mistake(
      "[pressure]\nclear_after = '0s'",
      "x:2:15: 'clear_after' is the string '0s'; "
        + "write a duration from \"1s\" to \"1h\", a whole number of ms, s, min or h"),
  ]

  private static let rules: [Mistake] = [
    Mistake(
      "[[protect]]\nexe = '/x'\nscore = 0",
      "x:1:1: this [[protect]] has no 'name'; give it one, it is shown everywhere"),
    Mistake(
      "[[protect]]\nname = ''\nexe = '/x'\nscore = 0",
      "x:2:8: 'name' is the string ''; write a string with at least one character and no control characters"),
    Mistake(
      "[[protect]]\nname = \"a\\tb\"\nexe = '/x'\nscore = 0",
      "x:2:8: 'name' is the string 'a\\x09b'; write a string with at least one character and no control characters"
    ),
    .protect(
      "score = -1",
      "x:1:1: this [[protect]] selects no process; "
        + "write one of 'unit', 'user_unit', 'cgroup', 'exe', 'comm', 'cmdline', 'user'"),
    .protect(
      "exe = '/x'",
      "x:1:1: this [[protect]] does not say how much; write one of 'score', 'allowance' and 'oom_adj'"),
    .sacrifice(
      "exe = '/x'", "x:1:1: this [[sacrifice]] does not say how much; write 'score' or 'oom_adj'"),
    .protect(
      "exe = '/x'\noom_adj = 1\nscore = 5", "x:5:1: this [[protect]] has 'oom_adj' and 'score'; keep one"),
    .protect("exe = '/x'\nscore = 1001", "x:4:9: 'score' is 1001; write a whole number from -1000 to 1000"),
    .protect(
      "exe = '/x'\nscore = '-900'",
      "x:4:9: 'score' is the string '-900'; write a whole number from -1000 to 1000"),
    .protect(
      "exe = '/x'\nscore = [1]", "x:4:9: 'score' is an array; write a whole number from -1000 to 1000"),
    .protect(
      "exe = '/x'\nscore = -1000",
      "x:4:9: 'score' -1000 makes the processes immune, and one of them that leaks takes the machine down; "
        + "write -999, or allow_immune = true if that is meant"),
    .protect(
      "exe = '/x'\noom_adj = -17\nallow_immune = false",
      "x:4:11: 'oom_adj' -17 makes the processes immune, and one of them that leaks takes the machine down; "
        + "write -16, or allow_immune = true if that is meant"),
    .protect("exe = '/x'\noom_adj = 16", "x:4:11: 'oom_adj' is 16; write a whole number from -17 to 15"),
    .protect("exe = '/x'\nscore = 0\nallow_immune = 1", "x:5:16: 'allow_immune' is 1; write true or false"),
    .protect(
      "exe = '/x'\nallowance = '6GB'",
      "x:4:13: 'allowance' is the string '6GB'; "
        + "write a size such as \"512MiB\" or \"6GiB\", a whole number of KiB, MiB, GiB or TiB"),
    .protect(
      "exe = '/x'\nallowance = '0MiB'",
      "x:4:13: 'allowance' is the string '0MiB'; "
        + "write a size such as \"512MiB\" or \"6GiB\", a whole number of KiB, MiB, GiB or TiB"),
    .protect(
      "exe = '/x'\nallowance = '16777216TiB'",
      "x:4:13: 'allowance' is the string '16777216TiB'; "
        + "write a size such as \"512MiB\" or \"6GiB\", a whole number of KiB, MiB, GiB or TiB"),
    .sacrifice(
      "exe = '/x'\nscore = -5", "x:4:9: 'score' is -5; write a whole number from 1 to 1000"),
    .sacrifice(
      "exe = '/x'\noom_adj = 0", "x:4:11: 'oom_adj' is 0; write a whole number from 1 to 15"),
    .sacrifice(
      "exe = '/x'\nscore = 5\nallow_immune = true",
      "x:5:1: 'allow_immune' belongs to [[protect]]; remove it from [[sacrifice]]"),
    .sacrifice(
      "unit = 'x.service'\nscore = 5\nscope = 'all'",
      "x:5:1: 'scope' belongs to [[protect]]; remove it from [[sacrifice]]"),
    .protect(
      "exe = '/x'\nscore = -5\nscope = 'all'",
      "x:5:1: 'scope' is for rules by 'unit' or 'cgroup', this one means every process; remove it"),
    .protect(
      "exe = '/x'\nskore = 1\nscore = 1", "x:4:1: unknown key 'skore' in [[protect]]; did you mean 'score'?"),
    .protect(
      "exe = '/x'\nscore = 1\nuint = 'x'", "x:5:1: unknown key 'uint' in [[protect]]; did you mean 'unit'?"),
    .protect(
      "uint = 'x'\nskore = 1",
      "x:3:1: unknown key 'uint' in [[protect]]; did you mean 'unit'?\n"
        + "x:4:1: unknown key 'skore' in [[protect]]; did you mean 'score'?"),
    .protect(
      "comm = 'x'\nscore = -1000\nallow_immune = true",
      "x:3:8: anybody's process can take this 'comm' and be immune; add 'unit', 'exe' or 'user' to the rule"),
  ]

  private static let selectors: [Mistake] = [
    .protect(
      "exe = []\nscore = 1", "x:3:7: 'exe' is an empty array; write what it should match, or remove it"),
    .protect("exe = [1]\nscore = 1", "x:3:8: 'exe' is 1; write a string or an array of strings"),
    .protect("exe = {}\nscore = 1", "x:3:7: 'exe' is a table; write a string or an array of strings"),
    .protect(
      "exe = ['/a', 'x']\nscore = 1",
      "x:3:14: 'exe' is 'x', which does not start with '/'; write a path such as '/usr/sbin/sshd'"),
    .protect(
      "exe = '/usr/bin/'\nscore = 1",
      "x:3:7: 'exe' is '/usr/bin/', which is a directory; write '**' after it for all that is below"),
    .protect(
      "exe = '/usr/bin/[a/]'\nscore = 1",
      "x:3:7: 'exe' is '/usr/bin/[a/]': "
        + "the set that ends at character 13 holds '/', which only '**' matches; take it out"),
    .protect(
      "cgroup = 'batch.slice'\nscore = 1\nscope = 'all'",
      "x:3:10: 'cgroup' is 'batch.slice', which does not start with '/'; write a path such as '/batch.slice'"),
    .protect(
      "cgroup = '/sys/fs/cgroup/batch.slice'\nscore = 1\nscope = 'all'",
      "x:3:10: 'cgroup' is '/sys/fs/cgroup/batch.slice', where the hierarchy is mounted; "
        + "write the path below that, such as '/batch.slice'"),
    .protect(
      "cgroup = '/batch.slice/'\nscore = 1\nscope = 'all'",
      "x:3:10: 'cgroup' is '/batch.slice/', and no path ends in '/'; remove it, or write '/**'"),
    .protect(
      "cgroup = '/a//b'\nscore = 1\nscope = 'all'",
      "x:3:10: 'cgroup' is '/a//b', which no path with its '//' can match; write one '/'"),
    .protect(
      "unit = 'postgresql'\nscore = 1\nscope = 'all'",
      "x:3:8: 'unit' is 'postgresql', which has no unit type; write 'postgresql.service'"),
    .protect(
      "unit = 'apt-daily.timer'\nscore = 1\nscope = 'all'",
      "x:3:8: 'unit' is 'apt-daily.timer', a unit without processes; write the service that it is about"),
    .protect(
      "unit = '/system.slice/x.service'\nscore = 1\nscope = 'all'",
      "x:3:8: 'unit' is '/system.slice/x.service', which is a path; write the unit's name, or use 'cgroup'"),
    .protect(
      "unit = ''\nscore = 1\nscope = 'all'",
      "x:3:8: 'unit' is '': it is empty and matches nothing; write a name"),
    .protect(
      "unit = 'x[.service'\nscore = 1\nscope = 'all'",
      "x:3:8: 'unit' is 'x[.service': "
        + "the '[' at character 2 is never closed; add ']', or write '[[]' for a plain '['"),
    .protect("user_unit = 'x.service'\nscore = 1", "x:3:1: 'user_unit' does not say whose; add 'user'"),
    .protect(
      "comm = 'kworker/u16:3-writeback'\nscore = 1",
      "x:3:8: 'comm' is 'kworker/u16:3-writeback', "
        + "longer than the 15 bytes that the kernel keeps of a name; write 'kworker/u16:3-w'"),
    .protect(
      "cmdline = 'x(y'\nscore = 1",
      "x:3:11: 'cmdline' is 'x(y': the '(' at character 2 is never closed; add ')', or write '\\(' for a plain '('"
    ),
    .protect("user = 4294967295\nscore = 1", "x:3:8: 'user' is 4294967295; write a user's name or number"),
    .protect(
      "user = '4294967296'\nscore = 1",
      "x:3:8: 'user' is the string '4294967296'; write a user's name or number"),
    .protect(
      "user = ['root', 'a:b']\nscore = 1", "x:3:17: 'user' is the string 'a:b'; write a user's name or number"
    ),
    .protect("user = true\nscore = 1", "x:3:8: 'user' is true; write a user's name or number"),
    .protect("user = ''\nscore = 1", "x:3:8: 'user' is the string ''; write a user's name or number"),
  ]

  @Test(arguments: settings)
  func settingsOutsideTheirBoundsAreTold(mistake: Mistake) {
    #expect(message(mistake.bytes) == mistake.message)
  }

  @Test(arguments: rules)
  func rulesThatCannotBeMeantAreTold(mistake: Mistake) {
    #expect(message(mistake.bytes) == mistake.message)
  }

  @Test(arguments: selectors)
  func selectorsThatCanMatchNothingAreTold(mistake: Mistake) {
    #expect(message(mistake.bytes) == mistake.message)
  }

  private static let texts: [Mistake] = [
    Mistake([0x61, 0x3d, 0x22, 0xff, 0x22], "x:1:4: the byte 0xff is not UTF-8; save the file as UTF-8"),
    Mistake(
      Array("[guard]\r\n# \u{e9}\u{1f600}\n ".utf8) + [0xe2, 0x82, 0x0a],
      "x:3:2: the byte 0xe2 is not UTF-8; save the file as UTF-8"),
    Mistake(
      [0x61, 0x00],
      "x:1:2: not valid TOML: error while parsing key-value pair: expected '=', saw '\\u0000'; "
        + "correct it as https://toml.io/en/v1.0.0 says"),
    Mistake(
      Array(repeating: 0x61, count: 10 << 20),
      "x:1:1: it has 10485760 bytes; a configuration has at most 1048576, name the right file"),
    Mistake(
      String(repeating: "a.", count: 200_000),
      "x:1:514: not valid TOML: a line has more than 256 dots; correct it as https://toml.io/en/v1.0.0 says"),
    Mistake(
      "a=" + String(repeating: "[", count: 500_000),
      "x:1:19: not valid TOML: error while parsing value: "
        + "exceeded maximum nested value depth of 16 (TOML_MAX_NESTED_VALUES); "
        + "correct it as https://toml.io/en/v1.0.0 says"),
    Mistake(
      "[[[",
      "x:1:3: not valid TOML: error while parsing key: expected bare key starting character or string delimiter, "
        + "saw '['; correct it as https://toml.io/en/v1.0.0 says"),
    Mistake(
      "a = 1 \u{e9}",
      "x:1:7: not valid TOML: error while parsing key-value pair: expected a comment or whitespace, "
        + "saw '\u{e9}'; correct it as https://toml.io/en/v1.0.0 says"),
  ]

  @Test(arguments: texts)
  func whatIsNotTOMLIsToldToo(mistake: Mistake) {
    #expect(message(mistake.bytes) == mistake.message)
  }
}
