import PacketSpace
import RulesetIR

/// The kernel sets of a script, by the sets that the rules name.
///
/// A set's name in the kernel contains a hash of its kind and elements: a changed list is another set, so
/// that the rules of one table change with their sets in one commit, and old rules keep old sets.
struct IpsetBook {
  private struct Key: Hashable {
    var name: String
    /// Of masked sets; the same set may be looked up with several.
    var maskLength: Int?
  }

  /// In the order in which the rule set lists and uses them.
  private(set) var sets: [Ipset] = []
  private var indexes: [Key: Int] = [:]

  /// - Parameter prefix: `KSP_NAME_`
  init(_ ruleset: Ruleset, prefix: String) {
    for table in ruleset.tables {
      var masks: [String: Set<Int?>] = [:]
      for match in table.chains.flatMap(\.rules).flatMap(\.matches) {
        guard let (name, maskLength) = match.set else { continue }
        masks[name, default: []].insert(maskLength)
      }
      for statement in table.chains.flatMap(\.rules).flatMap(\.statements) {
        if case .updateSet(let name, _, _) = statement { masks[name, default: []].insert(nil) }
      }
      for set in table.sets {
        let used = masks.removeValue(forKey: set.name) ?? []
        for maskLength in used.sorted(by: { ($0 ?? -1) < ($1 ?? -1) }) {
          let key = Key(name: set.name, maskLength: maskLength)
          if indexes[key] != nil { continue }
          indexes[key] = sets.count
          sets.append(Ipset(set, maskLength: maskLength, prefix: prefix))
        }
      }
      precondition(masks.isEmpty, "table \(table.name) uses a set that it does not list")
    }
  }

  /// The name in the kernel.
  func name(_ set: String, maskLength: Int?) -> String { self[set, maskLength].name }

  /// `nil` where no rule uses the set.
  func kernelName(_ set: String) -> String? {
    indexes[Key(name: set, maskLength: nil)].map { sets[$0].name }
  }

  func timeoutSeconds(_ set: String) -> UInt32 {
    guard case .asked(_, let timeoutSeconds) = self[set, nil].elements else {
      preconditionFailure("set \(set) is not filled by rules")
    }
    return timeoutSeconds
  }

  /// The elements as prefixes; `nil` where there are more than `limit`.
  func prefixes(_ set: String, maskLength: Int?, atMost limit: Int) -> [Prefix]? {
    let set = self[set, maskLength]
    if set.elements.count > limit { return nil }
    let prefixes = set.prefixes
    return prefixes.count > limit ? nil : prefixes
  }

  private subscript(set: String, maskLength: Int?) -> Ipset {
    guard let index = indexes[Key(name: set, maskLength: maskLength)] else {
      preconditionFailure("set \(set) is not listed")
    }
    return sets[index]
  }
}

extension Match {
  /// The set that the match looks up.
  fileprivate var set: (name: String, maskLength: Int?)? {
    switch self {
    case .address(_, let operand, _), .ctAddress(_, _, let operand):
      switch operand {
      case .prefix, .list: nil
      case .set(let name, _, let maskLength): (name, maskLength)
      }
    case .asked(let name, _, _, _): (name, nil)
    case .not(let inner): inner.set
    case .interface, .notReceived, .deviceType, .family, .transport, .port, .ctState, .ctDirection,
      .ctProtocol, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser, .socketGroup, .cgroup,
      .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress, .opaque:
      nil
    }
  }
}
