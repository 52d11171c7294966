import Policy
import PolicyDiagnostics
import Testing

/// Each text is a policy behind `policy t`, with one mistake between the marks.
@Suite struct DiagnosticTests {
  @Test(arguments: valueCases + interfaceCases + ownerCases)
  func `a wrong value is marked`(_ marked: String, _ code: DiagnosticCode, _ message: String) throws
  {
    try expectOne(marked, code, message)
  }

  @Test(arguments: definitionCases)
  func `a wrong definition is marked`(
    _ marked: String, _ code: DiagnosticCode, _ message: String
  ) throws {
    try expectOne(marked, code, message)
  }

  @Test(arguments: tunnelCases + lanCases + forwardCases + bypassCases)
  func `a wrong line of a block is marked`(
    _ marked: String, _ code: DiagnosticCode, _ message: String
  ) throws {
    try expectOne(marked, code, message)
  }

  @Test(arguments: wholeCases)
  func `statements that contradict each other are marked`(
    _ marked: String, _ code: DiagnosticCode, _ message: String
  ) throws {
    try expectOne(marked, code, message)
  }

  @Test(arguments: headerCases)
  func `a wrong head of a file is marked`(
    _ marked: String, _ code: DiagnosticCode, _ message: String
  ) throws {
    try expectOne(marked, code, message, header: "")
  }
}

func expectOne(
  _ marked: String, _ code: DiagnosticCode, _ message: String, header: String = "policy t\n",
  files: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let source = try Marked(header + marked)
  let resolution = resolved(source.text, files: files)
  let found = resolution.diagnostics
  #expect(found.map(\.message) == [message], sourceLocation: sourceLocation)
  guard let diagnostic = found.first else { return }
  #expect(diagnostic.code == code, sourceLocation: sourceLocation)
  let range = diagnostic.primary.range
  let place = Array(source.text.utf8)[range.start..<range.end]
  #expect(
    (range.start, range.end) == (source.start, source.end),
    "marked: \(String(decoding: place, as: UTF8.self))", sourceLocation: sourceLocation)
  #expect(
    (resolution.policy == nil) == (diagnostic.severity == .error), sourceLocation: sourceLocation)
}

private typealias Case = (String, DiagnosticCode, String)

private let lan = "lan eth0 { network 192.168.1.0/24; "

private let valueCases: [Case] = [
  (
    "tunnel wg0 { dns «300».1.1.1 }", .invalidAddress, "octet `300` is more than 255"
  ),
  (
    "tunnel wg0 { dns «10.0.0» }", .invalidAddress, "IPv4 address has 3 octets instead of 4"
  ),
  (
    "lan eth0 { network «192.168.1.1/24» }", .hostBitsSet,
    "`192.168.1.1/24` has bits set behind its prefix of 24 bits"
  ),
  (
    "lan eth0 { network 192.168.1.0/«33» }", .invalidPrefixLength,
    "prefix length `33` is more than the 32 bits of an IPv4 address"
  ),
  (
    "lan eth0 { network «192.168.1.9-192.168.1.2» }", .invalidRange,
    "range `192.168.1.9-192.168.1.2` ends before it starts"
  ),
  (lan + "out tcp «0» }", .invalidPort, "expected a port from 1 to 65535, found `0`"),
  (lan + "out tcp 22, «65536» }", .invalidPort, "expected a port from 1 to 65535, found `65536`"),
  (lan + "out tcp «1-70000» }", .invalidPort, "expected a port from 1 to 65535, found `70000`"),
  (lan + "out tcp «90-80» }", .invalidRange, "range `90-80` ends before it starts"),
  (
    "tunnel wg0 { endpoint 198.51.100.7 udp 1 mark «0» }", .invalidMark,
    "mark 0 is what every packet without a mark has"
  ),
  (
    "tunnel wg0 { endpoint 198.51.100.7 udp 1 mark «0x100000000» }", .invalidMark,
    "a mark has 32 bits; `4294967296` needs more"
  ),
  (
    "tunnel wg0 { out proto «256» }", .invalidNumber,
    "expected a protocol number from 1 to 255, found `256`"
  ),
  (
    "tunnel wg0 { out proto «0» }", .invalidNumber,
    "expected a protocol number from 1 to 255, found `0`"
  ),
  ("tunnel wg0 { out proto «17» }", .missingPort, "protocol 17 is udp, which has ports"),
  (
    "tunnel wg0 { in icmp «echo-requst» }", .unknownICMPType,
    "`echo-requst` is not an ICMP type, did you mean `echo-request`?"
  ),
  (
    "tunnel wg0 { in icmpv6 «256» }", .unknownICMPType,
    "expected an ICMPv6 type from 0 to 255, found `256`"
  ),
  ("tunnel wg0 { dns «8080» }", .wrongKind, "expected an address, found the number `8080`"),
  (
    lan + "in tcp «10.0.0.1» }", .wrongKind, "expected a port, found the address `10.0.0.1`"
  ),
  (
    "blocked reject log \"x\" rate «0»/second", .invalidNumber,
    "expected a rate from 1 to 10000 packets a second"
  ),
  (
    "blocked reject log «\"123456789012345678901234567890\"»", .invalidLogPrefix,
    "a log prefix has at most 29 bytes; this one has 30"
  ),
  (
    "blocked drop log «\"a\\nb\"»", .invalidLogPrefix,
    "control characters and `\"` cannot stand in a log prefix"
  ),
  (
    "accept-risk «lan_dns» because \"so\"", .unexpectedToken,
    "a finding's id has small letters, digits and `-`, unlike `lan_dns`"
  ),
  ("accept-risk lan-dns because «\" \"»", .missingLine, "`because` gives no reason"),
]

