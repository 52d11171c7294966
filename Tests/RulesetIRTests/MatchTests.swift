import PacketSpace
import RulesetIR
import Testing

/// Matches that cannot load what they compare, families that are implied, and states.
@Suite struct MatchTests {
  private func lets(_ match: Match, _ packet: [Match], and more: [PacketTest] = []) -> Outcome {
    outcome([table([chain(.forward, 0, .drop, [accept(match)])])], .forwards, packet, and: more)
  }

  private let laterFragment = PacketTest(.laterFragment, 1)

  @Test func `a port is not asked for where there is none, negated or not`() {
    #expect(lets(.to(22, isNegated: true), [.tcp], and: [laterFragment]) == .block)
    #expect(lets(.to(22, isNegated: true), [.transport([1])]) == .block)
    #expect(lets(.to(22, isNegated: true), [.tcp, .to(80)]) == .pass)
    for number: UInt8 in [6, 17, 33, 132, 136] {
      #expect(lets(.to(22), [.transport([number]), .to(22)]) == .pass, "\(number)")
    }
  }

  @Test func `a later fragment passes a deny of ports, and keeps its protocol`() {
    let rules = table([chain(.forward, 0, .accept, [Rule([.udp, .to(53)], .drop)])])
    #expect(outcome([rules], .forwards, [.udp], and: [laterFragment]) == .pass)
    #expect(lets(.udp, [.udp], and: [laterFragment]) == .pass)
    #expect(lets(.laterFragment(.ipv4), [.family(.ipv4)], and: [laterFragment]) == .pass)
    #expect(lets(.laterFragment(.ipv4), [.family(.ipv6)], and: [laterFragment]) == .block)
    #expect(
      lets(.icmpType([8]), [.family(.ipv4), .transport([1])], and: [laterFragment]) == .block)
    #expect(lets(.tcpFlags(mask: 2, value: 0), [.tcp], and: [laterFragment]) == .block)
  }

  @Test func `an address implies its family, negated or not`() {
    let lan = prefix4(0x0a00_0000, 8)
    #expect(lets(.address(.source, lan, isNegated: true), [.family(.ipv6)]) == .block)
    #expect(lets(.address(.source, lan), [.family(.ipv6)]) == .block)
    #expect(
      lets(.address(.source, lan, isNegated: true), [.address(.source, prefix4(0x0900_0000, 8))])
        == .pass)
    #expect(lets(.hopLimit(.ipv6, 255), [.family(.ipv4)]) == .block)
    #expect(lets(.icmpType([8]), [.family(.ipv6), .transport([1])]) == .block)
  }

  @Test func `ct state is a test of bits`() {
    let both = Match.ctState([.established, .related])
    #expect(lets(both, [.ctState([.related])]) == .pass)
    #expect(lets(both, [.ctState([.new])]) == .block)
    let none = Match.ctState([.established, .related], isNegated: true)
    #expect(lets(none, [.ctState([.related])]) == .block)
    #expect(lets(none, [.ctState([.untracked])]) == .pass)
    #expect(lets(.ctState([.invalid]), [.ctState([.untracked])]) == .block)
  }

  @Test func `nothing is known of a connection that conntrack does not have`() {
    let noConnection = PacketTest(.ctDirection, 2)
    let matches: [Match] = [
      .ctDirection(.original), .ctDirection(.reply), .ctProtocol(6), .ctLabel(bit: 3),
      .ctAddress(.original, .source, prefix4(0, 0)),
      .ctPort(.reply, .source, PortRange(0, .max)),
    ]
    for match in matches {
      #expect(lets(match, [.family(.ipv4)], and: [noConnection]) == .block, "\(match)")
    }
    // The state is there all the same.
    #expect(lets(.ctState([.invalid]), [.ctState([.invalid])], and: [noConnection]) == .pass)
  }

  @Test func `a label is set on connections only`() {
    let rules = table([
      chain(
        .forward, 0, .drop,
        [Rule([], [.setConntrackLabel(bit: 7)], nil), accept(.ctLabel(bit: 7))])
    ])
    #expect(outcome([rules], .forwards, [.ctDirection(.original)]) == .pass)
    #expect(outcome([rules], .forwards, [], and: [PacketTest(.ctDirection, 2)]) == .block)
  }

  @Test func `a packet without a socket has no owner`() {
    let anybody = Match.socketUser(0...UInt32.max - 1)
    let nobody = PacketTest(.user, PacketField.noOwner)
    #expect(
      outcome([table([chain(.output, 0, .drop, [accept(anybody)])])], .leaves, [anybody]) == .pass)
    #expect(
      outcome([table([chain(.output, 0, .drop, [accept(anybody)])])], .leaves, [], and: [nobody])
        == .block)
    // A deny by owner lets late packets of a closed socket pass.
    #expect(
      outcome(
        [table([chain(.output, 0, .accept, [drop(.socketUser(0...0))])])], .leaves, [],
        and: [nobody])
        == .pass)
  }

  @Test func `the name of no interface is empty, its type cannot be asked for`() {
    let noInput = PacketTest(.inputInterface, .noInterface)
    let rules = table([chain(.postrouting, 0, .drop, [accept(.in("eth0", isNegated: true))])])
    #expect(outcome([rules], .postrouting, [], and: [noInput]) == .pass)
    let typed = table([
      chain(.postrouting, 0, .drop, [accept(.deviceType(.input, 1, isNegated: true))])
    ])
    #expect(outcome([typed], .postrouting, [], and: [noInput]) == .block)
    let local = table([chain(.postrouting, 0, .drop, [accept(.notReceived)])])
    #expect(outcome([local], .postrouting, [], and: [noInput]) == .pass)
    #expect(outcome([local], .postrouting, [.in("eth0")]) == .block)
  }

  @Test func `what a packet came in by is not known in output, and its way out not before routing`()
  {
    let output = table([chain(.output, 0, .drop, [accept(.in("wg0"))])])
    #expect(outcome([output], .leaves, [.in("wg0")]) == .block)
    let unknown = table([chain(.output, 0, .accept, [drop(.in("wg0"))])])
    #expect(outcome([unknown], .leaves, [.in("wg0")]) == .pass)
    let early = table([chain(.prerouting, 0, .drop, [accept(.out("wg0"))])])
    #expect(outcome([early], .forwards, [.out("wg0")]) == .block)
  }

  @Test func `a prefix of names is no name`() {
    let pattern = Match.interface(.output, InterfacePattern("wg", isPrefix: true))
    #expect(lets(pattern, [.out("wg0")]) == .pass)
    #expect(lets(pattern, [.out("wg")]) == .pass)
    #expect(lets(.out("wg"), [.out("wg0")]) == .block)
    #expect(lets(.out("wg"), [pattern]) == .either)
  }

  @Test func `a full mark is not a masked one`() {
    #expect(lets(.mark(value: 1), [.mark(value: 0x101)]) == .block)
    #expect(lets(.mark(value: 1, mask: 0xff), [.mark(value: 0x101)]) == .pass)
    #expect(lets(.mark(value: 2, mask: 1), [.mark(value: 2)]) == .block, "no mark has it")
  }

  @Test func `a set says what is in it`() {
    let sets = [
      NamedSet(name: "hosts", elements: .ipv4([1, 5]), size: 16),
      NamedSet(name: "ranges", elements: .ipv4Ranges([IPv4Range(10, 20)]), size: nil),
      // Prefixes of 28 bits, as they are behind the mask; 33 is behind none.
      NamedSet(name: "masked", elements: .ipv4([0, 16, 33]), size: 16),
      NamedSet(name: "empty", elements: .ipv4([]), size: 16),
    ]
    func lets(_ name: String, _ mask: Int?, _ address: UInt32) -> Outcome {
      let match = Match.address(.source, .set(name: name, family: .ipv4, maskLength: mask))
      let rules = table([chain(.forward, 0, .drop, [accept(match)])], sets: sets)
      return outcome([rules], .forwards, [.address(.source, prefix4(address, 32))])
    }
    #expect([0, 1, 2, 5].map { lets("hosts", nil, $0) } == [.block, .pass, .block, .pass])
    #expect([9, 10, 20, 21].map { lets("ranges", nil, $0) } == [.block, .pass, .pass, .block])
    #expect(
      [0, 15, 16, 31, 32, 33, 40].map { lets("masked", 28, $0) }
        == [.pass, .pass, .pass, .pass, .block, .block, .block])
    #expect(lets("empty", nil, 1) == .block)
    #expect(lets("not there", nil, 1) == .block)
  }

  @Test func `a set of IPv6 prefixes says what is behind the mask, to the last address`() {
    let last = UInt128.max & ~0xff
    let set = NamedSet(name: "masked", elements: .ipv6([0, last, last + 1]), size: 16)
    let match = Match.address(.source, .set(name: "masked", family: .ipv6, maskLength: 120))
    let rules = table([chain(.forward, 0, .drop, [accept(match)])], sets: [set])
    let cases: [(UInt128, Outcome)] = [
      (0, .pass), (255, .pass), (256, .block), (last - 1, .block), (last, .pass), (.max, .pass),
    ]
    for (address, expected) in cases {
      let single = AddressOperand.prefix(
        Prefix(IPAddress(family: .ipv6, bits: address), length: 128))
      #expect(outcome([rules], .forwards, [.address(.source, single)]) == expected, "\(address)")
    }
  }
}
