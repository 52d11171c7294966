import Policy
import RulesetIR

/// Bits of the mark and of the connection label that a policy takes for itself.
///
/// A socket's cgroup can be matched in output but not in postrouting: a bit of the mark, cleared on
/// every packet first, carries the answer over.
struct Tags {
  /// One bit for each cgroup that a selector or subject names.
  let cgroups: [(path: String, bit: UInt32)]
  /// The label bit of connections that a confined socket opened.
  let confinedLabel: UInt8

  init(_ policy: Policy) {
    var paths: [String] = []
    for path in policy.cgroupPaths where !paths.contains(path) { paths.append(path) }
    let named = policy.marks.reduce(0, |)
    var taken: UInt32 = 0
    var bits: [(path: String, bit: UInt32)] = []
    for path in paths {
      var hash = FNV1a()
      hash.feed(policy.name)
      hash.feed(path)
      // Two policies on one machine must not share a bit, so the place depends on both names.
      var place = Int(hash.value % 32)
      var tries = 0
      while (taken | named) & (1 << UInt32(place)) != 0, tries < 32 {
        place = (place + 1) % 32
        tries += 1
      }
      let bit = UInt32(1) << UInt32(place)
      taken |= bit
      bits.append((path, bit))
    }
    cgroups = bits
    var hash = FNV1a()
    hash.feed(policy.name)
    confinedLabel = UInt8(hash.value % 128)
  }

  var allBits: UInt32 { cgroups.reduce(0) { $0 | $1.bit } }

  func bit(of path: String) -> UInt32 {
    cgroups.first { $0.path == path }?.bit ?? 0
  }
}

extension Policy {
  fileprivate var cgroupPaths: [String] {
    let selectors =
      tunnels.flatMap(\.endpoints).map(\.selectors)
      + lans.flatMap(\.outbound).map(\.selectors)
    let named = subjects.compactMap { subject -> String? in
      if case .cgroup(let path) = subject { path } else { nil }
    }
    return selectors.compactMap(\.cgroup) + named
  }

  fileprivate var marks: [UInt32] {
    tunnels.flatMap(\.endpoints).compactMap(\.selectors.mark) + bypasses.flatMap(\.marks).map(\.mark)
  }
}
