package import RulesetIR

/// One step of a rule, as the kernel carries it out.
///
/// Data is as it lies in the packet or in the kernel's memory: numbers of headers in network order, marks and
/// numbers of devices in host order.
package enum NftExpression: Hashable, Sendable {
  case meta(MetaKey, Register)
  case setMeta(MetaKey, Register)
  case payload(PayloadBase, byteOffset: UInt32, byteCount: UInt32, Register)
  /// Of IPv6, by the number of the header.
  case extensionHeader(UInt8, byteOffset: UInt32, byteCount: UInt32, Register)
  case conntrack(ConntrackKey, ConntrackDirection?, Register)
  case setConntrack(ConntrackKey, Register)
  /// `socket cgroupv2`: the number of the control group at this depth.
  case controlGroup(level: UInt32, Register)
  /// `register = register & mask ^ xor`
  case bitwise(Register, mask: [UInt8], xor: [UInt8])
  /// From host to network order.
  case networkOrder(Register, byteCount: UInt32)
  case compare(Register, Comparison, [UInt8])
  /// A number that is not known before the rules are loaded: that of a control group.
  case compareControlGroup(Register, path: String)
  case range(Register, isNegated: Bool, [UInt8], [UInt8])
  case lookup(Register, SetReference, isNegated: Bool)
  case updateSet(String, key: Register)
  case immediate([UInt8], Register)
  case verdict(NftVerdict)
  case counter(packets: UInt64, bytes: UInt64)
  /// `unitSeconds` 1: packets a second.
  case limit(rate: UInt64, unitSeconds: UInt64, burst: UInt32)
  case log(prefix: String)
  /// `NFT_REJECT_*` and the code.
  case reject(type: UInt32, code: UInt8)
  case masquerade
  /// One that rules of ours do not have: its name and its attributes as they are.
  case other(name: String, data: [UInt8])
}

package enum NftVerdict: Hashable, Sendable {
  case accept, drop, `return`, `continue`
  case jump(String)
  case goto(String)
}

package indirect enum SetReference: Hashable, Sendable {
  case named(String)
  /// A set that belongs to this rule alone.
  case anonymous(NetlinkSet)
}
