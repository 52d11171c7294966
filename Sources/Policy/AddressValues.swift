import PacketSpace
import PolicyDiagnostics
import PolicySyntax

/// The addresses of one value of a list.
struct AddressPiece {
  var addresses: AddressSet
  /// Where they are written.
  var range: SourceRange
  /// Where they are used.
  var site: SourceRange
  /// The file that they were read from, for a `file` definition.
  var list: AddressList?
  /// The host name that they belong to, as in the lock file.
  var hostName: String?
}

extension [AddressPiece] {
  /// All together.
  var addresses: AddressSet {
    if count == 1 { return self[0].addresses }
    return AddressSet(
      ipv4: flatMap(\.addresses.ipv4), ipv6: flatMap(\.addresses.ipv6))
  }
}

extension Resolver {
  /// The addresses of a list; empty only where something was reported.
  mutating func addressPieces(_ list: ValueList, allowsHostNames: Bool = false) -> [AddressPiece] {
    addressPieces(list.values, allowsHostNames: allowsHostNames)
  }

  mutating func addressPieces(_ values: [Value], allowsHostNames: Bool = false) -> [AddressPiece] {
    leaves(of: values, as: .address).compactMap { leaf in
      addressPiece(leaf, allowsHostNames: allowsHostNames)
    }
  }

  private mutating func addressPiece(_ leaf: Leaf, allowsHostNames: Bool) -> AddressPiece? {
    var piece = AddressPiece(addresses: AddressSet(), range: leaf.range, site: leaf.site)
    switch leaf.content {
    case .list(let list):
      piece.addresses = list.addresses
      piece.list = list
      return list.addresses.isEmpty ? nil : piece
    case .value(.address(let text)):
      guard let block = block(text, at: leaf.range) else { return nil }
      piece.addresses = AddressSet([block])
      return piece
    case .value(.word(let word)):
      guard let range = BuiltInRange(rawValue: word) else { break }
      piece.addresses = range.addresses
      return piece
    case .value(.string(let name)) where allowsHostNames:
      guard let addresses = addresses(ofHost: name, at: leaf.range) else { return nil }
      piece.addresses = addresses
      piece.hostName = name.lowercased()
      return piece
    case .value: break
    }
    reportWrongKind(leaf, as: .address)
    return nil
  }

  /// Reads an address, a prefix or a range; reports one that is wrong.
  mutating func block(_ text: String, at range: SourceRange) -> AddressBlock? {
    let bytes = Array(text.utf8)
    do {
      return try parseAddressBlock(bytes, 0..<bytes.count)
    } catch {
      let part = SourceRange(
        file: range.file, start: range.start + error.range.lowerBound,
        end: range.start + error.range.upperBound)
      let fixIts = error.replacement.map { [FixIt("write `\($0)`", replace: range, with: $0)] }
      let single = text.prefix { $0 != "/" }
      report(
        error.problem.code, error.message, at: part, fixIts: fixIts ?? [],
        notes: error.problem == .hostBits ? ["one address alone is written `\(single)`"] : [])
      return nil
    }
  }
}

extension AddressTextError.Problem {
  var code: DiagnosticCode {
    switch self {
    case .address: .invalidAddress
    case .prefixLength: .invalidPrefixLength
    case .range: .invalidRange
    case .hostBits: .hostBitsSet
    }
  }
}
