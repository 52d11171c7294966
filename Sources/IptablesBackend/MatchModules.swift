import PacketSpace
import RulesetIR

/// The match modules that are read, with their options and the number of arguments of each.
enum MatchModules {
  static let options: [String: [String: Int]] = [
    "tcp": ports.merging(["--tcp-flags": 2, "--syn": 0, "--tcp-option": 1]) { $1 },
    "udp": ports,
    "sctp": ports.merging(["--chunk-types": 2]) { $1 },
    "dccp": ports.merging(["--dccp-types": 1, "--dccp-option": 1]) { $1 },
    "icmp": ["--icmp-type": 1],
    "icmp6": ["--icmpv6-type": 1],
    "icmpv6": ["--icmpv6-type": 1],
    "multiport": [
      "--sports": 1, "--source-ports": 1, "--dports": 1, "--destination-ports": 1, "--ports": 1,
    ],
    "conntrack": [
      "--ctstate": 1, "--ctproto": 1, "--ctorigsrc": 1, "--ctorigdst": 1, "--ctreplsrc": 1,
      "--ctrepldst": 1, "--ctorigsrcport": 1, "--ctorigdstport": 1, "--ctreplsrcport": 1,
      "--ctrepldstport": 1, "--ctstatus": 1, "--ctexpire": 1, "--ctdir": 1,
    ],
    "state": ["--state": 1],
    "mark": ["--mark": 1],
    "owner": ["--uid-owner": 1, "--gid-owner": 1, "--socket-exists": 0, "--suppl-groups": 0],
    "cgroup": ["--path": 1, "--cgroup": 1],
    "ttl": ["--ttl-eq": 1, "--ttl": 1, "--ttl-lt": 1, "--ttl-gt": 1],
    "hl": ["--hl-eq": 1, "--hl": 1, "--hl-lt": 1, "--hl-gt": 1],
    "connlabel": ["--label": 1, "--set": 0],
    "iprange": ["--src-range": 1, "--dst-range": 1],
    "set": [
      "--match-set": 2, "--return-nomatch": 0, "--update-counters": 0, "--update-subcounters": 0,
      "--packets-eq": 1, "--packets-lt": 1, "--packets-gt": 1, "--bytes-eq": 1, "--bytes-lt": 1,
      "--bytes-gt": 1,
    ],
    "frag": [
      "--fragid": 1, "--fraglen": 1, "--fragres": 0, "--fragfirst": 0, "--fragmore": 0,
      "--fraglast": 0,
    ],
    "comment": ["--comment": 1],
  ]

  private static let ports = [
    "--sport": 1, "--source-port": 1, "--dport": 1, "--destination-port": 1,
  ]

  /// The module whose options a protocol brings with it.
  static func implied(by transport: String) -> String? {
    switch transport.lowercased() {
    case "tcp", "6": "tcp"
    case "udp", "17": "udp"
    case "sctp", "132": "sctp"
    case "dccp", "33": "dccp"
    case "icmp", "1": "icmp"
    case "ipv6-icmp", "icmpv6", "icmp6", "58": "icmp6"
    default: nil
    }
  }

  /// Modules that are not modelled and answer the same for a packet wherever they are asked, unless a
  /// target of the rules writes what they look at.
  ///
  /// All others are taken to answer anew each time (limit, quota, recent, statistic…).
  static let stateless: Set<String> = [
    "addrtype", "ah", "bpf", "connmark", "cpu", "devgroup", "dscp", "dst", "ecn", "esp", "eui64",
    "hbh", "helper", "ipv6header", "length", "mac", "mh", "physdev", "pkttype", "rpfilter", "rt",
    "string", "tcpmss", "time", "tos", "u32",
  ]
}

extension RuleReader {
  mutating func read(_ module: SavedExtension) throws(RulesetReadError) {
    switch module.name.text {
    case "tcp": try readTCP(module)
    case "udp": try readPorts(module, transport: 17)
    case "sctp": try readPorts(module, transport: 132)
    case "dccp": try readPorts(module, transport: 33)
    case "icmp": try readICMP(module["--icmp-type"], .ipv4)
    case "icmp6", "icmpv6": try readICMP(module["--icmpv6-type"], .ipv6)
    case "multiport": try readMultiport(module)
    case "conntrack": try readConntrack(module)
    case "state": try readState(module)
    case "mark": try readMark(module)
    case "owner": try readOwner(module)
    case "cgroup": try readCgroup(module)
    case "ttl": try readHopLimit(module, .ipv4)
    case "hl": try readHopLimit(module, .ipv6)
    case "connlabel": try readLabel(module)
    case "iprange": try readRanges(module)
    case "set": try readSet(module)
    case "frag": try readFragment(module)
    case "comment": try readComment(module)
    default:
      let isSteady = MatchModules.stateless.contains(module.name.text)
      addOpaque(module.text, isStateful: !isSteady || changes(module))
    }
  }

  private func changes(_ module: SavedExtension) -> Bool {
    surroundings.changingModules.contains(module.name.text)
  }

  private mutating func readComment(_ module: SavedExtension) throws(RulesetReadError) {
    let text = try module.required("--comment").arguments[0].text
    if comment == nil { comment = text }
  }

