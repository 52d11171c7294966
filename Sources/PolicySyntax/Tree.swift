package import PolicyDiagnostics

/// A policy file as written: what does not parse is reported and left out.
package struct PolicyFile: Equatable, Sendable {
  package var statements: [Statement]

  package init(statements: [Statement]) {
    self.statements = statements
  }
}

/// A word of the source and where it stands.
package struct Name: Hashable, Sendable {
  package var text: String
  package var range: SourceRange

  package init(_ text: String, _ range: SourceRange) {
    self.text = text
    self.range = range
  }
}

/// The value of a string literal, its escapes resolved; the range includes the quotes.
package struct StringLiteral: Hashable, Sendable {
  package var text: String
  package var range: SourceRange

  package init(_ text: String, _ range: SourceRange) {
    self.text = text
    self.range = range
  }
}

/// A value whose kind the resolver decides from where it stands.
package struct Value: Equatable, Sendable {
  package var kind: ValueKind
  package var range: SourceRange

  package init(_ kind: ValueKind, _ range: SourceRange) {
    self.kind = kind
    self.range = range
  }
}

package enum ValueKind: Equatable, Sendable {
  /// A bare word: a definition's name, an interface, a user, a built-in range.
  case word(String)
  /// A quoted string: always a name, never a keyword or a definition.
  case string(String)
  /// A bare word or string that ends in `*`; the text is without it.
  case pattern(String)
  /// Decimal or `0x` hexadecimal, at most 64 bits.
  case number(UInt64)
  /// `a-b` of two numbers.
  case numberRange(UInt64, UInt64)
  /// An address, a prefix `a/n` or a range `a-b` of addresses, as written and not yet checked.
  case address(String)
  /// `{ a, b }`; never empty.
  case set([Value])
}

/// Values separated by commas; never empty. They mean their union.
package struct ValueList: Equatable, Sendable {
  package var values: [Value]
  package var range: SourceRange

  package init(_ values: [Value], _ range: SourceRange) {
    self.values = values
    self.range = range
  }
}

package struct Statement: Equatable, Sendable {
  package var kind: StatementKind
  /// The word that begins the statement.
  package var keyword: SourceRange
  /// The whole statement, its block included.
  package var range: SourceRange

  package init(_ kind: StatementKind, keyword: SourceRange, range: SourceRange) {
    self.kind = kind
    self.keyword = keyword
    self.range = range
  }
}

package enum StatementKind: Equatable, Sendable {
  /// Always a number.
  case language(Value)
  /// Any bare word; the resolver checks its form.
  case policy(Name)
  case include(StringLiteral)
  case define(Name, Definition)
  case confine([SubjectNode])
  case tunnel(ValueList, [TunnelLine])
  case uplink(ValueList)
  case lan(ValueList, [LANLine])
  case forward(ValueList, [ForwardLine])
  case bypass(Name, [BypassLine])
  case host([HostLine])
  case blocked(BlockedNode)
  /// `guard` by itself or as a line of `host`, which says the same.
  case guardFrames
  case expect(ExpectNode)
  case acceptRisk(AcceptRiskNode)
}

package enum Definition: Equatable, Sendable {
  case values(ValueList)
  /// `= file "PATH"`
  case file(StringLiteral)
}

package enum SubjectNode: Equatable, Sendable {
  case user(Value)
  case group(Value)
  case cgroup(StringLiteral)
  /// `from IFACE` or `from ADDRS`; the value tells which.
  case from(Value)

  package var range: SourceRange {
    switch self {
    case .user(let value), .group(let value), .from(let value): value.range
    case .cgroup(let path): path.range
    }
  }
}

/// `tcp 22, 443, udp 53`; never empty.
package struct ServiceNode: Equatable, Sendable {
  package var items: [ServiceItem]
  package var range: SourceRange

  package init(_ items: [ServiceItem], _ range: SourceRange) {
    self.items = items
    self.range = range
  }
}

package enum TransportKeyword: String, CaseIterable, Sendable {
  case tcp, udp, sctp
}

package enum ServiceItem: Equatable, Sendable {
  case any(SourceRange)
  /// The range is the keyword's.
  case ports(TransportKeyword, ValueList, SourceRange)
  /// `icmp` or `icmp TYPE`: a number, a range of numbers or a word.
  case icmp(Value?, SourceRange)
  case icmpv6(Value?, SourceRange)
  case proto(Value, SourceRange)
}

/// `mark M`, `user U`, `group G`, `cgroup "PATH"`: all that are written must hold.
package struct SelectorNodes: Equatable, Sendable {
  package var mark: Value?
  package var user: Value?
  package var group: Value?
  package var cgroup: StringLiteral?

  package init(
    mark: Value? = nil, user: Value? = nil, group: Value? = nil, cgroup: StringLiteral? = nil
  ) {
    self.mark = mark
    self.user = user
    self.group = group
    self.cgroup = cgroup
  }

  package var isEmpty: Bool { mark == nil && user == nil && group == nil && cgroup == nil }
}

package struct TunnelLine: Equatable, Sendable {
  package var kind: TunnelLineKind
  package var keyword: SourceRange
  package var range: SourceRange

  package init(_ kind: TunnelLineKind, keyword: SourceRange, range: SourceRange) {
    self.kind = kind
    self.keyword = keyword
    self.range = range
  }
}

package enum TunnelLineKind: Equatable, Sendable {
  /// One of `Keyword.tunnelKinds`.
  case kind(Name)
  case endpoint(EndpointNode)
  case address(ValueList)
  case inner(ValueList)
  case dns(ValueList)
  case `in`(ServiceNode)
  case out(ServiceNode, to: ValueList?)
}

