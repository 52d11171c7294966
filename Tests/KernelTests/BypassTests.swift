import Testing

extension KernelTests {
  /// Exemptions by owner: for these packets, and for no others of the same owner.
  @Suite struct BypassTests {
    @Test(arguments: Target.allCases)
    func `an account skips the tunnel for what is exempt`(target: Target) throws {
      let lab = try Lab.standard()
      let network = lab.network
      let policy = try projectPolicy(
        "split-user",
        [
          "198.51.100.90": Address.server, "10.90.0.": "10.64.0.", "fd90::": "fc00:bbbb::",
          "0x6b7c": "0x6b73",
        ])
      try network.ip(
        .internet,
        """
        addr add 192.0.2.140/32 dev lo
        addr add 192.0.2.141/32 dev lo
        addr add 203.0.113.125/32 dev lo
        addr add 2001:db8:140::1/128 dev lo nodad
        """)
      try network.serve(
        .internet,
        ["tcp,0.0.0.0,22", "tcp,::,22", "tcp,0.0.0.0,8000", "tcp,::,8000", "tcp,0.0.0.0,587"]
          + ["tcp,0.0.0.0,25", "udp,192.0.2.140,22"])
      try network.host.load(network.compile(text: policy, to: target))
      try lab.forget()
      try lab.check("tunnel up", splitByAccount)
    }

    @Test func `a control group skips the tunnel for what is exempt`() throws {
      let lab = try Lab.standard()
      let network = lab.network
      let groups = try ControlGroups(["direct.slice", "direct.slice/game.scope"], on: network.host)
      let policy = try projectPolicy(
        "split-cgroup",
        ["192.0.2.55": Address.server, "10.55.0.": "10.64.0.", "0x6b7d": "0x6b73"])
      try network.serve(.internet, ["udp,\(Address.site),27015", "tcp,0.0.0.0,27015"])
      try network.host.load(network.compile(text: policy, to: .nft))
      try lab.forget()
      try lab.walk([
        Phase(
          name: "outside the group",
          probes: [
            Probe("game", "udp \(Address.site) 27015 dev=eth0", .rejected([])),
            Probe("game in the tunnel", "udp \(Address.site) 27015", .answered([.tunnel])),
          ]),
        Phase(
          name: "in the group",
          change: { try $0.moveAgent(to: "direct.slice") }, probes: splitByControlGroup),
        Phase(
          name: "in a group below",
          change: { try $0.moveAgent(to: "direct.slice/game.scope") }, probes: splitByControlGroup),
        Phase(
          name: "outside again",
          change: { try $0.moveAgent(to: ".") },
          probes: [Probe("game", "udp \(Address.site) 27015 dev=eth0", .rejected([]))]),
      ])
      groups.remove()
    }
  }
}

private let splitByAccount = [
  Probe("backup", "tcp 192.0.2.140 22 uid=1500 dev=eth0", .answered([.lan])),
  Probe("backup, 8000", "tcp 192.0.2.140 8000 uid=1500 dev=eth0", .answered([.lan])),
  Probe("backup, IPv6", "tcp 2001:db8:140::1 22 uid=1500 dev=eth0", .answered([.lan])),
  Probe("backup, another port", "tcp 192.0.2.140 443 uid=1500 dev=eth0", .rejected([])),
  Probe("backup, UDP", "udp 192.0.2.140 22 uid=1500 dev=eth0", .rejected([])),
  Probe("backup, another server", "tcp 192.0.2.141 22 uid=1500 dev=eth0", .rejected([])),
  Probe("backup, ping", "icmp 192.0.2.140 uid=1500 dev=eth0", .blocked),
  Probe("backup by root", "tcp 192.0.2.140 22 dev=eth0", .rejected([])),
  Probe("backup by another account", "tcp 192.0.2.140 22 uid=1501 dev=eth0", .rejected([])),
  Probe("backup by the account's group", "tcp 192.0.2.140 22 gid=1500 dev=eth0", .rejected([])),
  Probe("backup's names", "udp \(Address.router) 53 uid=1500", .rejected([])),
  Probe("mail", "tcp 203.0.113.125 587 uid=33 dev=eth0", .answered([.lan])),
  Probe("mail, another port", "tcp 203.0.113.125 25 uid=33 dev=eth0", .rejected([])),
  Probe("mail by the backup", "tcp 203.0.113.125 587 uid=1500 dev=eth0", .rejected([])),
  Probe("everything else of the account", "tcp \(Address.site) 443 uid=1500", .answered([.tunnel])),
  Probe("site by eth0", "tcp \(Address.site) 443 uid=1500 dev=eth0", .rejected([])),
  Probe(
    "an answer to nobody",
    "packet src=\(Address.host) dst=192.0.2.140 proto=tcp flags=SA sport=22 dport=8000 dev=eth0",
    .blocked),
]

private let splitByControlGroup = [
  Probe("game", "udp \(Address.site) 27015 dev=eth0", .answered([.lan])),
  Probe("game, TCP", "tcp \(Address.site) 27015 dev=eth0", .answered([.lan])),
  Probe("another port", "tcp \(Address.site) 443 dev=eth0", .rejected([])),
  Probe("DNS", "udp \(Address.site) 53 dev=eth0", .rejected([])),
  Probe("everything else", "tcp \(Address.site) 443", .answered([.tunnel])),
]

extension Network {
  /// What the host's agent sends from now on belongs to the control group.
  fileprivate func moveAgent(to group: String) throws {
    let answers = try batch(.host, ["set path=/sys/fs/cgroup/\(group)/cgroup.procs value=0"])
    if answers != ["n=0 done"] { throw HarnessError("cannot move to \(group): \(answers)") }
  }
}
