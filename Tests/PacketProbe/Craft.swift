import CKernelTest
import Glibc

/// The ones' complement sum of RFC 1071.
func checksum(_ bytes: [UInt8]) -> UInt16 {
  var sum: UInt32 = 0
  for index in stride(from: 0, to: bytes.count, by: 2) {
    let low = index + 1 < bytes.count ? bytes[index + 1] : 0
    sum += UInt32(bytes[index]) << 8 | UInt32(low)
  }
  while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
  return ~UInt16(sum)
}

func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }

func bigEndian(_ value: UInt32) -> [UInt8] {
  bigEndian(UInt16(value >> 16)) + bigEndian(UInt16(value & 0xffff))
}

/// 4 or 16 bytes, empty for text that is no address.
func addressBytes(_ text: String) -> [UInt8] {
  let isIPv6 = text.contains(":")
  var bytes = [UInt8](repeating: 0, count: isIPv6 ? 16 : 4)
  return unsafe inet_pton(isIPv6 ? AF_INET6 : AF_INET, text, &bytes) == 1 ? bytes : []
}

/// Writes whole IP packets, as a neighbour, an on-path attacker or a raw socket would.
///
/// Words: `src`, `dst`, `proto`, `sport`, `dport`, `flags` (of S, A, R, F, P), `type` and `code` (ICMP),
/// `ttl`, `id`, `fragment` (`split`: two fragments, `later`: the second one alone), `options` (IPv4:
/// four bytes of no-operation; IPv6: a destination options header).
struct Craft {
  let words: Words
  let source: [UInt8]
  let destination: [UInt8]

  init?(_ words: Words) {
    self.words = words
    source = addressBytes(words["src"] ?? "")
    destination = addressBytes(words["dst"] ?? "")
    if source.isEmpty || source.count != destination.count { return nil }
  }

  var isIPv6: Bool { source.count == 16 }

  private var protocolNumber: UInt8 {
    switch words["proto"] {
    case "tcp": 6
    case "udp": 17
    case "icmp": isIPv6 ? 58 : 1
    default: UInt8(words.number("proto") ?? 253)
    }
  }

  private func withChecksum(_ transport: [UInt8], at offset: Int) -> [UInt8] {
    var pseudo: [UInt8] = []
    if protocolNumber != 1 {
      pseudo = source + destination + bigEndian(UInt32(transport.count))
      pseudo += [0, 0, 0, protocolNumber]
    }
    var result = transport
    result.replaceSubrange(offset..<offset + 2, with: bigEndian(checksum(pseudo + transport)))
    return result
  }

  private var transport: [UInt8] {
    let sourcePort = words.number("sport").map { UInt16($0) } ?? probePort(words.probe)
    let ports = bigEndian(sourcePort) + bigEndian(UInt16(words.number("dport") ?? 0))
    let payload = words.payload
    switch protocolNumber {
    case 17:
      return withChecksum(ports + bigEndian(UInt16(8 + payload.count)) + [0, 0] + payload, at: 6)
    case 6:
      let flags = (words["flags"] ?? "S").utf8.reduce(UInt8(0)) { $0 | tcpFlag($1) }
      let acknowledgement = UInt32(words.number("ack") ?? 0)
      let head = ports + bigEndian(UInt32(words.number("seq") ?? 1000)) + bigEndian(acknowledgement)
      return withChecksum(head + [0x50, flags, 0x20, 0, 0, 0, 0, 0] + payload, at: 16)
    case 1, 58:
      let type = UInt8(words.number("type") ?? (isIPv6 ? 128 : 8))
      let head = [type, UInt8(words.number("code") ?? 0), 0, 0]
      return withChecksum(head + bigEndian(sourcePort) + [0, 1] + payload, at: 2)
    default: return ports + payload
    }
  }

  /// The packets to send, in order.
  var packets: [[UInt8]] {
    let transport = transport
    switch words["fragment"] {
    case "split":
      return [
        packet(Array(transport[..<8]), offset: 0, more: true),
        packet(Array(transport[8...]), offset: 8, more: false),
      ]
    case "later": return [packet(Array(transport[8...]), offset: 8, more: false)]
    default: return [packet(transport, offset: 0, more: false)]
    }
  }

