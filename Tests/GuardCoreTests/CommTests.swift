import GuardCore
import Testing

struct CommTests {
  @Test(arguments: ["", "a", "postgres", "fifteen bytes a", "é)\n\u{1}"])
  func isTheBytesItWasMadeOf(name: String) {
    let bytes = Array(name.utf8)
    #expect(Comm(bytes).bytes == bytes)
    #expect(Comm(bytes) == Comm(bytes) && Comm(bytes) != Comm(bytes + [0xff]))
  }

  @Test func ofAKernelWorkersNameTheFirst16BytesAreHeld() {
    let name = Array("kworker/u16:3-events_unbound".utf8)
    #expect(Comm(name).bytes == Array(name.prefix(16)))
    #expect(Comm(name) == Comm(name.prefix(16)))
  }
}
