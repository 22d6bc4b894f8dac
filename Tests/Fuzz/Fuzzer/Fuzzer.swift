// libFuzzer, which brings `main`, over one of the targets: see Tests/Fuzz/run. `OOMGUARD_FUZZ_TARGET` names it, since
// every argument is libFuzzer's.
import FuzzTargets
import Glibc

private let target: FuzzTarget = {
  guard let name = unsafe getenv("OOMGUARD_FUZZ_TARGET") else {
    fatalError("OOMGUARD_FUZZ_TARGET is not set")
  }
  guard let target = FuzzTarget(rawValue: unsafe String(cString: name)) else {
    fatalError("OOMGUARD_FUZZ_TARGET is none of \(FuzzTarget.allCases.map(\.rawValue))")
  }
  return target
}()

/// See llvm.org/docs/LibFuzzer.html, "Fuzz Target".
@_cdecl("LLVMFuzzerTestOneInput")
func tryInput(_ input: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  do {
    try target.read(unsafe Array(UnsafeBufferPointer(start: input, count: size)))
  } catch {
    fatalError("\(error)")
  }
  return 0
}
