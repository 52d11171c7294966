import PacketSpace
import RulesetIR

/// One set of the kernel's ipset.
struct Ipset {
  /// At most 29 bytes, so that `_t` behind it still fits (`IPSET_MAXNAMELEN`, linux/netfilter/ipset/ip_set.h).
  let name: String
  let elements: SetElements
  private let kind: Kind
  private let size: UInt32?

  private enum Kind {
    /// `hash:ip`
    case addresses
    /// `hash:net`, all of this length.
    case masked(Int)
    /// `hash:net`
    case prefixes
    /// `hash:ip,port` with a time
    case asked(timeoutSeconds: UInt32)
  }

  /// - Parameter prefix: `KSP_NAME_`
  init(_ set: NamedSet, maskLength: Int?, prefix: String) {
    elements = set.elements
    size = set.size
    switch set.elements {
    case .ipv4(let elements):
      // A hash:ip set takes every address but 0.
      let length = maskLength ?? (elements.first == 0 ? 32 : nil)
      kind = length.map { .masked($0) } ?? .addresses
    case .ipv6(let elements):
      let length = maskLength ?? (elements.first == 0 ? 128 : nil)
      kind = length.map { .masked($0) } ?? .addresses
    case .ipv4Ranges, .ipv6Ranges:
      kind = .prefixes
    case .asked(_, let timeoutSeconds):
      kind = .asked(timeoutSeconds: timeoutSeconds)
    }
    var hash = FNV1a()
    set.feed(&hash)
    hash.feed(set.elements.family.rawValue)
    hash.feed(UInt64(maskLength ?? 255))
    name = prefix + hash.shortText
  }

  /// The lines for `ipset restore` that make the set, or give the set of that name exactly these elements.
  ///
  /// They fill a set of another name and swap the two: no packet sees a part.
  func append(to bytes: inout [UInt8]) {
    if case .asked(let timeoutSeconds) = kind {
      // Filled by rules: what was asked a moment ago stays.
      let options = "timeout \(timeoutSeconds) hashsize 1024 maxelem \(size ?? 65536)"
      bytes.append(contentsOf: "create \(name) hash:ip,port \(family) \(options) -exist\n".utf8)
      return
    }
    let networks = self.networks
    let count = networks?.count ?? elements.count
    let type =
      switch kind {
      case .addresses: "hash:ip"
      case .masked, .prefixes: "hash:net"
      case .asked: preconditionFailure("a set that rules fill has no elements")
      }
    let room = max(UInt32(count), size ?? 0, 16)
    // A bucket holds 12 elements before the table doubles, a slow step (AHASH_MAX_TUNED).
    let buckets = max(64, UInt32(count / 4).nextPowerOfTwo)
    let options = "\(type) \(family) hashsize \(buckets) maxelem \(room)"
    bytes.append(contentsOf: "create \(name)_t \(options)\n".utf8)
    if let networks {
      appendAdds(networks, to: &bytes) { $0.append(to: &$1) }
    } else {
      appendAddresses(to: &bytes)
    }
    bytes.append(contentsOf: "create \(name) \(options) -exist\n".utf8)
    bytes.append(contentsOf: "swap \(name)_t \(name)\ndestroy \(name)_t\n".utf8)
  }

  /// The elements as prefixes of the length that the set is looked up with.
  var prefixes: [Prefix] {
    switch elements {
    case .ipv4(let addresses):
      addresses.map { Prefix(IPAddress(v4: $0), length: maskLength ?? 32) }
    case .ipv6(let addresses):
      addresses.map { Prefix(IPAddress(family: .ipv6, bits: $0), length: maskLength ?? 128) }
    case .ipv4Ranges(let ranges): AddressSet(ipv4: ranges).prefixes(.ipv4)
    case .ipv6Ranges(let ranges): AddressSet(ipv6: ranges).prefixes(.ipv6)
    case .asked: []
    }
  }

  private var maskLength: Int? {
    switch kind {
    case .masked(let length): length
    case .addresses, .prefixes, .asked: nil
    }
  }

  private var family: String {
    switch elements.family {
    case .ipv4: "family inet"
    case .ipv6: "family inet6"
    }
  }

  /// What a set of prefixes of several lengths holds; `nil` for the other kinds.
  private var networks: [Prefix]? {
    switch kind {
    case .prefixes: prefixes.flatMap(\.halvesOfAll)
    case .addresses, .masked, .asked: nil
    }
  }

  private func appendAddresses(to bytes: inout [UInt8]) {
    let length = Array((maskLength.map { "/\($0)" } ?? "").utf8)
    switch elements {
    case .ipv4(let addresses):
      appendAdds(addresses, to: &bytes) {
        IPAddress.append(ipv4: $0, to: &$1)
        $1.append(contentsOf: length)
      }
    case .ipv6(let addresses):
      appendAdds(addresses, to: &bytes) {
        IPAddress.append(ipv6: $0, to: &$1)
        $1.append(contentsOf: length)
      }
    case .ipv4Ranges, .ipv6Ranges, .asked: break
    }
  }

  private func appendAdds<Element>(
    _ list: [Element], to bytes: inout [UInt8], append: (Element, inout [UInt8]) -> Void
  ) {
    let add = Array("add \(name)_t ".utf8)
    // An IPv4 address with its length has at most 18 bytes; an IPv6 one may make the array grow.
    bytes.reserveCapacity(bytes.count + list.count * (add.count + 19))
    for element in list {
      bytes.append(contentsOf: add)
      append(element, &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
  }
}

extension Prefix {
  /// ipset takes no prefix of length 0.
  fileprivate var halvesOfAll: [Prefix] {
    if length > 0 { return [self] }
    let family = address.family
    let top = IPAddress(family: family, bits: 1 << UInt128(family.addressWidth - 1))
    return [Prefix(address, length: 1), Prefix(top, length: 1)]
  }
}

extension UInt32 {
  fileprivate var nextPowerOfTwo: UInt32 {
    self <= 1 ? 1 : 1 << (UInt32.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
