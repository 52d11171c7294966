/// A transaction of nf_tables under construction; it is sent as a whole or not at all.
package struct NetlinkBatch: ~Copyable {
  private var buffer = MessageBuffer()
  /// Where each message begins, that of the beginning included.
  private var starts: [Int] = [0]

  /// - Parameter generation: the one that the batch was made for: when the kernel has another, it refuses.
  package init(generation: UInt32?) {
    buffer.message(
      type: BatchMessage.begin, [.request], family: 0, resource: TableMessage.subsystem, sequence: 0
    ) { body in
      if let generation { body.put(BatchMessage.generationAttribute, generation) }
    }
  }

  /// How many messages there are between begin and end.
  package var count: Int { starts.count - 1 }

  package mutating func append(
    _ type: TableMessage, _ flags: MessageFlags, family: UInt8,
    _ body: (inout MessageBuffer) -> Void
  ) {
    starts.append(buffer.bytes.count)
    buffer.message(
      type, [.request, flags], family: family, sequence: UInt32(starts.count - 1), body)
  }

  /// Room for what comes, so that a big batch is not copied while it grows.
  package mutating func reserve(byteCount: Int) {
    buffer.reserve(byteCount)
  }

  /// - Parameter commits: without its end message the kernel works through the batch, says what is wrong with it,
  ///   and does nothing.
  package consuming func finish(commits: Bool = true) -> FinishedBatch {
    // Older kernels do not acknowledge the end, so that the last message asks as well; the answer to it
    // is sent when all is done.
    if let last = starts.dropFirst().last { buffer.askForAcknowledgement(at: last) }
    if commits {
      buffer.message(
        type: BatchMessage.end, [.request, .acknowledge], family: 0,
        resource: TableMessage.subsystem, sequence: UInt32(starts.count)
      ) { _ in }
    }
    return FinishedBatch(bytes: buffer.bytes, starts: starts, commits: commits)
  }
}

extension MessageBuffer {
  fileprivate mutating func askForAcknowledgement(at start: Int) {
    setFlag(MessageFlags.acknowledge, at: start)
  }
}

/// A batch that nothing can be added to.
package struct FinishedBatch: Sendable {
  package let bytes: [UInt8]
  let starts: [Int]
  let commits: Bool

  /// The messages between begin and end.
  package var messages: [Message] {
    Messages(bytes[...]).filter { $0.tableMessage != nil }
  }

  func bytes(ofMessage index: Int) -> ArraySlice<UInt8> {
    let start = starts[index + 1]
    let end = index + 2 < starts.count ? starts[index + 2] : bytes.count
    return bytes[start..<end]
  }
}
