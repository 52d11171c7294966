import PacketSpace
import RulesetIR
import Testing

/// Verdicts, chains and hooks, where a quick reading of the rules is wrong.
@Suite struct VerdictTests {
  @Test func `accept ends its own base chain only`() {
    let early = table("early", chains: [chain(.output, -100, [accept()])])
    let late = table("late", chains: [chain(.output, 0, [drop(.udp)])])
    #expect(outcome([early, late], .leaves, [.udp]) == .block)
    #expect(outcome([early, late], .leaves, [.tcp]) == .pass)
  }

  @Test func `drop is final whatever comes after it`() {
    let early = table("early", chains: [chain(.output, -100, [drop(.udp)])])
    let late = table("late", chains: [chain(.output, 0, .drop, [accept()])])
    #expect(outcome([late, early], .leaves, [.udp]) == .block)
  }

  @Test func `accepting the good case does not block the rest`() {
    let rules = table([chain(.output, 0, .accept, [accept(.out("wg0"))])])
    #expect(outcome([rules], .leaves, [.out("eth0")]) == .pass)
  }

  @Test func `an accept in a called chain ends the hook's chain`() {
    let rules = table([
      chain(.output, 0, .drop, [Rule([], .jump("helper")), drop()]),
      Chain(name: "helper", rules: [accept(.udp)]),
    ])
    #expect(outcome([rules], .leaves, [.udp]) == .pass)
    #expect(outcome([rules], .leaves, [.tcp]) == .block)
  }

  @Test func `a jump comes back, a goto goes on to the policy`() {
    let helper = Chain(name: "helper", rules: [drop(.udp)])
    let jumping = table([chain(.output, 0, .drop, [Rule([], .jump("helper")), accept()]), helper])
    let going = table([chain(.output, 0, .drop, [Rule([], .goto("helper")), accept()]), helper])
    #expect(outcome([jumping], .leaves, [.tcp]) == .pass)
    #expect(outcome([going], .leaves, [.tcp]) == .block)
    #expect(outcome([jumping], .leaves, [.udp]) == .block)
  }

  @Test func `a goto in a called chain comes back behind the call`() {
    let rules = table([
      chain(.output, 0, .drop, [Rule([], .jump("one")), accept(.tcp)]),
      Chain(name: "one", rules: [Rule([], .goto("two")), drop()]),
      Chain(name: "two", rules: [drop(.udp)]),
    ])
    #expect(outcome([rules], .leaves, [.tcp]) == .pass)
    #expect(outcome([rules], .leaves, [.udp]) == .block)
    #expect(outcome([rules], .leaves, [.transport([47])]) == .block)
  }

  @Test func `return in a base chain is its policy`() {
    for policy in [ChainPolicy.accept, .drop] {
      let rules = table([chain(.output, 0, policy, [Rule([.udp], .return), drop()])])
      #expect(outcome([rules], .leaves, [.udp]) == (policy == .accept ? .pass : .block))
    }
  }

  @Test func `a rule without a verdict decides nothing`() {
    let rules = table([chain(.output, 0, .drop, [Rule([], [.counter, .log(prefix: "")], nil)])])
    #expect(outcome([rules], .leaves, [.udp]) == .block)
  }

  @Test func `reject lets nothing pass`() {
    let rules = table([chain(.output, 0, .accept, [Rule([.udp], .reject(.tcpReset))])])
    #expect(outcome([rules], .leaves, [.udp]) == .block)
  }

  @Test func `a chain that is not there lets nothing pass`() {
    let rules = table([chain(.output, 0, .accept, [Rule([], .jump("gone"))])])
    #expect(outcome([rules], .leaves, [.udp]) == .block)
  }

  /// The kernel refuses such rules, so that they hold nothing up.
  @Test func `a chain that leads back to itself holds nothing up`() {
    let rules = table([
      chain(.output, 0, .drop, [Rule([], .jump("a")), drop()]),
      Chain(name: "a", rules: [Rule([.udp], .jump("b"))]),
      Chain(name: "b", rules: [Rule([], .goto("a"))]),
    ])
    #expect(outcome([rules], .leaves, [.udp]) == .pass)
    #expect(outcome([rules], .leaves, [.tcp]) == .block)
  }

  @Test func `the same chain means something else behind each caller`() {
    let rules = table([
      chain(.output, 0, .drop, [Rule([.udp], .jump("a")), Rule([.tcp], .goto("a")), accept()]),
      Chain(name: "a", rules: [drop(.out("eth0"))]),
    ])
    #expect(outcome([rules], .leaves, [.udp, .out("wg0")]) == .pass)
    #expect(outcome([rules], .leaves, [.tcp, .out("wg0")]) == .block)
    #expect(outcome([rules], .leaves, [.udp, .out("eth0")]) == .block)
  }

