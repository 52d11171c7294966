package import PacketSpace
import PolicyDiagnostics

/// The addresses of host names, as they were when the policy was last locked.
///
/// `docs/lock-file.md` describes the text.
package struct LockFile: Equatable, Sendable {
  /// By name, in lower case.
  package var entries: [String: LockEntry]

  package init(entries: [String: LockEntry] = [:]) {
    self.entries = entries
  }
}

package struct LockEntry: Equatable, Sendable {
  package var addresses: AddressSet
  /// `nil`: not recorded.
  package var dnssec: DNSSECState?
  /// The bytes of the line.
  package var range: Range<Int>

  package init(addresses: AddressSet, dnssec: DNSSECState?, range: Range<Int>) {
    self.addresses = addresses
    self.dnssec = dnssec
    self.range = range
  }
}

/// What a validating resolver said of the answer (RFC 4033, section 5).
package enum DNSSECState: String, CaseIterable, Sendable {
  case secure, insecure
}

struct LockFileError: Error {
  var message: String
  var range: Range<Int>
}

/// Reads `NAME [dnssec=STATE] ADDRESS …` lines; a wrong line is reported and left out.
func parseLockFile(_ bytes: [UInt8]) -> (lock: LockFile, errors: [LockFileError]) {
  var lock = LockFile()
  var errors: [LockFileError] = []
  var start = 0
  while start < bytes.count {
    let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    do throws(LockFileError) {
      if let (name, entry) = try parseLockLine(bytes, start..<end) {
        if lock.entries[name] != nil {
          throw LockFileError(message: "\(quoted(name)) has a second line", range: entry.range)
        }
        lock.entries[name] = entry
      }
    } catch {
      errors.append(error)
    }
    start = end + 1
  }
  return (lock, errors)
}

private func parseLockLine(
  _ bytes: [UInt8], _ line: Range<Int>
) throws(LockFileError) -> (String, LockEntry)? {
  let fields = lockFields(bytes, line)
  guard let first = fields.first else { return nil }
  let name = String(decoding: bytes[first], as: UTF8.self).lowercased()
  if let fault = hostNameFault(name) {
    throw LockFileError(message: "\(quoted(name)) is no host name: \(fault)", range: first)
  }
  var blocks: [AddressBlock] = []
  var dnssec: DNSSECState?
  for field in fields.dropFirst() {
    let text = String(decoding: bytes[field], as: UTF8.self)
    if blocks.isEmpty, text.contains("=") {
      guard dnssec == nil, let state = DNSSECState.allCases.first(where: { text == "dnssec=\($0)" })
      else {
        throw LockFileError(
          message:
            "expected `dnssec=secure`, `dnssec=insecure` or an address, found \(quoted(text))",
          range: field)
      }
      dnssec = state
      continue
    }
    do {
      blocks.append(AddressBlock(try parseAddress(bytes, field)))
    } catch {
      throw LockFileError(message: error.message, range: error.range)
    }
  }
  if blocks.isEmpty {
    throw LockFileError(message: "\(quoted(name)) has no address", range: first)
  }
  let range = first.lowerBound..<(fields.last ?? first).upperBound
  return (name, LockEntry(addresses: AddressSet(blocks), dnssec: dnssec, range: range))
}

/// What stands between white space, up to a comment.
private func lockFields(_ bytes: [UInt8], _ line: Range<Int>) -> [Range<Int>] {
  var fields: [Range<Int>] = []
  var index = line.lowerBound
  while index < line.upperBound, bytes[index] != UInt8(ascii: "#") {
    let start = index
    while index < line.upperBound, bytes[index] > UInt8(ascii: " "),
      bytes[index] != UInt8(ascii: "#")
    {
      index += 1
    }
    if index > start { fields.append(start..<index) } else { index += 1 }
  }
  return fields
}