private let interfaceCases: [Case] = [
  (
    "tunnel «\"wireguard-tunnel\"» { }", .invalidInterfaceName,
    "`wireguard-tunnel` is no interface name: it has 16 bytes, 15 at most"
  ),
  ("tunnel «\"\"» { }", .invalidInterfaceName, "`` is no interface name: it is empty"),
  (
    "tunnel «\"..\"» { }", .invalidInterfaceName,
    "`..` is no interface name: the kernel keeps it for itself"
  ),
  (
    "tunnel «\"a/b\"» { }", .invalidInterfaceName,
    "`a/b` is no interface name: `/` cannot stand in it"
  ),
  (
    "tunnel «\"a b\"» { }", .invalidInterfaceName,
    "`a b` is no interface name: white space and control characters cannot stand in it"
  ),
  (
    "tunnel «\"wg+\"» { }", .invalidInterfaceName,
    "`wg+` is no interface name: iptables reads a `+` at the end as a pattern"
  ),
  (
    "tunnel «\"*\"» { }", .invalidInterfaceName,
    "`*` is no interface pattern: it would match every interface"
  ),
  ("tunnel «10.0.0.1» { }", .wrongKind, "expected an interface, found the address `10.0.0.1`"),
  (
    "tunnel «lo» { }", .conflictingInterface, "`lo` is the loopback device, which always passes"
  ),
  (
    "uplink «l*»", .conflictingInterface, "`l*` is the loopback device, which always passes"
  ),
  ("tunnel «uplink» { }", .conflictingInterface, "a tunnel cannot be an uplink"),
  (
    "tunnel wg0 { }\nuplink eth0, «wg0»", .conflictingInterface,
    "`wg0` is an uplink here, but a tunnel is named `wg0`"
  ),
  (
    "tunnel wg* { }\nforward «wg1» { among }", .conflictingInterface,
    "`wg1` is a `forward` interface here, but a tunnel is named `wg*`"
  ),
]

private let ownerCases: [Case] = [
  (
    lan + "out tcp 22 user «torent» }", .unknownUser,
    "there is no user `torent` on this machine, did you mean `torrent`?"
  ),
  (
    lan + "out tcp 22 group «nobody» }", .unknownGroup,
    "there is no group `nobody` on this machine"
  ),
  (
    lan + "out tcp 22 user «4294967295» }", .invalidNumber,
    "expected a user from 0 to 4294967294, found `4294967295`"
  ),
  (
    lan + "out tcp 22 cgroup «\"a/../b\"» }", .invalidCgroupPath,
    "`a/../b` is no cgroup path: `.` and `..` cannot stand in it"
  ),
  (
    lan + "out tcp 22 cgroup «\"a//b\"» }", .invalidCgroupPath,
    "`a//b` is no cgroup path: a part between its slashes is empty"
  ),
  (
    lan + "out tcp 22 cgroup «\"/\"» }", .invalidCgroupPath,
    "`/` is no cgroup path: the root holds every process"
  ),
  (
    "confine from «uplink»", .unknownInterface,
    "a subject comes from an interface behind this machine, not by an uplink"
  ),
]

