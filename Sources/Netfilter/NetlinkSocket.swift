import Glibc

/// A conversation with the kernel about the tables of one network namespace.
///
/// The kernel answers before a send returns, so nothing here waits for long; should that ever be otherwise, a
/// receive gives up after some seconds.
package struct NetlinkSocket: ~Copyable {
  private let descriptor: CInt

  package init(in namespace: NetworkNamespace = .own) throws(NetlinkError) {
    let descriptor = try openSocket(in: namespace)
    configure(descriptor)
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  // MARK: Transactions

  /// Sends a batch and waits for the kernel's word on it.
  ///
  /// Returns only when the kernel has acknowledged it: no error is not yet success, since the kernel drops a batch
  /// that is cut short without a word.
  package func send(_ batch: FinishedBatch) throws(NetlinkError) {
    try transmit(batch.bytes, operation: "send the rules to the kernel")
    var answers = BatchAnswers(batch)
    var hasLost = false
    var mayWait = true
    while true {
      switch try receive(waits: mayWait && !answers.isDecided) {
      case .messages(let bytes):
        for message in Messages(bytes[...]) { answers.take(message) }
      case .lost: hasLost = true
      case .nothing:
        if answers.isDecided || !mayWait || hasLost { return try answers.conclude() }
        mayWait = false
      }
    }
  }

  /// The number that every transaction of anybody in the namespace changes.
  package func generation() throws(NetlinkError) -> UInt32 {
    var buffer = MessageBuffer()
    buffer.message(.getGeneration, [.request], family: 0, sequence: 1) { _ in }
    try transmit(buffer.bytes, operation: "ask for the generation of the rules")
    while true {
      guard case .messages(let bytes) = try receive(waits: true) else {
        throw .system(operation: "ask for the generation of the rules", errorNumber: ETIMEDOUT)
      }
      for message in Messages(bytes[...]) where message.sequence == 1 {
        if let number = message.errorNumber, number != 0 {
          throw .system(operation: "ask for the generation of the rules", errorNumber: number)
        }
        let attribute = message.attributes.first { $0.type == generationIDAttribute }
        if message.tableMessage == .newGeneration, let number = attribute?.number32 {
          return number
        }
      }
    }
  }

  // MARK: Dumps

  /// Everything of a kind, message by message.
  ///
  /// - Parameters:
  ///   - family: `NFPROTO_*`; 0 for all.
  ///   - body: narrows what is asked for.
  /// - Returns: whether the tables stayed the same meanwhile. The kernel does not say so of elements, but each of
  ///   its messages carries half of the generation.
  package func dump(
    _ request: TableMessage, family: UInt8, what: String, _ body: (inout MessageBuffer) -> Void,
    each: (Message) -> Void
  ) throws(NetlinkError) -> Bool {
    var buffer = MessageBuffer()
    buffer.message(request, [.request, .dump], family: family, sequence: 1, body)
    try transmit(buffer.bytes, operation: "read \(what)")
    var isSteady = true
    var generation: UInt16?
    while true {
      guard case .messages(let bytes) = try receive(waits: true) else {
        throw .system(operation: "read \(what)", errorNumber: ETIMEDOUT)
      }
      for message in Messages(bytes[...]) where message.sequence == 1 {
        if message.flags.contains(.dumpInterrupted) { isSteady = false }
        if message.type == Netlink.done || message.type == Netlink.error {
          if let number = message.errorNumber, number != 0 {
            throw .system(operation: "read \(what)", errorNumber: number)
          }
          return isSteady
        }
        if let generation, generation != message.generation { isSteady = false }
        generation = message.generation
        each(message)
      }
    }
  }

  // MARK: Bytes

  private enum Received {
    case messages([UInt8])
    /// The kernel had to drop answers.
    case lost
    case nothing
  }

  private func transmit(_ bytes: [UInt8], operation: String) throws(NetlinkError) {
    // A batch is one datagram. The kernel takes it when it is smaller than the buffer by some bytes.
    setOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, CInt(clamping: bytes.count + 4096))
    var sent = -1
    repeat {
      sent = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, 0)
      }
    } while sent < 0 && errno == EINTR
    if sent == bytes.count { return }
    throw .system(operation: operation, errorNumber: sent < 0 ? errno : EMSGSIZE)
  }

  private func receive(waits: Bool) throws(NetlinkError) -> Received {
    // The kernel fills 32 KiB of a dump at once, if it may; one answer to a batch is far smaller.
    let capacity = 1 << 16
    while true {
      var status = 0
      var sender = (UInt64(0), UInt32(0))
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        var length = socklen_t(12)
        status = unsafe withUnsafeMutablePointer(to: &sender) { sender in
          unsafe sender.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
            unsafe recvfrom(
              descriptor, buffer.baseAddress, capacity, waits ? 0 : CInt(MSG_DONTWAIT),
              sender, &length)
          }
        }
        count = max(status, 0)
      }
      if status < 0 {
        switch errno {
        case EINTR: continue
        case EAGAIN: return .nothing
        case ENOBUFS: return .lost
        default: throw .system(operation: "receive from the kernel", errorNumber: errno)
        }
      }
      // The port is the upper half of the first eight bytes of `struct sockaddr_nl`; the kernel's is 0.
      if UInt32(truncatingIfNeeded: sender.0.littleEndian >> 32) == 0 { return .messages(bytes) }
    }
  }
}

private func configure(_ descriptor: CInt) {
  // Answers without what they are about, and with where in it the fault is.
  setOption(descriptor, Netlink.socketLevel, Netlink.capAcknowledgements, 1)
  setOption(descriptor, Netlink.socketLevel, Netlink.extendedAcknowledgements, 1)
  // Each message that is wrong is answered by one of its own.
  setOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
  var limit = timeval(tv_sec: 10, tv_usec: 0)
  _ = unsafe setsockopt(
    descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
}

/// What fails here only makes answers shorter, or is said again by the send.
private func setOption(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt) {
  var value = value
  _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
}
