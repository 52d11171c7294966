// Attributes of expressions; linux/netfilter/nf_tables.h, `enum nft_*_attributes`.

/// `NFTA_EXPR_*`
enum ExpressionAttribute: UInt16 {
  case name = 1
  case data
}

/// `NFTA_DATA_*`
enum DataAttribute: UInt16 {
  case value = 1
  case verdict
}

/// `NFTA_VERDICT_*`
enum VerdictAttribute: UInt16 {
  case code = 1
  case chain
}

enum MetaAttribute: UInt16 {
  case destination = 1
  case key, source
}

enum PayloadAttribute: UInt16 {
  case destination = 1
  case base, offset, length, source
}

enum ExtensionHeaderAttribute: UInt16 {
  case destination = 1
  case type, offset, length, flags, operation, source
}

enum ConntrackAttribute: UInt16 {
  case destination = 1
  case key, direction, source
}

enum SocketAttribute: UInt16 {
  case key = 1
  case destination, level
}

enum BitwiseAttribute: UInt16 {
  case source = 1
  case destination, length, mask, xor, operation, data
}

enum ByteOrderAttribute: UInt16 {
  case source = 1
  case destination, operation, length, size
}

enum CompareAttribute: UInt16 {
  case source = 1
  case operation, data
}

enum RangeAttribute: UInt16 {
  case source = 1
  case operation, from, to
}

enum LookupAttribute: UInt16 {
  case set = 1
  case source, destination, setID, flags
}

enum DynamicSetAttribute: UInt16 {
  case set = 1
  case setID, operation, key, data, timeout, expression, padding, flags
}

enum ImmediateAttribute: UInt16 {
  case destination = 1
  case data
}

enum CounterAttribute: UInt16 {
  case bytes = 1
  case packets
}

enum LimitAttribute: UInt16 {
  case rate = 1
  case unit, burst, type, flags
}

enum LogAttribute: UInt16 {
  case group = 1
  case prefix, snapLength, queueThreshold, level, flags
}

enum RejectAttribute: UInt16 {
  case type = 1
  case code
}

// Constants that stand in attributes.

/// `NF_DROP` and `NF_ACCEPT` of linux/netfilter.h, `NFT_*` of `enum nft_verdicts`.
enum VerdictCode {
  static let drop: Int32 = 0
  static let accept: Int32 = 1
  static let `continue`: Int32 = -1
  static let jump: Int32 = -3
  static let goto: Int32 = -4
  static let `return`: Int32 = -5
}

/// `NFT_SOCKET_CGROUPV2`
let controlGroupKey: UInt32 = 3
/// `NFT_BYTEORDER_HTON`
let toNetworkOrder: UInt32 = 1
/// `NFT_DYNSET_OP_UPDATE`
let updateOperation: UInt32 = 1
/// `NFT_LOOKUP_F_INV`
let invertedLookup: UInt32 = 1
/// The verdict's own register, `NFT_REG_VERDICT`.
let verdictRegister: Register = 0
/// What the kernel makes of a level that is not given: warning; `LOGLEVEL_WARNING`, linux/kern_levels.h.
let defaultLogLevel: UInt32 = 4

/// The name under which the kernel makes anonymous sets, each with a number of its own.
let anonymousSetName = "__set%d"
