import PacketSpace
import PolicyDiagnostics
import PolicySyntax

/// An interface and where it is named.
struct PlacedInterface {
  var pattern: InterfacePattern
  var range: SourceRange
}

extension Resolver {
  /// Interfaces; `uplink` in their place is left to the caller.
  mutating func placedInterfaces(
    _ values: [Value]
  ) -> (interfaces: [PlacedInterface], uplinks: SourceRange?) {
    var interfaces: [PlacedInterface] = []
    var uplinks: SourceRange?
    for leaf in leaves(of: values, as: .interface) {
      switch leaf.content {
      case .value(.word("uplink")): uplinks = leaf.site
      case .value(.word(let name)), .value(.string(let name)):
        if let fault = interfaceNameFault(name) {
          report(
            .invalidInterfaceName, "\(quoted(name)) is no interface name: \(fault)", at: leaf.range)
        } else {
          interfaces.append(PlacedInterface(pattern: InterfacePattern(name), range: leaf.site))
        }
      case .value(.pattern(let name)):
        if let fault = patternFault(name) {
          report(
            .invalidInterfaceName, "\(quoted(name + "*")) is no interface pattern: \(fault)",
            at: leaf.range)
        } else {
          interfaces.append(
            PlacedInterface(pattern: InterfacePattern(name, isPrefix: true), range: leaf.site))
        }
      case .value, .list: reportWrongKind(leaf, as: .interface)
      }
    }
    return (interfaces, uplinks)
  }
}

extension InterfacePattern {
  /// As the language writes it.
  var text: String { isPrefix ? name + "*" : name }

  /// Whether every interface that `other` means is one of these.
  func covers(_ other: InterfacePattern) -> Bool {
    isPrefix ? other.name.hasPrefix(name) : self == other
  }
}

/// What is wrong with a name; `nil`: nothing.
///
/// Source: `dev_valid_name`, net/core/dev.c; further a name that nft cannot quote or that iptables
/// would read as a pattern.
func interfaceNameFault(_ name: String) -> String? {
  let bytes = Array(name.utf8)
  if bytes.isEmpty { return "it is empty" }
  if bytes.count > 15 { return "it has \(bytes.count) bytes, 15 at most" }
  if name == "." || name == ".." { return "the kernel keeps it for itself" }
  if bytes.last == UInt8(ascii: "+") { return "iptables reads a `+` at the end as a pattern" }
  return characterFault(bytes)
}

private func patternFault(_ name: String) -> String? {
  let bytes = Array(name.utf8)
  if bytes.isEmpty { return "it would match every interface" }
  if bytes.count > 14 { return "it has \(bytes.count) bytes before the `*`, 14 at most" }
  return characterFault(bytes)
}

private func characterFault(_ bytes: [UInt8]) -> String? {
  for byte in bytes {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "\\"),
      UInt8(ascii: "*"):
      return "`\(Character(Unicode.Scalar(byte)))` cannot stand in it"
    case 0...UInt8(ascii: " "), 0x7f, 0xa0:  // 0xa0: the kernel's `isspace` knows Latin-1
      return "white space and control characters cannot stand in it"
    default: continue
    }
  }
  return nil
}
