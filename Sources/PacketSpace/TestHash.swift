extension PacketTest {
  /// Mostly another number for another test; of many ranges the ends and the count.
  var mixed: Int {
    var mixer = Mixer()
    field.mix(into: &mixer)
    values.mix(into: &mixer)
    return mixer.number
  }
}

extension PacketTest.Values {
  var mixed: Int {
    var mixer = Mixer()
    mix(into: &mixer)
    return mixer.number
  }

  fileprivate func mix(into mixer: inout Mixer) {
    switch self {
    case .ranges(let ranges):
      mixer.add(UInt64(ranges.count))
      if let first = ranges.first, let last = ranges.last {
        for range in [first, ranges[ranges.count / 2], last] {
          mixer.add(wide: range.lowerBound)
          mixer.add(wide: range.upperBound)
        }
      }
    case .addresses(let set):
      mixer.add(UInt64(set.ipv4.count + set.ipv6.count))
      for range in [set.ipv4.first, set.ipv4.last] {
        if let range { mixer.add(UInt64(range.lower) << 32 | UInt64(range.upper)) }
      }
      for range in [set.ipv6.first, set.ipv6.last] {
        if let range { mixer.add(wide: range.lower) }
      }
    case .bits(let value, let mask): mixer.add(UInt64(value) << 32 | UInt64(mask))
    case .interface(let pattern):
      mixer.add(pattern.name)
      mixer.add(pattern.isPrefix ? 1 : 0)
    case .noInterface: mixer.add(UInt64.max)
    }
  }
}

extension PacketField {
  fileprivate func mix(into mixer: inout Mixer) {
    switch self {
    case .family: mixer.add(1)
    case .laterFragment: mixer.add(2)
    case .opaque(let text):
      mixer.add(3)
      mixer.add(text)
    case .origin: mixer.add(4)
    case .inputInterface: mixer.add(5)
    case .outputInterface: mixer.add(6)
    case .inputType: mixer.add(7)
    case .outputType: mixer.add(8)
    case .source(let family): mixer.add(family == .ipv4 ? 9 : 10)
    case .destination(let family): mixer.add(family == .ipv4 ? 11 : 12)
    case .ctState: mixer.add(13)
    case .ctDirection: mixer.add(14)
    case .transport: mixer.add(15)
    case .destinationPort: mixer.add(16)
    case .sourcePort: mixer.add(17)
    case .icmpType: mixer.add(18)
    case .tcpFlags: mixer.add(19)
    case .hopLimit: mixer.add(20)
    case .mark: mixer.add(21)
    case .ctMark: mixer.add(22)
    case .ctLabel(let bit): mixer.add(256 + UInt64(bit))
    case .ctProtocol: mixer.add(23)
    case .ctOriginalSource(let family): mixer.add(family == .ipv4 ? 24 : 25)
    case .ctOriginalDestination(let family): mixer.add(family == .ipv4 ? 26 : 27)
    case .ctReplySource(let family): mixer.add(family == .ipv4 ? 28 : 29)
    case .ctReplyDestination(let family): mixer.add(family == .ipv4 ? 30 : 31)
    case .ctOriginalSourcePort: mixer.add(32)
    case .ctOriginalDestinationPort: mixer.add(33)
    case .ctReplySourcePort: mixer.add(34)
    case .ctReplyDestinationPort: mixer.add(35)
    case .user: mixer.add(36)
    case .group: mixer.add(37)
    case .cgroup(let path):
      mixer.add(38)
      mixer.add(path)
    case .asked(let set):
      mixer.add(39)
      mixer.add(set)
    }
  }
}

/// Makes one number of several; quick, and no defence against those who choose them.
private struct Mixer {
  private var state: UInt64 = 0x9e37_79b9_7f4a_7c15

  mutating func add(_ number: UInt64) {
    state = (state ^ number) &* 0xff51_afd7_ed55_8ccd
    state ^= state >> 32
  }

  mutating func add(wide number: UInt128) {
    add(UInt64(truncatingIfNeeded: number))
    if number >> 64 != 0 { add(UInt64(truncatingIfNeeded: number >> 64)) }
  }

  mutating func add(_ text: String) {
    for byte in text.utf8 { add(UInt64(byte)) }
  }

  var number: Int { Int(truncatingIfNeeded: state >> 1) }
}
