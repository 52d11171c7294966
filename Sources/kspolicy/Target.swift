import PolicyLowering

/// What a policy can be compiled to.
enum Target: String, WordArgument {
  case nftJSON = "nft-json"
  case nft
  case iptables

  var dialect: Dialect {
    switch self {
    case .nftJSON, .nft: .nftables
    case .iptables: .iptables
    }
  }

  var outputMode: OutputMode {
    switch self {
    case .nftJSON, .nft: .data
    case .iptables: .script
    }
  }
}
