import PacketSpace
import RulesetIR

/// The family of the addresses in a set that the rule fills.
func familyOfSet(_ name: String, in table: Table) -> AddressFamily {
  let set = table.sets.first { $0.name == name }
  precondition(set != nil, "a rule updates a set that its table does not have")
  return set?.elements.family ?? .ipv4
}

/// Which ICMP a reject answers with.
func rejectType(_ family: TableFamily, _ origin: RuleOrigin?) throws(UnsupportedByTarget) -> String
{
  switch family {
  case .inet, .bridge, .netdev: return "icmpx"
  case .ip: return "icmp"
  case .ip6: return "icmpv6"
  case .arp:
    throw UnsupportedByTarget("reject in an arp table", instead: "use drop", origin: origin)
  }
}
