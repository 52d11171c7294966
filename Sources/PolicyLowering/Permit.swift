import PacketSpace
import Policy
import RulesetIR

/// What one line of a policy lets pass, before it is placed on the hooks of a target.
///
/// A permit is a conjunction; a line whose words allow alternatives (two networks, three port
/// ranges) makes several.
struct Permit {
  var path: PacketPath
  var stage: Stage
  /// All must hold at every hook of the path; interfaces are in `path`.
  var matches: [Match]
  /// Only on the way out: what the socket or the packet's mark must be.
  var selectors = Selectors()
  var statements: [RuleStatement] = []
  var origin: RuleOrigin
  var note: String
}

/// Where a packet comes from and how it leaves.
enum PacketPath {
  /// Sent by this machine.
  case leaves(LeavingPath)
  /// For this machine.
  case arrives(InterfaceScope, from: Zone)
  /// Forwarded; `from` tells on which side the sender is.
  case forwards(InterfaceScope, InterfaceScope, from: Zone)
  /// Between two ports of a bridge whose frames meet the IP hooks.
  ///
  /// br_netfilter calls postrouting without an input interface (`br_nf_post_routing`,
  /// net/bridge/br_netfilter_hooks.c), where the packet then looks like one of this machine's own.
  case bridged(InterfaceScope)
}

struct LeavingPath {
  var out: InterfaceScope
  var sender: Sender = .socket
  /// The source addresses that the packet must have after all NAT; `nil`: any.
  var sources: AddressSet?
}

/// What postrouting sees as the input interface of a packet that this machine sent.
enum Sender: Equatable {
  /// None: `iif 0`.
  case socket
  /// None, or one of the tunnel devices: the kernel hands an encrypted packet down with its device still set
  /// (`send4`, drivers/net/wireguard/socket.c; `ip_output`, net/ipv4/ip_output.c).
  /// What else holds for such a packet stands beside the devices.
  case tunnel([InterfacePattern], [Match] = [])
  /// The output interface itself: NDP, IGMP and MLD packets are built with their device set
  /// (`ndisc_alloc_skb`, net/ipv6/ndisc.c; `igmpv3_newpack`, net/ipv4/igmp.c).
  case kernel
}

enum Zone {
  case tunnel
  /// A `forward` interface: containers, virtual machines, a gateway's clients.
  case inside
  case outside
  /// Of a `host` line, which subjects share with the machine; by no tunnel.
  case everywhere
}

/// The precedence of LANGUAGE: what comes first decides.
enum Stage: Int, Comparable {
  case endpoint
  /// Replies by direction, and ICMP errors of a connection: never judged as DNS.
  case answer
  /// To a `forward` interface: judged by its own lines, never as DNS.
  case inside
  /// A `dns` line's permission.
  case dns
  case line

  static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
}

extension RuleOrigin {
  init(_ origin: Origin) {
    self.init(file: origin.file, line: origin.line)
  }
}