private let definitionCases: [Case] = [
  (
    "define «dns» = 10.0.0.1", .definitionNamedLikeKeyword,
    "`dns` is a word of the language and cannot be defined"
  ),
  (
    "define a = 10.0.0.1\ndefine «a» = 10.0.0.2\ntunnel wg0 { dns a }", .duplicateDefinition,
    "`a` is defined twice"
  ),
  (
    "define a = b, 10.0.0.1\ndefine b = «a»\ntunnel wg0 { dns a }", .recursiveDefinition,
    "`a` is defined by itself"
  ),
  ("define «a» = 10.0.0.1", .unusedDefinition, "`a` is defined but never used"),
  (
    "define resolvers = 10.0.0.1\ntunnel wg0 { dns «resolver» }\ntunnel wg1 { dns resolvers }",
    .undefinedName, "expected an address, and `resolver` is not defined, did you mean `resolvers`?"
  ),
  (
    "define web = 80\ntunnel wg0 { out tcp web; endpoint 198.51.100.7 udp 1 mark «web» }",
    .wrongKind, "`web` is used as a mark here and as a port elsewhere"
  ),
  (
    "define web = 80\ntunnel wg0 { dns «web» }", .wrongKind,
    "expected an address, but `web` holds the number `80`"
  ),
  (
    "define vpn = 10.0.0.1\ntunnel wg0 { out tcp «vpn» }", .wrongKind,
    "expected a port, but `vpn` holds the address `10.0.0.1`"
  ),
]

private let headerCases: [Case] = [
  ("«»", .missingPolicyName, "expected `policy NAME` as the first statement"),
  ("«host» { ndp }", .missingPolicyName, "expected `policy NAME` as the first statement"),
  ("host { ndp }\n«policy» t", .misplacedStatement, "`policy` stands before every other statement"),
  (
    "policy t\npolicy «u»", .duplicatePolicyName,
    "a policy has one name; this one is already `t`"
  ),
  (
    "policy «Homelab»", .invalidPolicyName,
    "a policy's name is a lower-case letter and up to 15 letters, digits or `_`, not `Homelab`"
  ),
  (
    "policy «a2345678901234567»", .invalidPolicyName,
    "a policy's name is a lower-case letter and up to 15 letters, digits or `_`, not `a2345678901234567`"
  ),
  (
    "language «2»\npolicy t", .unsupportedLanguage,
    "expected language 1, the only one that this program knows"
  ),
  (
    "policy t\n«language» 1", .misplacedStatement,
    "`language` stands before every other statement"
  ),
  ("language 1\n«language» 1\npolicy t", .duplicateLine, "the language is named twice"),
]

