import Foundation
import Glibc

/// The namespaces of a network: the host under test, its LAN gateway, what lies beyond, and a container.
enum Place: String, CaseIterable {
  case host = "h"
  case router = "r"
  case internet = "i"
  case container = "c"
}

/// Addresses of the network; those of policies/homelab.ksp where it names any.
enum Address {
  static let host = "192.168.1.2"
  static let host6 = "fd12:3456:789a::2"
  static let hostPublic6 = "2001:db8:77::2"
  static let router = "192.168.1.1"
  static let router6 = "fd12:3456:789a::1"
  /// A second machine on the LAN; it is the router too.
  static let neighbour = "192.168.1.50"
  static let site = "203.0.113.80"
  static let site6 = "2001:db8:80::80"
  /// A site that the router sends by way of the host, as if the host were its gateway.
  static let viaHost = "203.0.113.81"
  static let viaHost6 = "2001:db8:80::81"
  static let server = "198.51.100.7"
  static let server6 = "2001:db8:51::7"
  static let tunnel = "10.64.0.2"
  static let tunnel6 = "fc00:bbbb::2"
  static let resolver = "10.64.0.1"
  static let resolver6 = "fc00:bbbb::1"
  static let container = "172.31.0.2"
  static let container6 = "fd00:d0c::2"
  static let bridge = "172.31.0.1"
  static let bridge6 = "fd00:d0c::1"
}

/// A network of network namespaces, gone with this value.
///
/// ```
///  container ─ docker0 [host] eth0 ─ lan0 [router] wan0 ─ inet0 [internet]
///                        wg0 ═══════ encrypted ═════════════ wg0
/// ```
final class Network {
  let name: String
  private var children: [Child] = []
  private(set) var agents: [Place: Child] = [:]
  private(set) var captures: [Place: Child] = [:]
  private(set) var services: [Place: [Child]] = [:]
  private var tunnelEnds: [Place: Child] = [:]
  /// The public key of the tunnel's far end.
  private var farKey = ""
  let folder: URL

  init() throws {
    removeLeftovers()
    name = "ksp-\(getpid())-\(UInt16.random(in: 0...UInt16.max))"
    folder = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for place in Place.allCases { try need(["ip", "netns", "add", netns(place)]) }
    for place in Place.allCases {
      agents[place] = try start(in: place, [probeProgram, "agent"], saying: "ready")
    }
    try build()
    for place in Place.allCases where place != .host {
      captures[place] = try start(in: place, [probeProgram, "capture"], saying: "ready")
    }
  }

  deinit {
    for child in [agents, captures, tunnelEnds].flatMap({ $0.values }) { child.end() }
    for child in services.values.flatMap({ $0 }) { child.end() }
    for place in Place.allCases { removeNamespace(netns(place)) }
    try? FileManager.default.removeItem(at: folder)
  }

  func netns(_ place: Place) -> String { "\(name)-\(place.rawValue)" }

  func machine(_ place: Place) -> Machine { Machine(netns: netns(place), folder: folder) }

  /// The machine that the rules are for.
  var host: Machine { machine(.host) }

  /// Runs a program in a namespace; it must succeed.
  @discardableResult
  func at(_ place: Place, _ arguments: [String], input: String = "") throws -> String {
    try machine(place).run(arguments, input: input)
  }

  /// Compiles a policy text.
  func compile(text: String, to target: Target) throws -> Compilation {
    let file = folder.appending(path: "policy-\(UUID().uuidString).ksp").path
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    return try compileFile(file, to: target)
  }

  /// `ip` with the words of one command in each line.
  func ip(_ place: Place, _ commands: String) throws {
    try need(["ip", "-n", netns(place), "-batch", "-"], input: commands + "\n")
  }

  func nft(_ place: Place, _ rules: String) throws {
    try at(place, ["nft", "-f", "-"], input: rules)
  }

  /// Kernel settings below /proc/sys, as `net/ipv4/ip_forward=1`.
  func set(_ place: Place, _ settings: [String]) throws {
    let lines = settings.map { setting in
      let parts = setting.split(separator: "=")
      return "set path=/proc/sys/\(parts[0]) value=\(parts[1])"
    }
    for answer in try batch(place, lines) where !answer.hasSuffix(" done") {
      throw HarnessError("\(settings) in \(place): \(answer)")
    }
  }

  /// Lets the agent of a namespace carry out lines; returns its answers.
  func batch(_ place: Place, _ lines: [String]) throws -> [String] {
    guard let agent = agents[place] else { throw HarnessError("no agent in \(place)") }
    try agent.write(lines.joined(separator: "\n") + "\n\n")
    var answers: [String] = []
    while let answer = agent.line(seconds: 20) {
      if answer.isEmpty { return answers }
      answers.append(answer)
    }
    throw HarnessError("the agent in \(place) does not answer")
  }

