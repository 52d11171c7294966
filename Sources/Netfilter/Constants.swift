// Numbers of the netlink and nf_tables interfaces.
//
// They are written here, not imported: the headers of an older Debian lack some, and none is a C type.

/// Source: linux/netlink.h.
enum Netlink {
  static let addressFamily: CInt = 16
  static let netfilterProtocol: CInt = 12
  /// `SOL_NETLINK`, linux/socket.h
  static let socketLevel: CInt = 270
  static let capAcknowledgements: CInt = 10
  static let extendedAcknowledgements: CInt = 11

  static let noOperation: UInt16 = 1
  static let error: UInt16 = 2
  static let done: UInt16 = 3
  static let overrun: UInt16 = 4

  static let headerByteCount = 16
  /// `struct nfgenmsg`, linux/netfilter/nfnetlink.h: family, version, resource.
  static let subHeaderByteCount = 4
  static let attributeHeaderByteCount = 4
  static let nested: UInt16 = 0x8000
  /// Without the flags for nesting and byte order.
  static let attributeTypeMask: UInt16 = 0x3fff
}

/// `NLM_F_*`, linux/netlink.h.
package struct MessageFlags: OptionSet, Sendable {
  package var rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  package static let request = MessageFlags(rawValue: 0x1)
  package static let acknowledge = MessageFlags(rawValue: 0x4)
  static let dumpInterrupted = MessageFlags(rawValue: 0x10)
  package static let dump = MessageFlags(rawValue: 0x300)
  package static let exclusive = MessageFlags(rawValue: 0x200)
  package static let create = MessageFlags(rawValue: 0x400)
  package static let append = MessageFlags(rawValue: 0x800)
  /// In an answer: the message that it is about is not repeated, only its header.
  static let capped = MessageFlags(rawValue: 0x100)
  /// In an answer: attributes follow.
  static let acknowledgementAttributes = MessageFlags(rawValue: 0x200)
}

/// `NFT_MSG_*`, linux/netfilter/nf_tables.h, without the subsystem in the high byte.
package enum TableMessage: UInt8, Sendable {
  case newTable = 0
  case getTable, deleteTable, newChain, getChain, deleteChain, newRule, getRule, deleteRule
  case newSet, getSet, deleteSet, newElements, getElements, deleteElements
  case newGeneration, getGeneration

  /// `NFNL_SUBSYS_NFTABLES`
  static let subsystem: UInt16 = 10

  var type: UInt16 { TableMessage.subsystem << 8 | UInt16(rawValue) }
}

/// `NFNL_MSG_BATCH_*`, linux/netfilter/nfnetlink.h.
enum BatchMessage {
  static let begin: UInt16 = 0x10
  static let end: UInt16 = 0x11
  /// `NFNL_BATCH_GENID`
  static let generationAttribute: UInt16 = 1
}

/// `NFTA_GEN_ID`
let generationIDAttribute: UInt16 = 1

/// Of attributes, in bytes: the length is a 16-bit number that counts the header.
package let largestAttribute = 65535
