import Policy
import RulesetIR

/// Bits of the mark that a policy takes for itself in the nftables target.
///
/// A socket's cgroup can be matched in output but not in postrouting: a bit of the mark, cleared on
/// every packet first, carries the answer over.
struct Tags {
  /// One bit for each cgroup that a selector or subject names; the origin is the first line that does.
  let cgroups: [(path: String, bit: UInt32, origin: RuleOrigin)]

  /// What the forward chain remembers of a frame that crosses one bridge, for postrouting, which
  /// cannot tell it from a packet of this machine; `nil` where no `among` asks for it.
  let bridged: UInt32?

  /// - Throws: when the marks that the policy names leave no bit free.
  init(_ policy: Policy) throws(UnsupportedByTarget) {
    var paths: [(path: String, origin: RuleOrigin)] = []
    for (path, origin) in policy.cgroupPaths where !paths.contains(where: { $0.path == path }) {
      paths.append((path, RuleOrigin(origin)))
    }
    var taken = policy.marks.reduce(0, |)
    var bits: [UInt32] = []
    let isBridging = policy.forwards.contains { $0.among != nil }
    for name in paths.map(\.path) + (isBridging ? ["among"] : []) {
      guard let bit = Tags.freeBit(policy.name, name, taken: taken) else {
        throw UnsupportedByTarget(
          "more cgroups than the marks of this policy leave bits free",
          instead: "use marks with fewer bits set", origin: nil)
      }
      taken |= bit
      bits.append(bit)
    }
    cgroups = zip(paths, bits).map { ($0.path, $1, $0.origin) }
    bridged = isBridging ? bits.last : nil
  }

  /// A bit that is not taken, at a place that depends on both names: two policies on one machine
  /// should not share one.
  ///
  /// Of the top 8 bits where one is free: the lower ones are in use by wg-quick (51820), Kubernetes
  /// (0xc000) and Tailscale (0xff0000).
  private static func freeBit(_ policy: String, _ name: String, taken: UInt32) -> UInt32? {
    var hash = FNV1a()
    hash.feed(policy)
    hash.feed(name)
    let start = UInt32(hash.value % 8)
    let places = (0..<8).map { 24 + (start + $0) % 8 } + (0..<24).map { 23 - $0 }
    return places.first { taken & (1 << $0) == 0 }.map { 1 << $0 }
  }

  var allBits: UInt32 { cgroups.reduce(bridged ?? 0) { $0 | $1.bit } }

  func bit(of path: String) -> UInt32 {
    guard let tag = cgroups.first(where: { $0.path == path }) else {
      preconditionFailure("a cgroup of the policy has no tag")
    }
    return tag.bit
  }
}

extension Policy {
  fileprivate var cgroupPaths: [(path: String, origin: Origin)] {
    let selectors =
      tunnels.flatMap(\.endpoints).map { ($0.selectors.cgroup, $0.origin) }
      + lans.flatMap(\.outbound).map { ($0.selectors.cgroup, $0.origin) }
    let confined = confine.map { confinement in
      confinement.subjects.map { ($0.selectors?.cgroup, confinement.origin) }
    }
    let bypassed = bypasses.flatMap(\.subjects).map { ($0.subject.selectors?.cgroup, $0.origin) }
    return (selectors + (confined ?? []) + bypassed).compactMap { path, origin in
      path.map { ($0, origin) }
    }
  }

  fileprivate var marks: [UInt32] {
    tunnels.flatMap(\.endpoints).compactMap(\.selectors.mark)
      + bypasses.flatMap(\.marks).map(\.mark)
  }
}

extension Policy {
  /// The label bit of connections that a confined socket opened.
  var confinedLabel: UInt8 {
    var hash = FNV1a()
    hash.feed(name)
    return UInt8(hash.value % 128)
  }
}