  private func packet(_ body: [UInt8], offset: UInt16, more: Bool) -> [UInt8] {
    isIPv6 ? packet6(body, offset: offset, more: more) : packet4(body, offset: offset, more: more)
  }

  private func packet4(_ body: [UInt8], offset: UInt16, more: Bool) -> [UInt8] {
    let options: [UInt8] = words["options"] == nil ? [] : [1, 1, 1, 0]
    let size = 20 + options.count
    var header = [0x40 | UInt8(size / 4), 0] + bigEndian(UInt16(size + body.count))
    header +=
      bigEndian(UInt16(words.number("id") ?? 7)) + bigEndian(offset / 8 | (more ? 0x2000 : 0))
    header += [UInt8(words.number("ttl") ?? 64), protocolNumber, 0, 0]
    header += source + destination + options
    header.replaceSubrange(10..<12, with: bigEndian(checksum(header)))
    return header + body
  }

  private func packet6(_ body: [UInt8], offset: UInt16, more: Bool) -> [UInt8] {
    var next = protocolNumber
    var body = body
    if words["options"] != nil {
      body = [next, 0, 1, 4, 0, 0, 0, 0] + body
      next = 60
    }
    if words["fragment"] != nil {
      body = [next, 0] + bigEndian(offset | (more ? 1 : 0)) + bigEndian(UInt32(7)) + body
      next = 44
    }
    let header = [0x60, 0, 0, 0] + bigEndian(UInt16(body.count))
    return header + [next, UInt8(words.number("ttl") ?? 64)] + source + destination + body
  }
}

private func tcpFlag(_ letter: UInt8) -> UInt8 {
  switch letter {
  case UInt8(ascii: "F"): 0x01
  case UInt8(ascii: "S"): 0x02
  case UInt8(ascii: "R"): 0x04
  case UInt8(ascii: "P"): 0x08
  case UInt8(ascii: "A"): 0x10
  default: 0
  }
}

/// Sends crafted packets by a raw socket; returns what the kernel said about each.
func sendCrafted(_ words: Words) -> String {
  guard let craft = Craft(words) else { return "failed errno=\(EINVAL)" }
  let fd = kt_socket(
    craft.isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW),
    words.number("uid") ?? -1, words.number("gid") ?? -1)
  if fd < 0 { return "failed errno=\(-fd)" }
  defer { close(fd) }
  if let device = words["dev"] { _ = unsafe kt_bind_device(fd, device) }
  if let mark = words.number("mark") { _ = kt_option(fd, SOL_SOCKET, SO_MARK, Int32(mark)) }
  _ = kt_option(fd, SOL_SOCKET, SO_BROADCAST, 1)
  if words["nodefrag"] != nil { _ = kt_option(fd, Int32(IPPROTO_IP), 22, 1) }  // IP_NODEFRAG
  for packet in craft.packets {
    let sent = unsafe kt_send_to(fd, packet, packet.count, words["dst"] ?? "", 0)
    if sent < 0 { return "failed errno=\(-sent)" }
  }
  return "sent"
}

/// Sends crafted packets as frames, past every IP hook. The word `to` is the MAC address, as 12 digits.
func sendFrames(_ words: Words) -> String {
  guard let craft = Craft(words), let device = words["dev"] else { return "failed errno=\(EINVAL)" }
  let digits = Array(words["to"] ?? "ffffffffffff")
  let destination = stride(from: 0, to: min(digits.count, 12), by: 2).map {
    UInt8(String(digits[$0..<$0 + 2]), radix: 16) ?? 0
  }
  for packet in craft.packets {
    let type: Int32 = craft.isIPv6 ? 0x86dd : 0x0800
    let sent = unsafe kt_frame(device, type, destination, packet, packet.count)
    if sent < 0 { return "failed errno=\(-sent)" }
  }
  return "sent"
}
