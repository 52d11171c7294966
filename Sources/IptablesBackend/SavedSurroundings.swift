import RulesetIR

/// What the reading of one rule depends on beside the rule.
struct SavedSurroundings {
  let ipsets: SavedIpsets
  /// Modules that may answer otherwise behind some rule of the text than before it.
  let changingModules: Set<String>

  /// - Parameter lines: of all texts that are in force together.
  init(_ reader: IpsetReader, _ lines: [[SavedLine]]) {
    var targets: Set<String> = []
    var sets: Set<String> = []
    var chains: Set<String> = []
    for words in lines.lazy.joined().map(\.words) {
      if words[0].text.hasPrefix(":") { chains.insert(String(words[0].text.dropFirst())) }
      for (word, next) in zip(words, words.dropFirst()) {
        switch word.text {
        case "-j", "--jump": targets.insert(next.text)
        case "--add-set", "--del-set", "--map-set": sets.insert(next.text)
        default: break
        }
      }
    }
    ipsets = SavedIpsets(reader, changing: sets)
    changingModules = targets.subtracting(chains).reduce(into: []) {
      $0.formUnion(MatchModules.changed(by: $1))
    }
  }
}

extension MatchModules {
  /// The modules that look at what a target writes.
  ///
  /// A program behind a queue may write anything, and so may a target that is not known.
  fileprivate static func changed(by target: String) -> Set<String> {
    switch target {
    case "CONNMARK", "CONNSECMARK": ["connmark"]
    case "CT": ["helper"]
    case "DSCP", "ECN", "TOS": ["dscp", "ecn", "tos", "u32", "bpf"]
    case "TTL": ["ttl", "u32", "bpf"]
    case "HL": ["hl", "u32", "bpf"]
    case "TCPMSS", "TCPOPTSTRIP": ["tcpmss", "u32", "bpf"]
    case "DNAT", "MASQUERADE", "NETMAP", "REDIRECT", "SNAT": ["addrtype", "u32", "bpf"]
    default: SavedTargets.isUnderstood(target) ? [] : stateless.union(["ttl", "hl"])
    }
  }
}