package struct EndpointNode: Equatable, Sendable {
  /// Addresses, or string values: host names.
  package var addresses: ValueList
  /// `nil` where the line names none; the resolver reports it.
  package var service: ServiceItem?
  package var selectors: SelectorNodes
  package var anyProcess: SourceRange?
  package var via: Value?

  package init(
    addresses: ValueList, service: ServiceItem?, selectors: SelectorNodes,
    anyProcess: SourceRange? = nil, via: Value? = nil
  ) {
    self.addresses = addresses
    self.service = service
    self.selectors = selectors
    self.anyProcess = anyProcess
    self.via = via
  }
}

package struct LANLine: Equatable, Sendable {
  package var kind: LANLineKind
  package var keyword: SourceRange
  package var range: SourceRange

  package init(_ kind: LANLineKind, keyword: SourceRange, range: SourceRange) {
    self.kind = kind
    self.keyword = keyword
    self.range = range
  }
}

package enum LANLineKind: Equatable, Sendable {
  /// The range is that of the word `public`.
  case network(ValueList, isPublic: SourceRange?)
  case out(ServiceNode, SelectorNodes)
  case dns(ValueList)
  case `in`(ServiceNode, fromAny: SourceRange?)
  /// Each one of `Keyword.multicastProtocols`.
  case multicast([Name])
  case broadcast(ServiceNode)
}

package struct ForwardLine: Equatable, Sendable {
  package var kind: ForwardLineKind
  package var keyword: SourceRange
  package var range: SourceRange

  package init(_ kind: ForwardLineKind, keyword: SourceRange, range: SourceRange) {
    self.kind = kind
    self.keyword = keyword
    self.range = range
  }
}

package enum ForwardLineKind: Equatable, Sendable {
  /// A missing service is allowed only towards a tunnel; the resolver reports it.
  ///
  /// The parser lets only `.interface` go without one, and never makes `.any` here.
  case to(ForwardPeer, ServiceNode?)
  case from(ForwardPeer, ServiceNode)
  case among
  case dhcpServer
  case masquerade
}

package enum ForwardPeer: Equatable, Sendable {
  case lan(SourceRange)
  case any(SourceRange)
  case host(SourceRange)
  case interface(Value)

  package var range: SourceRange {
    switch self {
    case .lan(let range), .any(let range), .host(let range): range
    case .interface(let value): value.range
    }
  }
}

package struct BypassLine: Equatable, Sendable {
  package var kind: BypassLineKind
  package var keyword: SourceRange
  package var range: SourceRange

  package init(_ kind: BypassLineKind, keyword: SourceRange, range: SourceRange) {
    self.kind = kind
    self.keyword = keyword
    self.range = range
  }
}

package enum BypassLineKind: Equatable, Sendable {
  case subjects([SubjectNode])
  case mark(Value)
  /// `nil` addresses: `to any`.
  case to(ValueList?, ServiceNode)
  case via(Value)
  case because(StringLiteral)
}

package struct HostLine: Equatable, Sendable {
  package var kind: HostLineKind
  package var range: SourceRange

  package init(_ kind: HostLineKind, range: SourceRange) {
    self.kind = kind
    self.range = range
  }
}

package enum HostLineKind: Equatable, Sendable {
  case dhcp
  case dhcp6
  case ndp
  case igmp
  case ping
  case ntp(ValueList)
}

package struct BlockedNode: Equatable, Sendable {
  package var isReject: Bool
  package var logPrefix: StringLiteral?
  package var ratePerSecond: Value?

  package init(isReject: Bool, logPrefix: StringLiteral? = nil, ratePerSecond: Value? = nil) {
    self.isReject = isReject
    self.logPrefix = logPrefix
    self.ratePerSecond = ratePerSecond
  }
}

package struct ExpectNode: Equatable, Sendable {
  package var isPass: Bool
  package var protocolName: ExpectProtocol?
  package var from: Value?
  package var to: Value?
  package var port: Value?
  package var sourcePort: Value?
  package var selectors: SelectorNodes
  package var inInterface: Value?
  package var outInterface: Value?
  /// One of `Keyword.states`.
  package var state: Name?
  package var reply: SourceRange?

  package init(
    isPass: Bool, protocolName: ExpectProtocol? = nil, from: Value? = nil, to: Value? = nil,
    port: Value? = nil, sourcePort: Value? = nil, selectors: SelectorNodes = SelectorNodes(),
    inInterface: Value? = nil, outInterface: Value? = nil, state: Name? = nil,
    reply: SourceRange? = nil
  ) {
    self.isPass = isPass
    self.protocolName = protocolName
    self.from = from
    self.to = to
    self.port = port
    self.sourcePort = sourcePort
    self.selectors = selectors
    self.inInterface = inInterface
    self.outInterface = outInterface
    self.state = state
    self.reply = reply
  }
}

package enum ExpectProtocol: Equatable, Sendable {
  case transport(TransportKeyword, SourceRange)
  case icmp(SourceRange)
  case icmpv6(SourceRange)
  case proto(Value)
}

package struct AcceptRiskNode: Equatable, Sendable {
  package var id: Name
  /// The first interface or the name of the block that is meant; `nil` for all.
  package var block: Value?
  package var because: StringLiteral

  package init(id: Name, block: Value?, because: StringLiteral) {
    self.id = id
    self.block = block
    self.because = because
  }
}
