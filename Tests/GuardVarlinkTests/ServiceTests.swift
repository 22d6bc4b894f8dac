import Foundation
import GuardCore
import GuardLinux
import GuardStatus
import GuardTestSupport
import Testing

@testable import GuardVarlink

struct ServiceTests {
  private let root: TemporaryRoot
  private let service: Service

  init() throws {
    root = try TemporaryRoot()
    service = Service(in: RootDirectory(root.path)) { Timestamp(seconds: 1_777_892_400) }
  }

  private func outcome(_ text: String) -> Service.Outcome { service.outcome(of: Array(text.utf8)) }

  /// The reply's text, its NUL taken off.
  private func reply(_ text: String) -> String? {
    guard case .reply(let bytes) = outcome(text), bytes.last == 0 else { return nil }
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }

  @Test(arguments: [
    "", " ", "{}", "[]", "null", "1", "\"x\"", "{\"method\":1}", "{\"method\":\"a\"", "{\"method\":\"a\"}}",
    "{\"method\":\"a\",\"more\":1}", "{\"method\":\"org.varlink.service.GetInfo\",\"upgrade\":true}", "\u{1}",
    "{'method':'a'}",
  ])
  func whatIsNoCallEndsTheConversation(text: String) { #expect(outcome(text) == .disconnect) }

  @Test func bytesThatAreNoTextEndTheConversation() {
    let call = Array(#"{"method":"org.varlink.service.Get"#.utf8) + [0xff, 0xfe] + Array(#""}"#.utf8)
    #expect(service.outcome(of: call) == .disconnect)
    let deep = String(repeating: "[", count: 30_000)
    #expect(outcome(deep) == .disconnect)
    #expect(outcome(#"{"method":"x","parameters":\#(deep)"#) == .disconnect)
  }

  @Test(arguments: [
    ("nothing", "InterfaceNotFound", "interface", ""), ("a.b.C", "InterfaceNotFound", "interface", "a.b"),
    ("io.oomguard.Guard.Kill", "MethodNotFound", "method", "io.oomguard.Guard.Kill"),
    ("io.oomguard.Guard.getStatus", "MethodNotFound", "method", "io.oomguard.Guard.getStatus"),
    ("org.varlink.service.", "MethodNotFound", "method", "org.varlink.service."),
    (".GetInfo", "InterfaceNotFound", "interface", ""),
  ])
  func whatIsNotThereIsNamed(method: String, error: String, key: String, value: String) {
    #expect(
      reply(#"{"method":"\#(method)"}"#)
        == #"{"error":"org.varlink.service.\#(error)","parameters":{"\#(key)":"\#(value)"}}"#)
  }

  @Test(arguments: [
    (#""org.varlink.service.GetInterfaceDescription""#, "interface"),
    (#""org.varlink.service.GetInterfaceDescription","parameters":{"interface":null}"#, "interface"),
    (#""org.varlink.service.GetInterfaceDescription","parameters":{"interface":1}"#, "interface"),
    (#""io.oomguard.Guard.GetKills","parameters":{"since":"soon"}"#, "since"),
    (#""io.oomguard.Guard.GetKills","parameters":{"unit":"["}"#, "unit"),
    (#""io.oomguard.Guard.GetKills","parameters":{"unit":["a"]}"#, "unit"),
    (#""io.oomguard.Guard.GetStatus","parameters":{"z":"","x":""}"#, "x"),
    (#""io.oomguard.Guard.Subscribe","more":true,"parameters":{"x":null}"#, "x"),
    (#""io.oomguard.Guard.GetStatus","parameters":[]"#, "parameters"),
  ])
  func aParameterThatCannotBeMeantIsNamed(call: String, parameter: String) {
    #expect(
      reply(#"{"method":\#(call)}"#)
        == #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"\#(parameter)"}}"#)
  }

  @Test func anUnknownInterfaceHasNoDescription() {
    #expect(
      reply(#"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"a.b"}}"#)
        == #"{"error":"org.varlink.service.InterfaceNotFound","parameters":{"interface":"a.b"}}"#)
  }

  @Test func itSaysWhatItIs() {
    #expect(
      reply(#"{"method":"org.varlink.service.GetInfo","parameters":{},"more":true}"#)
        == #"{"parameters":{"vendor":"oomguard","product":"oomguard","version":"\#(Release.version)","#
        + #""url":"file:///usr/share/doc/oomguard/README.md","#
        + #""interfaces":["org.varlink.service","io.oomguard.Guard"]}}"#)
  }

  @Test func whereNobodyAnswersTheReasonIsTheAnswer() {
    let why = "this machine keeps no journal; oomguardd is not installed; install the package 'oomguard'"
    #expect(
      reply(#"{"method":"io.oomguard.Guard.GetKills","parameters":{"since":"-1h","unit":null}}"#)
        == #"{"parameters":{"kills":[],"source":null,"why":"\#(why)"}}"#)
    #expect(
      reply(#"{"method":"io.oomguard.Guard.GetVictims","parameters":{"cgroup":"/.."}}"#)
        .map { $0.hasPrefix(#"{"error":"io.oomguard.Guard.NotAvailable","parameters":{"why":""#) } == true)
  }

  @Test func aStreamMustBeAskedForAndAOnewayCallGetsNothing() {
    #expect(
      reply(#"{"method":"io.oomguard.Guard.Subscribe"}"#)
        == #"{"error":"org.varlink.service.ExpectedMore","parameters":{}}"#)
    #expect(outcome(#"{"method":"io.oomguard.Guard.Subscribe","more":true}"#) == .subscribe)
    for method in ["io.oomguard.Guard.Subscribe", "io.oomguard.Guard.GetStatus", "a.b", ""] {
      #expect(outcome(#"{"method":"\#(method)","oneway":true}"#) == .nothing)
    }
  }
}
