import PacketSpace
import PolicyDiagnostics

/// The rules that a configuration brings along to keep traffic in the tunnel.
struct KillSwitch {
  /// A rule, and whether it is loaded when the tunnel comes up or goes down.
  struct Line {
    var rule: FirewallRule
    var isUp: Bool
  }

  var lines: [Line] = []

  /// The rules that are there while the tunnel is up.
  private var up: [FirewallRule] {
    lines.filter(\.isUp).map(\.rule).filter { rule in
      switch rule.action {
      case .add, .insert, .policy: true
      case .delete, .flush, .other: false
      }
    }
  }

  /// What keeps packets from leaving.
  var denies: [FirewallRule] {
    up.filter { $0.isDeny && $0.hook != .input && $0.hook != .prerouting }
  }

  /// What lets packets leave.
  var accepts: [FirewallRule] {
    up.filter { $0.target == "ACCEPT" && ($0.hook == .output || $0.hook == .postrouting) }
  }

  var removals: [FirewallRule] {
    lines.filter { !$0.isUp }.map(\.rule).filter { rule in
      switch rule.action {
      case .delete, .flush: true
      case .policy: rule.target == "ACCEPT"
      case .add, .insert, .other: false
      }
    }
  }

  /// The networks that it lets be reached outside the tunnel, by whatever protocol.
  var exemptNetworks: [(prefix: Prefix, range: Range<Int>)] {
    let negated = denies.flatMap { $0.all(.destination) }.filter(\.isNegated)
    let accepted = accepts.filter { $0.all(.destinationPort).isEmpty }
      .flatMap { $0.all(.destination) }.filter { !$0.isNegated }
    return (negated + accepted).flatMap { match in
      prefixes(in: match.value).map { ($0, match.range) }
    }
  }

  private func prefixes(in value: String) -> [Prefix] {
    let source = SourceText(bytes: Array(value.utf8), file: .root)
    return source.fields(0..<source.bytes.count) { $0 == UInt8(ascii: ",") }.compactMap(
      source.prefix)
  }
}

/// What the rules have to be held against.
struct KillSwitchSurroundings {
  var tunnel: String
  /// An address outside that nothing of the configuration names, and one of IPv6.
  var outside: IPAddress
  var outside6: IPAddress
  /// One of the tunnel's own.
  var tunnelAddress: IPAddress?
  /// What WireGuard's packets carry today; `nil`: none.
  var mark: UInt32?
  var port: UInt16
  /// A server is known by its name alone.
  var hasHostName: Bool
}

/// A way out that a kill switch leaves, by its id in the leak catalogue.
struct KillSwitchGap {
  var id: String
  var why: String
  /// The words of the rule that leave it, and what they do; `nil` where something is missing.
  var place: (range: Range<Int>, label: String)?
  /// In the words of `expect`; the policy blocks it.
  var packet: String
}
