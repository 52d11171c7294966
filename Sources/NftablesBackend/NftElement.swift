import PacketSpace
import RulesetIR

/// The length of the prefix that is exactly this range; `nil` where none is.
func prefixLength(_ family: AddressFamily, _ lower: UInt128, _ upper: UInt128) -> Int? {
  let difference = lower ^ upper
  // All ones from some bit down, and `lower` all zeros there.
  guard difference & (difference &+ 1) == 0, lower & difference == 0 else { return nil }
  return family.addressWidth - difference.nonzeroBitCount
}

/// Roughly how many bytes an element takes, for reserving room.
func elementByteCount(_ elements: SetElements) -> Int {
  switch elements {
  case .ipv4: 19
  case .ipv6: 44
  case .ipv4Ranges: 40
  case .ipv6Ranges: 96
  case .asked: 0
  }
}
