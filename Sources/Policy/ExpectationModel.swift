package import PacketSpace

package enum ExpectedProtocol: Equatable, Sendable {
  case transport(TransportProtocol)
  case icmp
  case icmpv6
  case proto(UInt8)
}

package enum ExpectedInterface: Equatable, Sendable {
  case interface(InterfacePattern)
  case everyUplink
}

package enum ConntrackState: String, CaseIterable, Sendable {
  case new, established, related, invalid
}

package struct Expectation: Equatable, Sendable {
  package var isPass: Bool
  package var protocolName: ExpectedProtocol?
  package var from: AddressSet?
  package var to: AddressSet?
  package var port: PortSet?
  package var sourcePort: PortSet?
  package var selectors: Selectors
  package var inInterface: ExpectedInterface?
  package var outInterface: ExpectedInterface?
  package var state: ConntrackState?
  package var isReply: Bool
  package var origin: Origin

  package init(isPass: Bool, origin: Origin) {
    self.isPass = isPass
    self.origin = origin
    protocolName = nil
    from = nil
    to = nil
    port = nil
    sourcePort = nil
    selectors = Selectors()
    inInterface = nil
    outInterface = nil
    state = nil
    isReply = false
  }
}

package struct AcceptedRisk: Equatable, Sendable {
  package var id: String
  /// The first interface or the name of the block; `nil`: all.
  package var block: String?
  package var because: String
  package var origin: Origin

  package init(id: String, block: String?, because: String, origin: Origin) {
    self.id = id
    self.block = block
    self.because = because
    self.origin = origin
  }
}