private let tunnelCases: [Case] = [
  (
    "tunnel wg0 { endpoint «198.51.100.7» }", .missingPort,
    "an endpoint needs a protocol and ports, as in `udp 51820`"
  ),
  (
    "tunnel wg0 { endpoint 198.51.100.7 proto «17» }", .missingPort,
    "protocol 17 is udp, which has ports"
  ),
  (
    "tunnel wg0 { endpoint «0.0.0.0/0» udp 51820 }", .unusableAddress,
    "`0.0.0.0` is an unspecified address and cannot be an endpoint"
  ),
  (
    "tunnel wg0 { endpoint «224.0.0.1» udp 51820 }", .unusableAddress,
    "`224.0.0.1` is a multicast address and cannot be an endpoint"
  ),
  (
    "tunnel wg0 { endpoint «::ffff:198.51.100.7» udp 51820 }", .unusableAddress,
    "`::ffff:198.51.100.7` is an IPv4-mapped address and cannot be an endpoint"
  ),
  (
    "tunnel wg0 { dns «127.0.0.53» }", .unusableAddress,
    "`127.0.0.53` is a loopback address and cannot be a resolver"
  ),
  (
    "tunnel wg0 { kind wireguard; «kind» tun }", .duplicateLine, "`kind` stands twice in this block"
  ),
  (
    "tunnel wg0 { kind wireguard }\n«tunnel wg0» { kind tun }", .conflictingInterface,
    "`wg0` is of kind `tun` here and of kind `wireguard` elsewhere"
  ),
  (
    "tunnel wg0 { endpoint 198.51.100.7 udp 1 via «wg0» }", .conflictingInterface,
    "`wg0` cannot carry its own encrypted packets"
  ),
  (
    "uplink eth0\ntunnel wg0 { endpoint 198.51.100.7 udp 1 via «eth1» }", .unknownInterface,
    "`eth1` is neither a tunnel nor an uplink of this policy, did you mean `eth0`?"
  ),
  (
    "forward docker0 { among }\ntunnel wg0 { endpoint 198.51.100.7 udp 1 via «docker0» }",
    .unknownInterface, "`docker0` is neither a tunnel nor an uplink of this policy"
  ),
  (
    "tunnel wg0 { endpoint «nl1.example.net» udp 51820 }", .undefinedName,
    "expected an address, and `nl1.example.net` is not defined"
  ),
]

private let lanCases: [Case] = [
  ("«lan eth0» { out tcp 22 }", .missingLine, "this `lan` block has no `network` line"),
  ("«lan eth0» { }", .missingLine, "this `lan` block has no `network` line"),
  (
    "«lan eth0» { in tcp 22 from any; in tcp 80 }", .missingLine,
    "this `lan` block has no `network` line"
  ),
  (
    "lan eth0 { network 192.168.1.0/24, «203.0.113.0/24» }", .publicLAN,
    "a LAN with public addresses: `203.0.113.0` is not private, link-local or cgnat"
  ),
  (
    "lan eth0 { network «10.0.0.0/7» }", .publicLAN,
    "a LAN with public addresses: `11.0.0.0` is not private, link-local or cgnat"
  ),
  (
    "lan eth0 { network «224.0.0.0/4» public }", .unusableAddress,
    "`224.0.0.0` is a multicast address and cannot be a LAN's network"
  ),
  (
    lan + "dns «192.168.2.1» }", .dnsOutsideLAN,
    "resolver `192.168.2.1` is in no `network` of this block"
  ),
  (
    lan + "out udp «53» }", .dnsPortOutsideDNSLine,
    "UDP port 53 is DNS, and this line lets it out beside the tunnel"
  ),
  (
    lan + "out tcp 22, «800-900» }", .dnsPortOutsideDNSLine,
    "TCP port 853 is DNS, and this line lets it out beside the tunnel"
  ),
  (
    lan + "broadcast udp «53» }", .dnsPortOutsideDNSLine,
    "UDP port 53 is DNS, and `broadcast` lets it out beside the tunnel"
  ),
]

private let forwardCases: [Case] = [
  (
    "tunnel wg0 { }\nforward docker0 { to «wg1» }", .unknownInterface,
    "`wg1` is neither a tunnel nor a `forward` interface of this policy, did you mean `wg0`?"
  ),
  (
    "forward docker0 { to «eth0» tcp 80 }", .unknownInterface,
    "`eth0` is neither a tunnel nor a `forward` interface of this policy"
  ),
  (
    "forward docker0, br0 { to «br0» }", .missingService,
    "expected a service; only `to` a tunnel can do without one"
  ),
  (
    lan + "}\nforward docker0 { to lan udp «53» }", .dnsPortOutsideDNSLine,
    "UDP port 53 is DNS, and `to lan` lets it out beside the tunnel"
  ),
  (
    "forward «uplink» { among }", .unknownInterface,
    "there is no `uplink` statement that says what `uplink` stands for"
  ),
]

