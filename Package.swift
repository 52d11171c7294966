// swift-tools-version: 6.2
import PackageDescription

let common: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// The targets in the order in which data flows; `docs/architecture.md` has the same table and a test holds it.
let package = Package(
  name: "kspolicy",
  products: [.executable(name: "kspolicy", targets: ["kspolicy"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .target(name: "PolicyDiagnostics", swiftSettings: common),
    .target(name: "PolicySyntax", dependencies: ["PolicyDiagnostics"], swiftSettings: common),
    .target(name: "PacketSpace", swiftSettings: common),
    .target(
      name: "Policy", dependencies: ["PolicyDiagnostics", "PolicySyntax", "PacketSpace"],
      swiftSettings: common),
    .target(name: "RulesetIR", dependencies: ["PacketSpace"], swiftSettings: common),
    .target(
      name: "PolicyLowering", dependencies: ["Policy", "PacketSpace", "RulesetIR"],
      swiftSettings: common),
    .target(
      name: "LeakCheck",
      dependencies: ["PolicyDiagnostics", "PacketSpace", "Policy", "RulesetIR"],
      swiftSettings: common),
    .target(
      name: "IptablesBackend", dependencies: ["PacketSpace", "RulesetIR"], swiftSettings: common),
    .target(
      name: "NftablesBackend", dependencies: ["PacketSpace", "RulesetIR"], swiftSettings: common),
    .systemLibrary(name: "CLinux"),
    .target(name: "Netfilter", dependencies: ["CLinux"], swiftSettings: common),
    .target(
      name: "NetlinkBackend", dependencies: ["PacketSpace", "RulesetIR", "Netfilter"],
      swiftSettings: common),
    .target(
      name: "PolicyImport", dependencies: ["PolicyDiagnostics", "PolicySyntax", "PacketSpace"],
      swiftSettings: common),
    .executableTarget(
      name: "kspolicy",
      dependencies: [
        "PolicyDiagnostics", "PolicySyntax", "PacketSpace", "Policy", "RulesetIR",
        "PolicyLowering", "LeakCheck", "IptablesBackend", "NftablesBackend", "PolicyImport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: common),
    .testTarget(name: "ArchitectureTests", swiftSettings: common),
    .testTarget(
      name: "PolicyDiagnosticsTests",
      dependencies: ["PolicyDiagnostics"],
      swiftSettings: common),
    .testTarget(
      name: "PolicySyntaxTests",
      dependencies: ["PolicyDiagnostics", "PolicySyntax"],
      swiftSettings: common),
    .testTarget(
      name: "PacketSpaceTests",
      dependencies: ["PacketSpace", "PolicyGenerator"],
      swiftSettings: common),
    .testTarget(
      name: "PolicyTests",
      dependencies: ["PolicyDiagnostics", "PolicySyntax", "PacketSpace", "Policy"],
      swiftSettings: common),
    .testTarget(
      name: "RulesetIRTests",
      dependencies: ["PacketSpace", "RulesetIR", "PolicyGenerator"],
      swiftSettings: common),
    .testTarget(
      name: "PolicyLoweringTests",
      dependencies: [
        "PolicyDiagnostics", "PolicySyntax", "PacketSpace", "Policy", "RulesetIR", "PolicyLowering",
        "IptablesBackend", "NftablesBackend", "PolicyGenerator",
      ],
      swiftSettings: common),
    .testTarget(
      name: "LeakCheckTests",
      dependencies: [
        "PolicyDiagnostics", "PacketSpace", "Policy", "RulesetIR", "PolicyLowering", "LeakCheck",
        "PolicyGenerator",
      ],
      swiftSettings: common),
    .testTarget(
      name: "NftablesBackendTests",
      dependencies: [
        "PolicyDiagnostics", "PacketSpace", "Policy", "RulesetIR", "PolicyLowering",
        "NftablesBackend", "Netfilter", "NetlinkBackend", "PolicyGenerator",
      ],
      swiftSettings: common),
    .testTarget(
      name: "IptablesBackendTests",
      dependencies: [
        "PolicyDiagnostics", "PacketSpace", "Policy", "RulesetIR", "PolicyLowering",
        "IptablesBackend", "PolicyGenerator",
      ],
      swiftSettings: common),
    .testTarget(
      name: "NetlinkBackendTests",
      dependencies: [
        "PolicyDiagnostics", "PacketSpace", "Policy", "RulesetIR", "PolicyLowering", "Netfilter",
        "NetlinkBackend", "PolicyGenerator", "LeakCheck",
      ],
      swiftSettings: common),
    .testTarget(
      name: "PolicyImportTests",
      dependencies: ["PolicyDiagnostics", "PolicySyntax", "PacketSpace", "Policy", "PolicyImport"],
      swiftSettings: common),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "PolicyDiagnostics", "PolicySyntax", "PacketSpace", "Policy", "RulesetIR", "PolicyLowering",
        "IptablesBackend", "NftablesBackend", "PolicyImport", "kspolicy",
      ],
      swiftSettings: common),
    .target(name: "PolicyGenerator", path: "Tests/PolicyGenerator", swiftSettings: common),
    .target(name: "CKernelTest", path: "Tests/CKernelTest"),
    .executableTarget(
      name: "policy-fuzz",
      dependencies: ["PolicyDiagnostics", "PolicySyntax", "Policy"],
      path: "Tests/PolicyFuzz",
      swiftSettings: common),
    .executableTarget(
      name: "packet-probe",
      dependencies: ["CKernelTest"],
      path: "Tests/PacketProbe",
      swiftSettings: common),
    .testTarget(
      name: "KernelTests",
      dependencies: ["CKernelTest", "kspolicy", "packet-probe"],
      swiftSettings: common),
  ]
)
