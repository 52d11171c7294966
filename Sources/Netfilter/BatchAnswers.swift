import Glibc

/// What the kernel has said about a batch so far.
struct BatchAnswers {
  private let batch: FinishedBatch
  private var faults: [BatchFault] = []
  private var isAcknowledged = false

  init(_ batch: FinishedBatch) {
    self.batch = batch
  }

  /// An error under any number decides: without CAP_NET_ADMIN the kernel answers the begin message and no other.
  var isDecided: Bool { isAcknowledged || !faults.isEmpty }

  mutating func take(_ message: Message) {
    guard message.type == Netlink.error, let number = message.errorNumber,
      let subject = message.subject
    else { return }
    if number == 0 {
      // A batch without messages of its own has only its end to be acknowledged.
      if Int(subject.sequence) >= batch.starts.count - 1 { isAcknowledged = true }
      return
    }
    let index = Int(subject.sequence) - 1
    let isMessage = (0..<(batch.starts.count - 1)).contains(index)
    var fault = BatchFault(message: isMessage ? index : nil, errorNumber: number)
    for attribute in subject.attributes {
      switch attribute.type {
      case 1: fault.text = attribute.string  // NLMSGERR_ATTR_MSG
      case 2 where attribute.payload.count == 4 && isMessage:  // NLMSGERR_ATTR_OFFS, in host order
        let offset = hostNumber32(attribute.payload, at: attribute.payload.startIndex)
        fault.path = attributePath(at: Int(offset), in: batch.bytes(ofMessage: index))
      default: break
      }
    }
    faults.append(fault)
  }

  func conclude() throws(NetlinkError) {
    if faults.contains(where: { $0.message == nil && $0.errorNumber == ERESTART }) { throw .stale }
    if !faults.isEmpty { throw .refused(faults) }
    if !isAcknowledged { throw .unanswered }
  }
}

extension Message {
  /// In an answer: 0 for done, else an `errno`; `nil` in other messages.
  var errorNumber: Int32? {
    guard type == Netlink.error || type == Netlink.done, payload.count >= 4 else { return nil }
    let number = Int32(bitPattern: hostNumber32(payload, at: payload.startIndex))
    // A dump ends with a count or with a negative error.
    return number < 0 ? -number : 0
  }

  /// In an answer: the number of the message that it is about, and what is said of it.
  fileprivate var subject: (sequence: UInt32, attributes: Attributes)? {
    guard payload.count >= 4 + Netlink.headerByteCount else { return nil }
    let header = payload.startIndex + 4
    let sequence = hostNumber32(payload, at: header + 8)
    guard flags.contains(.acknowledgementAttributes) else { return (sequence, Attributes([])) }
    let repeated =
      flags.contains(.capped) ? Netlink.headerByteCount : Int(hostNumber32(payload, at: header))
    return (sequence, Attributes(payload.dropFirst(4 + (repeated + 3) & ~3)))
  }
}