  func start(in place: Place, _ arguments: [String], saying word: String) throws -> Child {
    try machine(place).start(arguments, saying: word)
  }

  /// Starts an echo service: `udp,ADDRESS,PORT[,GROUP,INTERFACE]` or `tcp,ADDRESS,PORT`.
  func serve(_ place: Place, _ list: [String]) throws {
    services[place, default: []].append(
      try start(in: place, [probeProgram, "serve"] + list, saying: "ready"))
  }

  /// Sends at full speed; see `packet-probe flood`.
  func flood(from place: Place = .host, _ words: String) throws -> Child {
    try start(
      in: place, [probeProgram, "flood"] + words.split(separator: " ").map { String($0) },
      saying: "started")
  }

  private var probeProgram: String { "\(productFolder)/packet-probe" }

  /// Starts a real tunnel in user space, between host and internet.
  func startTunnel(mark: UInt32 = 0x6b73, endpoint: String = Address.server) throws {
    let keys = try (0..<2).map { _ in
      try need(["wg", "genkey"]).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let publicKeys = try keys.map {
      try need(["wg", "pubkey"], input: $0 + "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }
    farKey = publicKeys[1]
    try startEnd(
      .internet,
      """
      [Interface]
      PrivateKey = \(keys[1])
      ListenPort = 51820
      [Peer]
      PublicKey = \(publicKeys[0])
      AllowedIPs = 0.0.0.0/0, ::/0
      """)
    try ip(
      .internet,
      """
      addr add 10.64.0.1/24 dev wg0
      addr add fc00:bbbb::1/64 dev wg0 nodad
      link set wg0 mtu 1380 up
      route add 172.31.0.0/24 dev wg0
      route add fd00:d0c::/64 dev wg0
      """)
    let peer = endpoint.contains(":") ? "[\(endpoint)]:51820" : "\(endpoint):51820"
    try startEnd(
      .host,
      """
      [Interface]
      PrivateKey = \(keys[0])
      FwMark = \(mark)
      [Peer]
      PublicKey = \(publicKeys[1])
      Endpoint = \(peer)
      AllowedIPs = 0.0.0.0/0, ::/0
      """)
    try ip(
      .host,
      """
      addr add \(Address.tunnel)/24 dev wg0
      addr add \(Address.tunnel6)/64 dev wg0 nodad
      route replace \(Address.server)/32 via \(Address.router) dev eth0
      route replace \(Address.server6)/128 via 2001:db8:77::1 dev eth0
      """)
    try bringTunnelUp()
  }

  private func startEnd(_ place: Place, _ configuration: String) throws {
    let file = folder.appending(path: "wg-\(place.rawValue).conf").path
    try configuration.write(toFile: file, atomically: true, encoding: .utf8)
    // Where the kernel has no WireGuard, a program does its work. That program's control socket has a
    // fixed place: a mount of its own keeps networks apart.
    let script = """
      if ip link add wg0 type wireguard 2>/dev/null; then
        trap 'ip link del wg0 2>/dev/null' EXIT
      else
        mkdir -p /run/wireguard && mount -t tmpfs tmpfs /run/wireguard || exit 1
        LOG_LEVEL=silent wireguard-go -f wg0 >&2 2>/dev/null & pid=$!
        trap 'kill $pid 2>/dev/null; wait $pid' EXIT
        tries=0
        until [ -S /run/wireguard/wg0.sock ]; do
          tries=$((tries + 1)); [ $tries -gt 250 ] && exit 1; sleep 0.02
        done
      fi
      wg setconf wg0 \(file) && echo ready
      while read -r words; do wg set wg0 $words && echo done; done
      """
    tunnelEnds[place] = try start(in: place, ["sh", "-c", script], saying: "ready")
  }

  /// Sets the link up, with the routes that clients add; they are lost whenever it goes down.
  func bringTunnelUp() throws {
    try ip(
      .host,
      """
      link set wg0 mtu 1380 up
      addr replace \(Address.tunnel6)/64 dev wg0 nodad
      route replace 0.0.0.0/1 dev wg0
      route replace 128.0.0.0/1 dev wg0
      route replace ::/1 dev wg0
      route replace 8000::/1 dev wg0
      """)
  }

  /// Lets the host's end speak to another address of the far end, before there are rules.
  func moveTunnelEndpoint(to address: String) throws {
    try tunnelEnds[.host]?.write("peer \(farKey) endpoint \(address)\n")
    try tunnelEnds[.host]?.expectLine("done")
    // The far end goes on to answer the old address, and the host would follow, until it hears from us.
    let answers = try batch(
      .host, ["ask n=9993 proto=icmp dst=\(Address.resolver) wait=5000"])
    if answers != ["n=9993 answered"] {
      throw HarnessError("the tunnel does not follow: \(answers)")
    }
  }

  /// Ends the program behind the host's end, and with it the interface.
  func killTunnel() { tunnelEnds.removeValue(forKey: .host)?.end() }

  private func build() throws {
    let quiet = [
      "net/ipv6/conf/all/accept_dad=0", "net/ipv6/conf/default/accept_dad=0",
      "net/ipv6/conf/default/router_solicitations=0",
    ]
    // Source checks of the kernel's own would hide what a rule set lets through.
    let forwarding = [
      "net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1",
      "net/ipv4/conf/all/rp_filter=0", "net/ipv4/conf/default/rp_filter=0",
      "net/ipv4/icmp_ratelimit=0", "net/ipv6/icmp/ratelimit=0",
    ]
    for place in Place.allCases {
      try set(place, quiet + (place == .container ? [] : forwarding))
    }
    try ip(
      .host,
      """
      link set lo up
      link add eth0 type veth peer name lan0 netns \(netns(.router))
      link add docker0 type bridge
      link add veth0 type veth peer name eth0 netns \(netns(.container))
      link set veth0 master docker0 up
      link set docker0 up
      addr add \(Address.bridge)/24 dev docker0
      addr add \(Address.bridge6)/64 dev docker0 nodad
      addr add \(Address.host)/24 dev eth0
      addr add \(Address.host6)/64 dev eth0 nodad
      addr add \(Address.hostPublic6)/64 dev eth0 nodad
      link set eth0 up
      """)
    try ip(
      .router,
      """
      link set lo up
      link add wan0 type veth peer name inet0 netns \(netns(.internet))
      addr add \(Address.router)/24 dev lan0
      addr add \(Address.neighbour)/24 dev lan0
      addr add \(Address.router6)/64 dev lan0 nodad
      addr add 2001:db8:77::1/64 dev lan0 nodad
      addr add 192.0.2.1/24 dev wan0
      addr add 2001:db8:113::1/64 dev wan0 nodad
      link set lan0 up
      link set wan0 up
      """)
    try ip(
      .internet,
      """
      link set lo up
      addr add 192.0.2.10/24 dev inet0
      addr add 2001:db8:113::10/64 dev inet0 nodad
      addr add \(Address.site)/32 dev lo
      addr add \(Address.server)/32 dev lo
      addr add \(Address.viaHost)/32 dev lo
      addr add \(Address.site6)/128 dev lo nodad
      addr add \(Address.viaHost6)/128 dev lo nodad
      addr add \(Address.server6)/128 dev lo nodad
      link set inet0 up
      route add 2001:db8:77::/64 via 2001:db8:113::1
      route add fd12:3456:789a::/64 via 2001:db8:113::1
      """)
    try ip(
      .container,
      """
      link set lo up
      addr add \(Address.container)/24 dev eth0
      addr add \(Address.container6)/64 dev eth0 nodad
      link set eth0 up
      route add default via \(Address.bridge)
      route add default via \(Address.bridge6)
      """)
    try ip(
      .host,
      """
      route add default via \(Address.router) dev eth0
      route add default via 2001:db8:77::1 dev eth0 metric 1024
      """)
    try ip(
      .router,
      """
      route add default via 192.0.2.10
      route add default via 2001:db8:113::10
      route add \(Address.viaHost)/32 via \(Address.host)
      route add \(Address.viaHost6)/128 via \(Address.host6)
      route add \(Address.tunnel)/32 via \(Address.host)
      route add \(Address.tunnel6)/128 via \(Address.host6)
      """)
    try nft(
      .router,
      """
      table ip wan { chain post { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }; }
      """)
  }
}

/// Removes networks that an earlier run left: their names hold the pid of a process that is gone.
func removeLeftovers() {
  let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
  for entry in entries.sorted() {
    let parts = entry.split(separator: "-")
    guard parts.count == 4, parts[0] == "ksp", let pid = pid_t(parts[1]) else { continue }
    if kill(pid, 0) != 0 { removeNamespace(entry) }
  }
}

/// Ends what still runs in a namespace, by pid, and deletes it.
func removeNamespace(_ name: String) {
  let pids = (try? runProgram(["ip", "netns", "pids", name]))?.output ?? ""
  for pid in pids.split(whereSeparator: { $0.isWhitespace }).compactMap({ pid_t($0) }) {
    kill(pid, SIGKILL)
  }
  _ = try? runProgram(["ip", "netns", "del", name])
}
