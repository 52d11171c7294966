import PacketSpace

/// What an example should be like.
enum PacketWish {
  /// Fulfils these tests, the most wished for first.
  case tests([PacketTest])
  /// Differs from this packet as little as can be.
  case like(PacketWitness)
}

extension PacketUniverse {
  /// The packets of the set that are left by those of the conditions that matter: none exactly when no packet of the set
  /// fulfils all of them.
  ///
  /// Only the conditions that some packet of the set breaks are asked for, one packet after the other: all of them at
  /// once would make diagrams a hundred times as large.
  mutating func narrowing(
    _ set: PacketSet, to conditions: inout PacketConditions
  ) -> PacketSet {
    var remaining = set
    while let vector = vector(in: remaining) {
      let broken = conditions.broken(by: vector, in: &self)
      if broken.isEmpty || isExhausted { break }
      for holds in broken { remaining = intersection(remaining, holds) }
    }
    return remaining
  }

  /// A packet of the set that fulfils all conditions, as near to what is wished for as can be.
  ///
  /// Of the packets that are most wished for there are few, so that conditions cost little there; only where none of these
  /// can exist, the whole set is narrowed by what they broke.
  mutating func witness(
    of set: PacketSet, where conditions: inout PacketConditions, _ wish: PacketWish
  ) -> PacketWitness? {
    var remaining = narrowing(set, to: &conditions)
    while !remaining.isEmpty {
      var nearest = narrowing(remaining, to: wish)
      var outside: [PacketSet] = []
      while let (vector, packet) = example(of: nearest, like: wish) {
        let broken = conditions.broken(by: vector, in: &self)
        if broken.isEmpty || isExhausted {
          return withOneConnection(packet, of: set, where: &conditions)
        }
        outside += broken
        for holds in broken { nearest = intersection(nearest, holds) }
      }
      for holds in outside { remaining = intersection(remaining, holds) }
    }
    return nil
  }

  /// The packet with its connection's addresses and ports as its header says, where it can have them.
  private mutating func withOneConnection(
    _ packet: PacketWitness, of set: PacketSet, where conditions: inout PacketConditions
  ) -> PacketWitness {
    var result = packet
    if packet.isRelated { return result }
    for (field, source) in packet.connectionFields {
      guard let old = packet.values[field], let new = packet.values[source], old != new else {
        continue
      }
      var changed = result
      changed.values[field] = new
      guard let vector = vector(of: changed), contains(vector, in: set) else { continue }
      if conditions.broken(by: vector, in: &self).isEmpty { result = changed }
    }
    return result
  }

  private mutating func narrowing(_ set: PacketSet, to wish: PacketWish) -> PacketSet {
    switch wish {
    case .tests(let tests): return narrowingConnection(narrowing(set, to: tests))
    case .like(let packet):
      var narrowed = set
      for field in PacketWitness.byImportance(packet.values.keys) {
        let alike = sharing(field, of: packet)
        let nearer = intersection(narrowed, alike)
        if !nearer.isEmpty { narrowed = nearer }
      }
      return narrowed
    }
  }

  /// The packets of the set whose connection is what their header says; errors are about another packet.
  private mutating func narrowingConnection(_ set: PacketSet) -> PacketSet {
    guard let packet = witness(set, preferring: PacketExpression.ordinary) else { return set }
    if packet.isRelated {
      return narrowing(set, to: PacketExpression.aboutConnection)
    }
    var narrowed = set
    for (field, source) in packet.connectionFields where packet.values[source] != nil {
      var wish = packet
      wish.values[field] = packet.values[source]
      let alike = sharing(field, of: wish)
      let nearer = intersection(narrowed, alike)
      if !nearer.isEmpty { narrowed = nearer }
    }
    return narrowed
  }

  private mutating func example(
    of set: PacketSet, like wish: PacketWish
  ) -> (PacketVector, PacketWitness)? {
    switch wish {
    case .tests(let tests):
      let nearest = narrowing(set, to: tests)
      return vector(in: nearest).map { ($0, packet($0, preferring: tests)) }
    case .like(let packet):
      let tests = PacketExpression.ordinary
      let nearest = narrowing(set, to: tests)
      guard let vector = vector(in: nearest) else { return nil }
      var near = self.packet(vector, preferring: tests)
      // Of values that no test tells apart, the same one.
      for field in near.values.keys where contains(packet, like: near, field) {
        near.values[field] = packet.values[field]
      }
      return (vector, near)
    }
  }

  private mutating func contains(
    _ packet: PacketWitness, like other: PacketWitness, _ field: PacketField
  ) -> Bool {
    guard packet.values[field] != nil else { return false }
    let alike = sharing(field, of: packet)
    return contains(other, in: alike) == true
  }
}

extension PacketWitness {
  fileprivate var isRelated: Bool {
    number(.ctState) == UInt128(PacketCTState.related.rawValue)
  }

  /// What the connection knows, and where in a header of one of its packets it stands.
  fileprivate var connectionFields: [(PacketField, PacketField)] {
    let family: AddressFamily = number(.family) == 1 ? .ipv6 : .ipv4
    let isReply = number(.ctDirection) == 1
    let client: PacketField = isReply ? .destination(family) : .source(family)
    let server: PacketField = isReply ? .source(family) : .destination(family)
    let clientPort: PacketField = isReply ? .destinationPort : .sourcePort
    let serverPort: PacketField = isReply ? .sourcePort : .destinationPort
    return [
      (.ctOriginalSource(family), client), (.ctOriginalDestination(family), server),
      (.ctReplySource(family), server), (.ctReplyDestination(family), client),
      (.ctOriginalSourcePort, clientPort), (.ctOriginalDestinationPort, serverPort),
      (.ctReplySourcePort, serverPort), (.ctReplyDestinationPort, clientPort),
      (.ctProtocol, .transport),
    ]
  }

  /// What makes a packet another one to who reads it comes first; what only the kernel knows, last.
  fileprivate static func byImportance(
    _ fields: Dictionary<PacketField, Value>.Keys
  ) -> [PacketField] {
    fields.sorted { ($0.importance, $0) < ($1.importance, $1) }
  }
}

extension PacketField {
  fileprivate var importance: Int {
    switch self {
    case .family, .transport, .laterFragment: 0
    case .inputInterface, .outputInterface, .inputType, .outputType: 1
    case .destination, .destinationPort, .icmpType: 2
    case .source, .ctState, .ctDirection, .origin: 3
    case .mark, .user, .group, .cgroup: 4
    case .sourcePort, .tcpFlags, .hopLimit, .opaque, .asked: 5
    case .ctMark, .ctLabel, .ctProtocol, .ctOriginalSource, .ctOriginalDestination, .ctReplySource,
      .ctReplyDestination, .ctOriginalSourcePort, .ctOriginalDestinationPort, .ctReplySourcePort,
      .ctReplyDestinationPort:
      6
    }
  }
}