private let bypassCases: [Case] = [
  (
    "«bypass b» { user vpn; to 192.0.2.1 tcp 443 }", .missingLine,
    "this `bypass` block needs a `because` line"
  ),
  (
    "«bypass b» { user vpn; because \"so\" }", .missingLine,
    "this `bypass` block needs a `to` line"
  ),
  (
    "«bypass b» { to any tcp 443; because \"so\" }", .missingLine,
    "this `bypass` block needs a subject (`user`, `group`, `cgroup`, `from`) or a `mark`"
  ),
  (
    "bypass b { user vpn; to any tcp 443; because \"so\"; «because» \"too\" }", .duplicateLine,
    "`because` stands twice in this block"
  ),
  (
    "bypass b { user vpn; to any tcp 443; via eth0; «via» eth1; because \"so\" }", .duplicateLine,
    "`via` stands twice in this block"
  ),
  (
    "bypass b { user vpn; to any udp «53»; because \"so\" }", .dnsPortOutsideDNSLine,
    "UDP port 53 is DNS, and this line lets it out beside the tunnel"
  ),
  (
    "tunnel wg0 { }\nbypass b { user vpn; to any udp 1; via «wg0»; because \"so\" }",
    .unknownInterface, "`wg0` is no uplink of this policy"
  ),
]

private let wholeCases: [Case] = [
  (
    "tunnel wg0 { endpoint «192.168.1.7» udp 51820 }\nlan eth0 { network 192.168.0.0/16 }",
    .endpointInLAN, "endpoint `192.168.1.7` lies in a LAN's network"
  ),
  (
    "tunnel wg0 { endpoint «10.64.0.9» udp 1; inner 10.64.0.0/10 }", .endpointInInner,
    "endpoint `10.64.0.9` lies inside a tunnel"
  ),
  (
    "tunnel wg0 { dns 10.64.0.1 }\ntunnel wg1 { endpoint «10.64.0.1» udp 1 }", .endpointInInner,
    "endpoint `10.64.0.1` lies inside a tunnel"
  ),
  (
    "tunnel wg0 { endpoint 198.51.100.7 udp 1 via wg1 }\ntunnel wg1 { inner 10.0.0.0/8; endpoint «10.1.1.1» udp 1 }",
    .endpointInInner, "endpoint `10.1.1.1` lies inside a tunnel"
  ),
  (
    "tunnel wg0 { endpoint «198.51.100.7» udp 1 via wg1 }\ntunnel wg1 { endpoint 198.51.100.8 udp 1 via wg2 }\ntunnel wg2 { endpoint 198.51.100.9 udp 1 via wg0 }",
    .conflictingInterface, "`wg0` would carry its own encrypted packets, by way of `wg1`"
  ),
  (
    "«guard»", .guardNeedsUplink,
    "`guard` needs an `uplink` statement: its chains belong to devices"
  ),
  (
    "uplink eth0, wlan*\n«guard»", .guardNeedsUplink,
    "`guard` needs uplinks by their full names, not `wlan*`"
  ),
  (
    "confine user torrent\nuplink eth0\nhost { «guard» }", .guardWithConfine,
    "`guard` covers the whole machine and cannot stand beside `confine`"
  ),
  (
    "confine user torrent, from docker1\nforward docker1, «docker0» { among }", .unconfinedForward,
    "no subject of `confine` can come from `docker0`"
  ),
  ("blocked drop\n«blocked» reject", .duplicateLine, "`blocked` stands twice"),
  (
    "«expect» block tcp to 1.1.1.1", .expectNeedsInterface,
    "an `expect` needs `in` or `out` with an interface"
  ),
  (
    "expect block to 1.1.1.1 port «443» out eth0", .portWithoutProtocol,
    "a port needs `tcp`, `udp` or `sctp` before it"
  ),
  (
    "expect block proto 47 sport «443» out eth0", .portWithoutProtocol,
    "a port needs `tcp`, `udp` or `sctp` before it"
  ),
  (
    "expect block tcp from 10.0.0.1 to «fd00::1» out eth0", .familyMismatch,
    "no packet goes from an IPv4 to an IPv6 address"
  ),
  (
    "expect block icmpv6 to «1.1.1.1» out eth0", .familyMismatch,
    "ICMPv6 has IPv6 addresses, not IPv4"
  ),
]