  private mutating func readMark(_ module: SavedExtension) throws(RulesetReadError) {
    let option = try module.required("--mark")
    let (value, mask) = try option.arguments[0].maskedNumber()
    add(.mark(value: value, mask: mask ?? .max, isNegated: option.isNegated))
  }

  /// Without a socket a match of the owner holds where all that it asks for is negated, and so does
  /// each negated part alone (`owner_mt`, net/netfilter/xt_owner.c).
  private mutating func readOwner(_ module: SavedExtension) throws(RulesetReadError) {
    for option in module.options {
      switch option.name.text {
      case "--uid-owner": try addOwner(option) { .socketUser($0) }
      case "--gid-owner" where module["--suppl-groups"] == nil:
        try addOwner(option) { .socketGroup($0) }
      case "--suppl-groups": break
      default: addOpaque("owner \(option.positiveText)", isNegated: option.isNegated)
      }
    }
  }

  private mutating func addOwner(
    _ option: SavedOption, _ match: (ClosedRange<UInt32>) -> Match
  ) throws(RulesetReadError) {
    let word = option.arguments[0]
    let bounds = word.text.split(separator: "-", omittingEmptySubsequences: false).map {
      SavedWord.number($0)
    }
    guard let lower = bounds[0], let upper = bounds[bounds.count - 1], bounds.count < 3 else {
      // The name of an account: what it stands for is not in the text.
      return addOpaque("owner \(option.positiveText)", isNegated: option.isNegated)
    }
    if lower > upper { throw word.error("range \(word.quoted) ends before it starts") }
    add(match(lower...upper), isNegated: option.isNegated)
  }

  /// Negated or not, the match does not hold without a socket (`cgroup_mt`, net/netfilter/xt_cgroup.c).
  private mutating func readCgroup(_ module: SavedExtension) throws(RulesetReadError) {
    for option in module.options {
      if option.isNegated { addOpaque("cgroup of a socket") }
      switch option.name.text {
      case "--path":
        let path = option.arguments[0].text.split(separator: "/").joined(separator: "/")
        let level = path.isEmpty ? 0 : path.split(separator: "/").count
        if level == 0 {
          addOpaque("cgroup \(option.positiveText)", isNegated: option.isNegated)
        } else {
          add(.cgroup(path: path, level: level), isNegated: option.isNegated)
        }
      default: addOpaque("cgroup \(option.positiveText)", isNegated: option.isNegated)
      }
    }
  }

  private mutating func readHopLimit(
    _ module: SavedExtension, _ family: AddressFamily
  ) throws(RulesetReadError) {
    try require(family, module.name)
    for option in module.options {
      let word = option.arguments[0]
      guard let hops = UInt8(exactly: try word.number()) else {
        throw word.error("expected a number up to 255, found \(word.quoted)")
      }
      let isEqual = ["--ttl-eq", "--ttl", "--hl-eq", "--hl"].contains(option.name.text)
      if isEqual, !changes(module) {
        add(.hopLimit(family, hops), isNegated: option.isNegated)
      } else {
        addOpaque(
          "\(module.name.text) \(option.positiveText)", isNegated: option.isNegated,
          isStateful: changes(module))
      }
    }
  }

  /// With `--set` the module sets the bit of a connection's label and then holds.
  private mutating func readLabel(_ module: SavedExtension) throws(RulesetReadError) {
    let option = try module.required("--label")
    let word = option.arguments[0]
    guard let bit = SavedWord.number(word.text[...]), bit < 128 else {
      // A name from connlabel.conf.
      if module["--set"] != nil {
        flush([.opaque("connlabel \(option.positiveText) --set", markBits: 0)])
        return addOpaque("connlabel \(option.positiveText)", isStateful: true)
      }
      return addOpaque(
        "connlabel \(option.positiveText)", isNegated: option.isNegated, isStateful: true)
    }
    let label = Match.ctLabel(bit: UInt8(bit))
    if module["--set"] != nil { flush([.setConntrackLabel(bit: UInt8(bit))]) }
    add(label, isNegated: option.isNegated)
  }

  /// A packet is cut in pieces where it has a fragment header; the model knows the later pieces only.
  private mutating func readFragment(_ module: SavedExtension) throws(RulesetReadError) {
    try require(.ipv6, module.name)
    let later = Match.laterFragment(.ipv6)
    let first = [.not(later), Match.opaque("frag --fragfirst")]
    if module["--fragfirst"] != nil {
      for match in first { add(match) }
    } else {
      add([[later], first])
    }
    for option in module.options where option.name.text != "--fragfirst" {
      addOpaque("frag \(option.positiveText)", isNegated: option.isNegated)
    }
  }
}

extension SavedExtension {
  func required(_ names: String...) throws(RulesetReadError) -> SavedOption {
    for option in options where names.contains(option.name.text) { return option }
    throw name.error("`-m \(name.text)` without `\(names[0])`")
  }
}

extension SavedOption {
  /// As `text`, without its `!`.
  var positiveText: String {
    var copy = self
    copy.isNegated = false
    return copy.text
  }
}
