import PacketSpace
import RulesetIR

/// What a set of the kernel's ipset holds, as far as rules can be judged by it.
struct SavedIpset {
  enum Contents {
    /// One for each family that has addresses in it, or that it is made for.
    case addresses([SetElements])
    /// `hash:ip,port` with a time.
    case asked(AddressFamily, timeoutSeconds: UInt32, size: UInt32?)
    /// Any other type.
    case unmodelled
  }

  var contents: Contents
  /// Rules or time change what it holds.
  var changes: Bool
}

/// The sets of a machine by their names.
struct SavedIpsets {
  private var sets: [String: SavedIpset] = [:]

  /// - Parameter changing: the sets that rules add to or remove from.
  init(_ reader: IpsetReader, changing: Set<String>) {
    for (name, set) in reader.sets {
      sets[name] = SavedIpset(
        contents: reader.contents(set),
        changes: set.timeoutSeconds != nil || changing.contains(name))
    }
    // A list changes with its members.
    for (name, set) in reader.sets where set.members.contains(where: { sets[$0]?.changes == true })
    {
      sets[name]?.changes = true
    }
  }

  subscript(name: String) -> SavedIpset? { sets[name] }
}

/// One set while the text is read.
struct IpsetUnderway {
  enum Kind {
    /// `hash:ip`, `hash:net`, `bitmap:ip`
    case addresses
    case addressAndPort
    case list
    case other
  }

  var kind: Kind
  var family: AddressFamily
  /// Each address stands for a prefix of this length.
  var netmask: Int?
  var timeoutSeconds: UInt32?
  var size: UInt32?
  var ipv4: [IPv4Range] = []
  var ipv6: [IPv6Range] = []
  /// Prefixes whose addresses are not in the set, unless a longer prefix puts them in.
  var exceptions: [AddressBlock] = []
  /// Of a list: names of sets.
  var members: [String] = []

  mutating func add(_ block: AddressBlock) {
    switch block {
    case .ipv4(let range):
      guard let netmask else { return ipv4.append(range) }
      let host = UInt32(truncatingIfNeeded: ~Prefix.mask(.ipv4, length: netmask))
      ipv4.append(IPv4Range(range.lower & ~host, range.upper | host))
    case .ipv6(let range):
      guard let netmask else { return ipv6.append(range) }
      let host = ~Prefix.mask(.ipv6, length: netmask)
      ipv6.append(IPv6Range(range.lower & ~host, range.upper | host))
    }
  }

  /// A look-up tries the longest prefix first, and the first that is there decides.
  var addresses: AddressSet {
    if exceptions.isEmpty { return AddressSet(ipv4: ipv4, ipv6: ipv6) }
    let entries =
      (ipv4.map { ($0.prefixLength, AddressBlock.ipv4($0), true) }
        + ipv6.map { ($0.prefixLength, AddressBlock.ipv6($0), true) }
        + exceptions.map { ($0.prefixLength, $0, false) })
    var result = AddressSet()
    for length in Set(entries.map(\.0)).sorted() {
      let here = entries.filter { $0.0 == length }
      result = result.union(AddressSet(here.filter(\.2).map(\.1)))
      result = result.subtracting(AddressSet(here.filter { !$0.2 }.map(\.1)))
    }
    return result
  }
}

extension IpsetReader {
  fileprivate func contents(_ set: IpsetUnderway) -> SavedIpset.Contents {
    switch set.kind {
    case .addresses: return .addresses([SetElements(set.addresses, set.family)])
    case .addressAndPort:
      guard let timeoutSeconds = set.timeoutSeconds, timeoutSeconds > 0 else { return .unmodelled }
      return .asked(set.family, timeoutSeconds: timeoutSeconds, size: set.size)
    case .list:
      // A packet is in a list when it is in one of its sets.
      var union = AddressSet()
      for member in set.members {
        guard let inner = sets[member], case .addresses = inner.kind else { return .unmodelled }
        union = union.union(inner.addresses)
      }
      return .addresses(AddressFamily.allCases.map { SetElements(union, $0) })
    case .other: return .unmodelled
    }
  }
}

extension SetElements {
  fileprivate init(_ addresses: AddressSet, _ family: AddressFamily) {
    switch family {
    case .ipv4: self = .ipv4Ranges(addresses.ipv4)
    case .ipv6: self = .ipv6Ranges(addresses.ipv6)
    }
  }
}

extension AddressBlock {
  fileprivate var prefixLength: Int {
    switch self {
    case .ipv4(let range): range.prefixLength
    case .ipv6(let range): range.prefixLength
    }
  }
}

extension IPv4Range {
  /// Of the shortest prefix that is in the range.
  fileprivate var prefixLength: Int { (lower ^ upper).leadingZeroBitCount }
}

extension IPv6Range {
  fileprivate var prefixLength: Int { (lower ^ upper).leadingZeroBitCount }
}
