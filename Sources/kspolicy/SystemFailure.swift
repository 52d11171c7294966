import Glibc

/// The world failed: a file, a stream, the disk.
struct SystemFailure: Error, Equatable {
  /// An infinitive: "read".
  var operation: String
  /// What it was done to, as the user wrote it.
  var object: String
  /// The system's words for it.
  var reason: String

  init(_ operation: String, _ object: String, reason: String) {
    self.operation = operation
    self.object = object
    self.reason = reason
  }

  /// Takes `errno` at once: the next call may change it.
  init(_ operation: String, _ object: String, errno number: CInt = errno) {
    self.init(operation, object, reason: SystemFailure.text(of: number))
  }

  static func text(of number: CInt) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }

  var message: String { "cannot \(operation) \(object): \(reason)" }
}