  @Test func `a dormant table is listed and does nothing`() {
    var rules = table([chain(.output, 0, .drop, [])])
    #expect(outcome([rules], .leaves, [.udp]) == .block)
    rules.isDormant = true
    #expect(outcome([rules], .leaves, [.udp]) == .pass)
  }

  @Test func `a deny in a nat chain is none: it sees the first packets only`() {
    let rules = table([chain(.output, 0, .accept, type: .nat, [drop()])])
    #expect(outcome([rules], .leaves, [.ctState([.established])]) == .pass)
  }

  @Test func `a table of one family does not see the other`() {
    let rules = table("filter", .ip, chains: [chain(.output, 0, .drop, [])])
    #expect(outcome([rules], .leaves, [.family(.ipv4)]) == .block)
    #expect(outcome([rules], .leaves, [.family(.ipv6)]) == .pass)
  }

  @Test func `a forwarded packet meets forward and not output or input`() {
    let rules = table([chain(.output, 0, .drop, []), chain(.input, 0, .drop, [])])
    #expect(outcome([rules], .forwards, [.udp]) == .pass)
    #expect(outcome([rules], .leaves, [.udp]) == .block)
    #expect(outcome([rules], .arrives, [.udp]) == .block)
    for hook in [Hook.prerouting, .forward, .postrouting] {
      #expect(outcome([table([chain(hook, 0, .drop, [])])], .forwards, [.udp]) == .block)
    }
  }

  @Test func `postrouting alone does not believe what output decided`() {
    let rules = table([
      chain(.output, 0, .drop, [accept(.out("wg0"))]),
      chain(.postrouting, 0, .accept, []),
    ])
    #expect(outcome([rules], .leaves, [.out("eth0")]) == .block)
    #expect(outcome([rules], .postrouting, [.out("eth0")]) == .pass)
  }

  @Test func `ACCEPT in one table of iptables leaves the others to decide`() {
    let mangle = table("mangle", .ip, chains: [chain(.output, -150, type: .route, [accept()])])
    let filter = table("filter", .ip, chains: [chain(.output, 0, [drop(.udp)])])
    #expect(outcome([mangle, filter], .leaves, [.family(.ipv4), .udp]) == .block)
  }

  @Test func `chains run by priority, not in the order of the text`() {
    let late = table("late", chains: [chain(.output, 300, .drop, [accept(.mark(value: 1))])])
    let early = table(
      "early",
      chains: [
        chain(.output, -150, type: .route, [Rule([.udp], [.setMark(clear: .max, set: 1)], nil)])
      ])
    #expect(outcome([late, early], .leaves, [.udp]) == .pass)
    #expect(outcome([late, early], .leaves, [.tcp, .mark(value: 0)]) == .block)
  }

  @Test func `a written bit leaves the other bits as they were`() {
    let rules = table([
      chain(
        .output, 0, .drop,
        [Rule([], [.setMark(clear: 0xff00, set: 0x100)], nil), accept(.mark(value: 0x1101))])
    ])
    #expect(outcome([rules], .leaves, [.mark(value: 0x1001)]) == .block)
    #expect(outcome([rules], .leaves, [.mark(value: 0x0001)]) == .block)
    let kept = table([
      chain(
        .output, 0, .drop,
        [Rule([], [.setMark(clear: 0xff00, set: 0x100)], nil), accept(.mark(value: 0x0101))])
    ])
    #expect(outcome([kept], .leaves, [.mark(value: 0x4401)]) == .pass)
    #expect(outcome([kept], .leaves, [.mark(value: 0x4402)]) == .block)
  }

  @Test func `what a rule writes in vain is not seen`() {
    let rules = table([
      chain(
        .output, 0, .drop,
        [Rule([.udp], [.setMark(clear: .max, set: 1)], .drop), accept(.mark(value: 1))])
    ])
    #expect(outcome([rules], .leaves, [.tcp, .mark(value: 0)]) == .block)
  }

  @Test func `a limited deny lets the excess through`() {
    let limit = RuleStatement.limit(packetsPerSecond: 5)
    let deny = table([chain(.output, 0, .accept, [Rule([], [limit], .drop)])])
    #expect(outcome([deny], .leaves, [.udp]) == .either)
    let log = table([
      chain(.output, 0, .drop, [Rule([], [limit, .log(prefix: "x")], nil), accept(.udp)])
    ])
    #expect(outcome([log], .leaves, [.udp]) == .pass)
    let two = table([
      chain(.output, 0, .accept, [Rule([], [limit], .drop), Rule([], [limit], .accept), drop()])
    ])
    #expect(outcome([two], .leaves, [.udp]) == .either)
  }

  @Test func `a match that is not modelled holds or not, the same one alike`() {
    let one = Match.opaque("quota over 5 mbytes")
    let rules = table([chain(.output, 0, .drop, [accept(one), drop(one), accept(.udp)])])
    #expect(outcome([rules], .leaves, [.udp]) == .pass)
    #expect(outcome([rules], .leaves, [.tcp]) == .either)
  }
}
