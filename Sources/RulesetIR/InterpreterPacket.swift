package import PacketSpace

/// One packet: a value for everything that a match can compare.
///
/// Values that the packet cannot have (a port of ICMP, an interface before routing) are there and never
/// looked at.
package struct ConcretePacket: Equatable, Sendable {
  package struct Device: Hashable, Sendable {
    package var name: String
    /// An `ARPHRD_*` number (linux/if_arp.h).
    package var type: UInt16

    package init(name: String, type: UInt16 = 1) {
      self.name = name
      self.type = type
    }
  }

  package struct Tuple: Equatable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    package var sourcePort: UInt16
    package var destinationPort: UInt16

    package init(
      source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16
    ) {
      self.source = source
      self.destination = destination
      self.sourcePort = sourcePort
      self.destinationPort = destinationPort
    }
  }

  /// What conntrack knows of the packet's connection.
  package struct Connection: Equatable, Sendable {
    package var direction: ConntrackDirection
    package var transport: UInt8
    package var original: Tuple
    package var reply: Tuple
    /// The bits of the label that are set.
    package var labels: Set<UInt8> = []

    package init(
      direction: ConntrackDirection, transport: UInt8, original: Tuple, reply: Tuple
    ) {
      self.direction = direction
      self.transport = transport
      self.original = original
      self.reply = reply
    }
  }

  /// The family of all its addresses.
  package let family: AddressFamily
  /// `nil`: received from no device, or leaving by none.
  package var input: Device?
  package var output: Device?
  package var source: IPAddress
  package var destination: IPAddress
  package var transport: UInt8 = 17
  package var sourcePort: UInt16 = 0
  package var destinationPort: UInt16 = 0
  /// ICMP or ICMPv6.
  package var icmpType: UInt8 = 0
  package var tcpFlags: UInt8 = 0
  package var hopLimit: UInt8 = 64
  package var isLaterFragment = false
  package var mark: UInt32 = 0
  package var state: StateBit = .new
  package var connection: Connection?
  /// `nil`: no socket is attached, or it has no owner any more.
  package var user: UInt32?
  package var group: UInt32?
  /// The control groups that its socket is in, with those above them.
  package var cgroups: Set<String> = []
  /// The sets filled by rules that its address and port are in, by name.
  package var asked: Set<String> = []
  /// The texts of what is not modelled and holds for it.
  package var opaque: Set<String> = []

  package init(source: IPAddress, destination: IPAddress) {
    precondition(source.family == destination.family, "a packet has addresses of one family")
    family = source.family
    self.source = source
    self.destination = destination
  }
}
