// swift-tools-version: 6.2
import PackageDescription

// A package of its own: `make bench` builds it, a build of kspolicy does not.
let package = Package(
  name: "bench",
  targets: [.executableTarget(name: "bench", swiftSettings: [.swiftLanguageMode(.v6)])]
)
