import Foundation
import PacketSpace
import RulesetIR
import Testing

private let variants = ["nft", "legacy"]

/// Commands `fake` and `fake6` that are iptables, except that the restore of call `$AT` and `$MODE` fails:
/// `once`, `always` from there on, or `kill` ends the script at that point, its own table not loaded.
private let fakes = #"""
  mkdir "$WORK/fake"
  echo 0 >"$WORK/calls"
  for pair in fake=iptables-$VARIANT fake6=ip6tables-$VARIANT; do
    for suffix in '' -save; do
      printf '#!/bin/sh\nexec %s%s "$@"\n' "${pair#*=}" "$suffix" >"$WORK/fake/${pair%=*}$suffix"
    done
    cat >"$WORK/fake/${pair%=*}-restore" <<END
  #!/bin/sh
  calls=\$((\$(cat "$WORK/calls") + 1))
  echo \$calls >"$WORK/calls"
  case \$MODE in
  once) [ \$calls -ne \$AT ] || { echo "fake failure" >&2; exit 1; } ;;
  always) [ \$calls -lt \$AT ] || { echo "fake failure" >&2; exit 1; } ;;
  kill) [ \$calls -ne \$AT ] || { kill -9 "\$(cat "$WORK/pid")"; exit 1; } ;;
  esac
  exec ${pair#*=}-restore "\$@"
  END
  done
  chmod +x "$WORK"/fake/*
  IPTABLES=$WORK/fake/fake IP6TABLES=$WORK/fake/fake6
  export IPTABLES IP6TABLES MODE AT

  """#

@Suite(.enabled(if: geteuid() == 0, "needs root"), .serialized) struct FailureTests {
  /// Calls 1 and 2 block, 3 to 7 load, 8 and 9 open up.
  ///
  /// What failed once while opening up is tried again.
  @Test(arguments: variants, [("once", 1...7), ("always", 1...9)])
  func `a step that fails leaves nothing open`(
    _ variant: String, _ failures: (mode: String, calls: ClosedRange<Int>)
  ) throws {
    for call in failures.calls {
      try Machine(variant: variant).expect(
        """
        \(fakes)
        rules $VARIANT >$WORK/before
        MODE=\(failures.mode) AT=\(call)
        ksp $A apply | grep -e '^apply' -e 'fake' -e 'leaves'
        probe
        MODE=
        ksp $A status | tail -n 1
        ksp $A remove
        rules $VARIANT >$WORK/after
        diff $WORK/before $WORK/after && probe
        """,
        prints: """
            fake failure
          kspolicy home: everything is blocked now: nothing leaves this machine but by lo. \
          Run apply again, or remove to open it
          apply: 70
          \(closedProbe)status: 1
          kspolicy home: removed
          remove: 0
          \(openProbe)
          """, ScriptFile(Sample.everything()))
    }
  }

  @Test(arguments: variants)
  func `a script that is killed leaves nothing open`(_ variant: String) throws {
    for call in 3...9 {
      try Machine(variant: variant).expect(
        """
        \(fakes)
        MODE=kill AT=\(call)
        $SH $A apply >/dev/null 2>&1 & echo $! >$WORK/pid
        wait || true
        probe
        MODE=
        ksp $A status | tail -n 1
        ksp $A apply
        ksp $A status | tail -n 1
        """,
        prints: """
          \(closedProbe)status: 1
          kspolicy home: applied
          apply: 0
          status: 0

          """, ScriptFile(Sample.everything()))
    }
  }

  @Test(arguments: variants)
  func `when the first step of a new load fails the old rules hold`(_ variant: String) throws {
    try Machine(variant: variant).expect(
      """
      \(fakes)
      MODE=
      ksp $A apply
      rules $VARIANT >$WORK/before
      echo 0 >$WORK/calls
      MODE=once AT=1
      ksp $A apply | tail -n 2
      rules $VARIANT >$WORK/after
      diff $WORK/before $WORK/after && probe
      """,
      prints: """
        kspolicy home: applied
        apply: 0
        kspolicy home: nothing was changed: the rules of the last apply hold
        apply: 70
        \(closedProbe)
        """, ScriptFile(Sample.ruleset(rules: [])))
  }

  @Test(arguments: variants)
  func `a control group that does not exist blocks the first load`(_ variant: String) throws {
    let result = try Machine(variant: variant).run(
      "ksp $A apply; probe",
      ScriptFile(
        Sample.ruleset(rules: [Rule([.cgroup(path: "no such/group", level: 2)], .return)])))
    #expect(result.output.contains("no such control group, start it first: no such/group\n"))
    #expect(result.output.hasSuffix("apply: 70\n" + closedProbe))
  }

  @Test(arguments: [
    ("IPTABLES=nothing", "missing: nothing nothing-restore nothing-save"),
    ("IP6TABLES=nothing6", "missing: nothing6 nothing6-restore nothing6-save"),
    ("IP6TABLES=$WORK/fake/broken", "broken does not work here, and this kernel has IPv6"),
  ])
  func `a tool that is missing or does not work is told before anything changes`(
    _ setting: String, _ message: String
  ) throws {
    let result = try Machine(variant: "nft").run(
      """
      \(fakes)
      for name in broken broken-restore broken-save; do
        printf '#!/bin/sh\\nexit 3\\n' >"$WORK/fake/$name"
      done
      chmod +x $WORK/fake/*
      MODE=
      \(setting)
      ksp $A apply
      iptables-nft-save | grep -c KSP || true
      ip6tables-nft-save | grep -c KSP || true
      """, ScriptFile(Sample.ruleset(rules: [])))
    #expect(result.output.contains(message))
    #expect(result.output.hasSuffix("kspolicy home: nothing was changed\napply: 70\n0\n0\n"))
  }

  @Test func `without ipset only a policy with sets is refused`() throws {
    let result = try Machine(variant: "nft").run(
      """
      mount --bind /dev/null "$(command -v ipset)"
      ksp $A apply
      ksp $B apply
      ksp $B status
      ksp $B remove
      """, ScriptFile(Sample.everything()), ScriptFile(Sample.ruleset(rules: [])))
    #expect(
      result.output == """
        kspolicy home: missing: ipset
        kspolicy home: nothing was changed
        apply: 70
        kspolicy home: applied
        apply: 0
        kspolicy home: IPv6 is loaded completely
        kspolicy home: IPv4 is loaded completely
        status: 0
        kspolicy home: removed
        remove: 0

        """)
  }

  /// A /proc without `net/if_inet6` stands for a kernel without IPv6.
  @Test(arguments: ["nothing6", "$WORK/fake/broken"])
  func `a kernel without IPv6 gets the IPv4 rules, and is told so`(_ tool: String) throws {
    let result = try Machine(variant: "nft").run(
      """
      mkdir $WORK/fake
      for name in broken broken-restore broken-save; do
        printf '#!/bin/sh\nexit 3\n' >"$WORK/fake/$name"
        chmod +x "$WORK/fake/$name"
      done
      IP6TABLES=\(tool)
      mount -t tmpfs none /proc
      ksp $A apply
      ksp $A status
      ksp $A remove
      """, ScriptFile(Sample.ruleset(rules: [])))
    #expect(
      result.output == """
        kspolicy home: this kernel has no IPv6: only IPv4 rules are loaded
        kspolicy home: applied
        apply: 0
        kspolicy home: IPv4 is loaded completely
        status: 0
        kspolicy home: removed
        remove: 0

        """)
  }

  @Test func `sets that a killed load left behind go away`() throws {
    try Machine(variant: "nft").expect(
      """
      ipset create KSP_home_0badcafe_t hash:ip
      ipset create KSP_home_0badcafe hash:ip
      ipset create KSP_home_b_0badcafe hash:ip
      ipset create HOME hash:ip
      ksp $A apply
      ipset list -n
      """,
      prints: """
        kspolicy home: applied
        apply: 0
        KSP_home_b_0badcafe
        HOME

        """, ScriptFile(Sample.ruleset(rules: [])))
  }

  @Test(arguments: ["apply", "remove", "status"])
  func `without root nothing is tried`(_ command: String) throws {
    let result = try Machine(variant: "nft").run(
      """
      chmod 755 "$WORK"
      SH='setpriv --reuid=65534 --clear-groups dash'
      ksp $A \(command)
      """, ScriptFile(Sample.ruleset(rules: [])))
    #expect(result.output.hasPrefix("kspolicy home: \(command) needs root: sudo sh "))
    #expect(result.output.hasSuffix("\(command): 70\n"))
  }
}
