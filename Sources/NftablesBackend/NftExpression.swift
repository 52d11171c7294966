import PacketSpace
import RulesetIR

/// What a condition of nft looks at.
indirect enum NftField: Equatable {
  /// `meta KEY`
  case meta(String)
  /// `ip daddr`
  case payload(String, String)
  /// `@ll,OFFSET,COUNT`, both in bits.
  case linkLayer(bitOffset: Int, bitCount: Int)
  /// `frag frag-off`
  case extensionHeader(String, String)
  /// `ct KEY`, `ct DIRECTION KEY`
  case conntrack(String, ConntrackDirection? = nil)
  /// `socket cgroupv2 level N`
  case socketCgroup(level: Int)
  /// `FIELD & MASK`
  case masked(NftField, NftValue)
  /// `FIELD . FIELD`
  case concatenation([NftField])
}

/// What the field is compared with.
indirect enum NftValue: Equatable {
  case number(UInt32)
  /// A number that reads better in hexadecimal.
  case bits(UInt32, digits: Int = 1)
  /// A constant of nft's, by name.
  case name(String)
  /// Text that is not ours: an interface, a path.
  case quoted(String)
  case address(IPAddress)
  /// Shorter than an address.
  case prefix(Prefix)
  case range(UInt32, UInt32)
  /// An anonymous set.
  case set([NftValue])
  /// Bits by name, for `hasAny` and `hasNone`.
  case flags([String])
  /// `@NAME`
  case namedSet(String)
}

enum NftOperator {
  case equal
  case notEqual
  /// One of the bits is set.
  case hasAny
  case hasNone
}

struct NftCondition: Equatable {
  var field: NftField
  var comparison: NftOperator
  var value: NftValue

  init(_ field: NftField, _ comparison: NftOperator, _ value: NftValue) {
    self.field = field
    self.comparison = comparison
    self.value = value
  }

  init(_ field: NftField, isNegated: Bool = false, _ value: NftValue) {
    self.init(field, isNegated ? .notEqual : .equal, value)
  }
}

/// One value as itself, several as an anonymous set.
func oneOrSet(_ values: [NftValue]) -> NftValue {
  precondition(!values.isEmpty, "a match with nothing to compare would match anything")
  return values.count == 1 ? values[0] : .set(values)
}
