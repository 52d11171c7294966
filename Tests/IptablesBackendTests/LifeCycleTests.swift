import Foundation
import PacketSpace
import RulesetIR
import Testing

private let variants = ["nft", "legacy"]

/// What Docker and ufw leave in the tables, in short.
private let foreignRules = """
  for tool in $IPTABLES $IP6TABLES; do
    $tool-restore -w --noflush <<'END'
  *nat
  :DOCKER - [0:0]
  -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
  -A POSTROUTING -o docker0 -j MASQUERADE
  COMMIT
  *mangle
  -A POSTROUTING -o v0 -j ACCEPT
  COMMIT
  *filter
  :DOCKER-USER - [0:0]
  :ufw-before-output - [0:0]
  -A FORWARD -j DOCKER-USER
  -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
  -A OUTPUT -m comment --comment "a -j KSP_home_test b" -j ufw-before-output
  -A ufw-before-output -j ACCEPT
  COMMIT
  END
  done

  """

@Suite(.enabled(if: geteuid() == 0, "needs root"), .serialized) struct LifeCycleTests {
  @Test(arguments: variants, ["dash", "busybox sh"])
  func `every mapping loads, loads again, and goes away`(_ variant: String, _ shell: String) throws
  {
    try Machine(variant: variant, shell: shell).expect(
      """
      \(foreignRules)
      rules $VARIANT >$WORK/before
      ksp $A status
      probe
      ksp $A apply
      rules $VARIANT >$WORK/once
      ksp $A apply
      rules $VARIANT >$WORK/twice
      diff $WORK/once $WORK/twice && echo same
      ksp $A status
      probe
      first mangle POSTROUTING
      first filter OUTPUT
      ksp $A remove
      rules $VARIANT >$WORK/after
      diff $WORK/before $WORK/after && echo removed
      ksp $A remove
      ksp $A status
      probe
      """,
      prints: """
        kspolicy home: IPv6 is not loaded
        kspolicy home: IPv4 is not loaded
        status: 1
        \(openProbe)kspolicy home: applied
        apply: 0
        kspolicy home: applied
        apply: 0
        same
        kspolicy home: IPv6 is loaded completely
        kspolicy home: IPv4 is loaded completely
        status: 0
        \(closedProbe)-A POSTROUTING -j KSP_home_post
        -A POSTROUTING -j KSP_home_post
        -A OUTPUT -j KSP_home_gate
        -A OUTPUT -j KSP_home_gate
        kspolicy home: removed
        remove: 0
        removed
        kspolicy home: removed
        remove: 0
        kspolicy home: IPv6 is not loaded
        kspolicy home: IPv4 is not loaded
        status: 1
        \(openProbe)
        """, ScriptFile(Sample.everything()))
  }

  @Test(arguments: variants)
  func `rules that others put before ours are seen, and ours come first again`(
    _ variant: String
  ) throws {
    try Machine(variant: variant).expect(
      """
      ksp $A apply
      $IPTABLES -w -t mangle -I POSTROUTING -o v0 -j ACCEPT
      $IP6TABLES -w -t mangle -A POSTROUTING -j KSP_home_post
      $IPTABLES -w -t mangle -D KSP_home_post 1
      ksp $A status
      ksp $A apply
      ksp $A status
      $IPTABLES -w -t mangle -S POSTROUTING
      $IP6TABLES -w -t mangle -S POSTROUTING
      """,
      prints: """
        kspolicy home: applied
        apply: 0
        kspolicy home: IPv6, table mangle: POSTROUTING does not begin with one jump to KSP_home_post
        kspolicy home: IPv4, table mangle: chain KSP_home_post has 2 rules instead of 3
        kspolicy home: IPv4, table mangle: POSTROUTING does not begin with one jump to KSP_home_post
        status: 1
        kspolicy home: applied
        apply: 0
        kspolicy home: IPv6 is loaded completely
        kspolicy home: IPv4 is loaded completely
        status: 0
        -P POSTROUTING ACCEPT
        -A POSTROUTING -j KSP_home_post
        -A POSTROUTING -o v0 -j ACCEPT
        -P POSTROUTING ACCEPT
        -A POSTROUTING -j KSP_home_post

        """, ScriptFile(Sample.ruleset(rules: [])))
  }

  @Test(arguments: variants)
  func `a new version takes the place of the old one`(_ variant: String) throws {
    var changed = Sample.everything()
    changed.tables.removeAll { $0.name == "nat" }
    let set = NamedSet(name: "hash4", elements: .ipv4([0x0909_0909]), size: 128)
    for index in changed.tables.indices where changed.tables[index].family == .ip {
      if let old = changed.tables[index].sets.firstIndex(where: { $0.name == "hash4" }) {
        changed.tables[index].sets[old] = set
      }
    }
    let result = try Machine(variant: variant).run(
      """
      ksp $B apply
      rules $VARIANT >$WORK/fresh
      ksp $B remove
      ksp $A apply
      ksp $B status | tail -n 1
      ksp $B apply
      ksp $B status
      rules $VARIANT >$WORK/over
      diff $WORK/fresh $WORK/over && echo same
      """, ScriptFile(Sample.everything()), ScriptFile(changed))
    #expect(
      result.output == """
        kspolicy home: applied
        apply: 0
        kspolicy home: removed
        remove: 0
        kspolicy home: applied
        apply: 0
        status: 1
        kspolicy home: applied
        apply: 0
        kspolicy home: IPv6 is loaded completely
        kspolicy home: IPv4 is loaded completely
        status: 0
        same

        """)
  }

  @Test(arguments: variants)
  func `policies whose names begin alike live side by side`(_ variant: String) throws {
    let result = try Machine(variant: variant).run(
      """
      ksp $B apply
      ksp $A apply
      ksp $A status
      ksp $B status
      ksp $A remove
      ksp $B status
      """, ScriptFile(Sample.smallest(policy: "home"), policy: "home"),
      ScriptFile(Sample.smallest(policy: "home_post"), policy: "home_post"))
    #expect(
      result.output == """
        kspolicy home_post: applied
        apply: 0
        kspolicy home: applied
        apply: 0
        kspolicy home: IPv6 is loaded completely
        kspolicy home: IPv4 is loaded completely
        status: 0
        kspolicy home_post: IPv6 is loaded completely
        kspolicy home_post: IPv4 is loaded completely
        status: 0
        kspolicy home: removed
        remove: 0
        kspolicy home_post: IPv6 is loaded completely
        kspolicy home_post: IPv4 is loaded completely
        status: 0

        """)
  }

  @Test(arguments: variants)
  func `the other kind of iptables is not forgotten`(_ variant: String) throws {
    let result = try Machine(variant: variant).run(
      """
      ksp $A apply
      IPTABLES=iptables-$OTHER IP6TABLES=ip6tables-$OTHER
      export IPTABLES IP6TABLES
      ksp $A status
      ksp $A remove
      """, ScriptFile(Sample.ruleset(rules: [])))
    #expect(result.output.contains("iptables-\(variant) holds rules of this policy as well"))
    #expect(result.output.contains("To remove those: IPTABLES=iptables-\(variant) "))
    #expect(result.output.hasSuffix("remove: 70\n"))
  }

  @Test(arguments: variants)
  func `a list of 100,000 addresses loads`(_ variant: String) throws {
    let addresses = (0..<100_000).map { UInt32(0x0100_0000) + $0 * 3 }
    let set = NamedSet(name: "hash4", elements: .ipv4(addresses), size: 262_144)
    let rule = Rule(
      [.address(.destination, .set(name: "hash4", family: .ipv4, maskLength: nil))], .return)
    try Machine(variant: variant).expect(
      """
      ksp $A apply
      ipset list -t | grep entries
      ksp $A remove
      ipset list
      """,
      prints: """
        kspolicy home: applied
        apply: 0
        Number of entries: 100000
        kspolicy home: removed
        remove: 0

        """, ScriptFile(Sample.ruleset(sets: [set], rules: [rule])))
  }
}
