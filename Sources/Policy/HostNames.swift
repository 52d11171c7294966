import PacketSpace
import PolicyDiagnostics

enum LockState {
  case unread
  /// There is none.
  case missing
  case read(LockFile, FileID)
}

extension Resolver {
  /// The locked addresses of a host name; reports a name without usable ones.
  mutating func addresses(ofHost name: String, at range: SourceRange) -> AddressSet? {
    let name = name.lowercased()
    if let fault = hostNameFault(name) {
      report(.invalidHostName, "\(quoted(name)) is no host name: \(fault)", at: range)
      return nil
    }
    readLock(at: range)
    guard case .read(let lock, let file) = lock, let entry = lock.entries[name] else {
      reportUnlocked(name, at: range)
      return nil
    }
    for unusable in UnusableRange.allCases {
      guard let address = entry.addresses.intersection(unusable.addresses).first else { continue }
      report(unusable.noun, address, of: name, at: range, entry, in: file)
      return nil
    }
    if let address = entry.addresses.intersection(BuiltInRange.local).first {
      report("no public address", address, of: name, at: range, entry, in: file)
      return nil
    }
    return entry.addresses
  }

  private mutating func report(
    _ fault: String, _ address: IPAddress, of name: String, at range: SourceRange,
    _ entry: LockEntry, in file: FileID
  ) {
    report(
      .unusableAddress, "\(quoted(name)) is locked to `\(address.text)`, which is \(fault)",
      at: range, related: [Label(sourceRange(entry.range, in: file), "locked here")],
      notes: ["an endpoint that really has this address is written without a name"])
  }

  private mutating func reportUnlocked(_ name: String, at range: SourceRange) {
    if case .read(let lock, _) = lock {
      let guess = guess(name, at: range, among: lock.entries.keys.sorted())
      report(
        .unlockedHostName, "\(quoted(name)) is not in \(quoted(lockName))\(guess.question)",
        at: range, fixIts: guess.fixIts, notes: ["add a line `\(name) ADDRESS` to it"])
    } else {
      report(
        .unlockedHostName, "\(quoted(name)) has no locked address: there is no \(quoted(lockName))",
        at: range, notes: ["write a line `\(name) ADDRESS` into it, beside the policy"])
    }
  }

  private var lockName: String { rootName + ".lock" }

  private mutating func readLock(at range: SourceRange) {
    guard case .unread = lock else { return }
    lock = .missing
    do {
      let contents = try files.read(lockName)
      let file = sources.add(SourceFile(name: lockName, bytes: contents.bytes))
      let (parsed, errors) = parseLockFile(contents.bytes)
      lock = .read(parsed, file)
      for error in errors {
        report(.invalidLockFile, error.message, at: sourceRange(error.range, in: file))
      }
    } catch {
      switch error {
      case .notFound: return
      case .outsideFolder:
        report(
          .includeOutsideFolder,
          "\(quoted(lockName)) lies outside the folder of \(quoted(rootName))", at: range)
      case .tooLarge(let limit):
        report(.invalidLockFile, "\(quoted(lockName)) has more than \(limit) bytes", at: range)
      case .notReadable(let reason):
        report(.fileNotReadable, "cannot read \(quoted(lockName)): \(reason)", at: range)
      }
    }
  }
}

/// What is wrong with a host name; `nil`: nothing.
///
/// Source: RFC 1123, section 2.1: labels of letters, digits and hyphens, at most 63 and 253 bytes.
func hostNameFault(_ name: String) -> String? {
  let bytes = Array(name.utf8)
  if bytes.isEmpty { return "it is empty" }
  if bytes.count > 253 { return "it has more than 253 bytes" }
  var last: ArraySlice<UInt8> = []
  for label in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
    if label.isEmpty { return "a part between its dots is empty" }
    if label.count > 63 { return "a part between its dots has more than 63 bytes" }
    if label.first == UInt8(ascii: "-") || label.last == UInt8(ascii: "-") {
      return "a part begins or ends with `-`"
    }
    if !label.allSatisfy({ isLetterDigitOrHyphen($0) }) {
      return "only letters, digits, `-` and dots may stand in one"
    }
    last = label
  }
  if last.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }) {
    return "its last part is a number; an address is written without quotes"
  }
  return nil
}

private func isLetterDigitOrHyphen(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
    true
  default: false
  }
}
