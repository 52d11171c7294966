import PacketSpace
import PolicyDiagnostics
import PolicySyntax

/// The addresses of a file with one address, prefix or range a line.
struct AddressList {
  var file: FileID
  var addresses: AddressSet
}

extension Resolver {
  /// The list that a `define NAME = file "PATH"` reads; read once, reported once.
  mutating func list(of name: String, _ path: StringLiteral) -> AddressList? {
    if let list = definitions[name]?.list { return list }
    guard let parts = normalised(path, from: folder(of: path.range)),
      let contents = read(parts, for: path)
    else { return nil }
    let file = sources.add(SourceFile(name: parts.joined(separator: "/"), bytes: contents.bytes))
    let scanned = scanAddressList(contents.bytes)
    report(scanned.errors, moreErrors: scanned.moreErrors, in: file, path)
    let list = AddressList(
      file: file, addresses: AddressSet(ipv4: scanned.ipv4, ipv6: scanned.ipv6))
    if list.addresses.isEmpty, scanned.errors.isEmpty {
      report(
        .emptySet, "\(quoted(path.text)) holds no address", at: path.range,
        notes: ["an empty set never means anything; leave out the line that uses it"])
    }
    definitions[name]?.list = list
    return list
  }

  private mutating func report(
    _ errors: [AddressTextError], moreErrors: Int, in file: FileID, _ path: StringLiteral
  ) {
    for error in errors {
      report(
        .invalidListLine, error.message,
        at: SourceRange(file: file, start: error.range.lowerBound, end: error.range.upperBound),
        related: [Label(path.range, "read from here")],
        fixIts: error.replacement.map {
          [FixIt("write `\($0)`", replace: sourceRange(error.range, in: file), with: $0)]
        } ?? [])
    }
    if moreErrors > 0 {
      report(
        .invalidListLine, "\(quoted(path.text)) has \(moreErrors) more lines that are wrong",
        at: path.range)
    }
  }

  /// The line of a list that holds an address.
  func place(of address: IPAddress, in list: AddressList) -> SourceRange? {
    var scanner = AddressListScanner(bytes: sources[list.file].bytes)
    while let line = scanner.next() {
      guard case .success(let block) = line.block, AddressSet([block]).contains(address) else {
        continue
      }
      return sourceRange(line.range, in: list.file)
    }
    return nil
  }
}

func sourceRange(_ range: Range<Int>, in file: FileID) -> SourceRange {
  SourceRange(file: file, start: range.lowerBound, end: range.upperBound)
}

struct ScannedList {
  var ipv4: [IPv4Range] = []
  var ipv6: [IPv6Range] = []
  /// The first ones.
  var errors: [AddressTextError] = []
  /// How many lines more are wrong.
  var moreErrors = 0
}

/// Reads a whole list; a wrong line is left out.
func scanAddressList(_ bytes: [UInt8]) -> ScannedList {
  let errorLimit = 20
  var result = ScannedList()
  // A line is rarely shorter than `1.2.3.4` and its end; too much is given back with the scan's result.
  result.ipv4.reserveCapacity(min(bytes.count / 8, 1 << 16))
  var scanner = AddressListScanner(bytes: bytes)
  while let line = scanner.next() {
    switch line.block {
    case .success(.ipv4(let range)): result.ipv4.append(range)
    case .success(.ipv6(let range)): result.ipv6.append(range)
    case .failure(let error):
      if result.errors.count < errorLimit {
        result.errors.append(error)
      } else {
        result.moreErrors += 1
      }
    }
  }
  return result
}

/// Walks over the lines that are neither empty nor a comment.
struct AddressListScanner {
  private let bytes: [UInt8]
  private var index: Int

  init(bytes: [UInt8]) {
    self.bytes = bytes
    let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    index = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
  }

  struct Line {
    var block: Result<AddressBlock, AddressTextError>
    var range: Range<Int>
  }

  mutating func next() -> Line? {
    while index < bytes.count {
      if isWhiteSpace(bytes[index]) {
        index += 1
      } else if bytes[index] == UInt8(ascii: "#") {
        skipLine()
      } else {
        return line()
      }
    }
    return nil
  }

  private mutating func line() -> Line {
    let start = index
    // Nearly every line of a long list is a single IPv4 address: no second look at its bytes.
    if let address = scanIPv4(bytes, &index, end: bytes.count),
      index == bytes.count || bytes[index] == UInt8(ascii: "\n")
    {
      return Line(block: .success(.ipv4(IPv4Range(address, address))), range: start..<index)
    }
    index = start
    while !isAtEnd(index) { index += 1 }
    let word = start..<index
    let rest = restOfLine()
    if !rest.isEmpty {
      skipLine()
      let error = AddressTextError(
        .address, "expected one address, prefix or range in a line", at: rest)
      return Line(block: .failure(error), range: word)
    }
    return Line(block: block(word), range: word)
  }

  private func block(_ range: Range<Int>) -> Result<AddressBlock, AddressTextError> {
    do {
      return .success(try parseAddressBlock(bytes, range))
    } catch {
      return .failure(error)
    }
  }

  private func isWhiteSpace(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
    default: false
    }
  }

  /// Behind the first word of a line: the end of the text, a comment or white space.
  private func isAtEnd(_ index: Int) -> Bool {
    index >= bytes.count || isWhiteSpace(bytes[index]) || bytes[index] == UInt8(ascii: "#")
  }

  /// What else stands in the line before a comment, white space cut off on both sides.
  private func restOfLine() -> Range<Int> {
    var low = index
    while low < bytes.count, bytes[low] != UInt8(ascii: "\n"), isWhiteSpace(bytes[low]) {
      low += 1
    }
    var high = low
    while high < bytes.count, bytes[high] != UInt8(ascii: "\n"), bytes[high] != UInt8(ascii: "#") {
      high += 1
    }
    while high > low, isWhiteSpace(bytes[high - 1]) { high -= 1 }
    return low..<high
  }

  private mutating func skipLine() {
    while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
  }
}
