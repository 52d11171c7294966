import Glibc

/// Why the kernel did not do what it was asked to.
package enum NetlinkError: Error, Equatable, Sendable {
  /// A call failed before the kernel's tables were asked: `operation` is an infinitive with its object.
  case system(operation: String, errorNumber: Int32)
  /// Nothing of the batch was done. Never empty; the first is the cause of most others.
  case refused([BatchFault])
  /// Somebody else has changed the tables since the generation that the batch was made for.
  case stale
  /// Neither acknowledged nor refused: it may have been done or not.
  case unanswered
  /// The tables changed each time while they were read.
  case restless

  /// Lower-case, one line, no full stop.
  package var message: String {
    switch self {
    case .system(let operation, let errorNumber):
      "cannot \(operation): \(text(ofError: errorNumber))"
    case .refused(let faults):
      "the kernel refused the rules: \(faults.first.map { text(ofError: $0.errorNumber) } ?? "")"
    case .stale: "the rules were changed by somebody else meanwhile"
    case .unanswered: "the kernel did not say whether it took the rules"
    case .restless: "the rules change faster than they can be read"
    }
  }
}

/// What the kernel says against one message of a batch.
package struct BatchFault: Equatable, Sendable {
  /// Among the messages between begin and end; `nil` where the batch as a whole is refused.
  package var message: Int?
  package var errorNumber: Int32
  /// In the kernel's words, where it has any.
  package var text: String?
  /// The attribute at fault, from the outermost to the one itself; empty where the kernel does not say.
  package var path: [AttributeStep]

  package init(message: Int?, errorNumber: Int32, text: String? = nil, path: [AttributeStep] = []) {
    self.message = message
    self.errorNumber = errorNumber
    self.text = text
    self.path = path
  }
}

package struct AttributeStep: Equatable, Sendable {
  package var type: UInt16
  /// Among its siblings; starts at 0.
  package var index: Int
}

/// The system's words for an error number.
package func text(ofError number: Int32) -> String {
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text)
}

/// The way to the attribute whose header stands at an offset of a message.
func attributePath(at offset: Int, in message: ArraySlice<UInt8>) -> [AttributeStep] {
  let first = Netlink.headerByteCount + Netlink.subHeaderByteCount
  guard message.count >= first, offset >= first else { return [] }
  let target = message.startIndex + offset
  var path: [AttributeStep] = []
  var level = Attributes(message.dropFirst(first))
  while true {
    var index = 0
    var found: Attribute?
    for attribute in level {
      if attribute.start <= target, target < attribute.payload.endIndex {
        found = attribute
        break
      }
      index += 1
    }
    guard let found else { return [] }
    path.append(AttributeStep(type: found.type, index: index))
    if found.start == target { return path }
    level = found.nested
  }
}
