// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target: Swift 6, every pointer marked, every warning an error.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// And for what the daemon is made of: no text is searched with regular expressions by accident, whose library is
/// linked in as soon as one call means it.
let lean: [SwiftSetting] =
  house + [.unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])]

/// What lies below all programs. A target names whose types it sees, also those that it sees through another: for
/// changes of what it does not name it is not built anew, and takes their types for what they were.
let base: [Target.Dependency] = ["GuardCore", "GuardLinux", "GuardSystemd", "GuardConfig", "GuardStatus"]

func layer(_ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = lean) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.byName(name: name), "GuardTestSupport"] + dependencies,
    swiftSettings: house)
}

let package = Package(
  name: "oomguard",
  products: [
    .executable(name: "oomguardd", targets: ["oomguardd"]),
    .executable(name: "oomguardctl", targets: ["oomguardctl"]),
    .executable(name: "oomguard-varlink", targets: ["oomguard-varlink"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CTOML"),

    layer("GuardCore", []),
    layer("GuardConfig", ["GuardCore", "CTOML"]),
    layer("GuardLinux", ["GuardCore", "CLinux"]),
    layer("GuardSystemd", ["GuardCore", "GuardLinux", "CSystemd"]),
    layer("GuardStatus", ["GuardCore"]),
    layer("GuardDaemon", base),
    layer("GuardReport", base, house),
    layer("GuardVarlink", base + ["GuardReport"], house),

    .executableTarget(name: "oomguardd", dependencies: base + ["GuardDaemon"], swiftSettings: lean),
    .executableTarget(
      name: "oomguardctl",
      dependencies: base + [
        "GuardReport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "oomguard-varlink",
      dependencies: base + [
        "GuardReport", "GuardVarlink", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),

    .target(name: "GuardTestSupport", path: "Tests/GuardTestSupport", swiftSettings: house),
    // A program that does what tests tell it.
    .executableTarget(name: "GuardTestPlayer", path: "Tests/GuardTestPlayer"),
    tests(of: "GuardCore"),
    tests(of: "GuardConfig", ["GuardCore"]),
    tests(of: "GuardLinux", ["GuardCore"]),
    tests(of: "GuardSystemd", ["GuardCore", "GuardLinux"]),
    tests(of: "GuardStatus", ["GuardCore"]),
    tests(of: "GuardVarlink", base + ["GuardReport"]),
    .target(name: "CTestSupport", path: "Tests/CTestSupport"),
    tests(of: "GuardReport", base + ["CTestSupport"]),
    // What must hold of any input: see Tests/Fuzz.
    .target(
      name: "FuzzTargets",
      dependencies: base + ["GuardReport", "GuardVarlink"],
      path: "Tests/Fuzz/FuzzTargets", swiftSettings: house),
    tests(of: "FuzzTargets", base),
    tests(of: "GuardDaemon", base + ["GuardTestPlayer"]),
  ],
  cxxLanguageStandard: .cxx17
)

// What `make fuzz` alone builds: libFuzzer is not there to be linked in any other build.
if Context.environment["OOMGUARD_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzzer", dependencies: base + ["FuzzTargets"], path: "Tests/Fuzz/Fuzzer", swiftSettings: house))
}
