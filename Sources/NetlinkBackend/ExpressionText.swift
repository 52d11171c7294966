import Netfilter
import RulesetIR

extension NftExpression {
  /// As `nft --debug=netlink` prints it.
  var text: String {
    switch self {
    case .meta(let key, let register): "meta load \(key.word) => reg \(register)"
    case .setMeta(let key, let register): "meta set \(key.word) with reg \(register)"
    case .payload(let base, let offset, let count, let register):
      "payload load \(count)b @ \(base.word) + \(offset) => reg \(register)"
    case .extensionHeader(let type, let offset, let count, let register):
      "exthdr load ipv6 \(count)b @ \(type) + \(offset) => reg \(register)"
    case .conntrack(let key, let direction, let register):
      "ct load \(key.word) => reg \(register)" + (direction.map { " , dir \($0.rawValue)" } ?? "")
    case .setConntrack(let key, let register): "ct set \(key.word) with reg \(register)"
    case .controlGroup(let level, let register):
      "socket load cgroupv2 level \(level) => reg \(register)"
    case .bitwise(let register, let mask, let xor):
      "bitwise reg \(register) = ( reg \(register) & \(words(mask)) ) ^ \(words(xor))"
    case .networkOrder(let register, let count):
      "byteorder reg \(register) = hton(reg \(register), \(count), \(count))"
    case .compare(let register, let comparison, let value):
      "cmp \(comparison.word) reg \(register) \(words(value))"
    case .compareControlGroup(let register, let path): "cmp eq reg \(register) cgroup \"\(path)\""
    case .range(let register, let isNegated, let lower, let upper):
      "range \(isNegated ? "neq" : "eq") reg \(register) \(words(lower)) \(words(upper))"
    case .lookup(let register, let set, let isNegated):
      "lookup reg \(register) set \(set.name)" + (isNegated ? " 0x1" : "")
    case .updateSet(let name, let key): "dynset update reg_key \(key) set \(name)"
    case .immediate(let value, let register): "immediate reg \(register) \(words(value))"
    case .verdict(let verdict): "immediate reg 0 \(verdict.text)"
    case .counter(let packets, let bytes): "counter pkts \(packets) bytes \(bytes)"
    case .limit(let rate, let unit, let burst):
      "limit rate \(rate)/\(unitName(unit)) burst \(burst) type packets flags 0x0"
    case .log(let prefix): "log prefix \(prefix)"
    case .reject(let type, let code): "reject type \(type) code \(code)"
    case .masquerade: "masq"
    case .other(let name, let data): "\(name) \(words(data))"
    }
  }
}

extension NftVerdict {
  fileprivate var text: String {
    switch self {
    case .accept: "accept"
    case .drop: "drop"
    case .return: "return"
    case .continue: "continue"
    case .jump(let chain): "jump -> \(chain)"
    case .goto(let chain): "goto -> \(chain)"
    }
  }
}

private func unitName(_ seconds: UInt64) -> String {
  switch seconds {
  case 1: "second"
  case 60: "minute"
  case 3600: "hour"
  case 86400: "day"
  case 604800: "week"
  default: "\(seconds)s"
  }
}

/// In numbers of 32 bits in host order, as libnftnl prints data; the last one is filled up with zeros.
func words(_ bytes: [UInt8], separator: String = " ", prefix: String = "0x") -> String {
  stride(from: 0, to: bytes.count, by: 4).map { start in
    var word: UInt32 = 0
    for (index, byte) in bytes[start..<min(start + 4, bytes.count)].enumerated() {
      word |= UInt32(byte) << (8 * UInt32(index))
    }
    return prefix + hexadecimal(word)
  }.joined(separator: separator)
}

func hexadecimal(_ word: UInt32) -> String {
  let digits = String(word, radix: 16)
  return String(repeating: "0", count: 8 - digits.utf8.count) + digits
}

extension ElementList {
  /// One line for each element: its key and, after a colon, whether an interval ends there.
  var textLines: [String] {
    (0..<count).map { index in
      "\telement \(words(Array(key(index)), prefix: ""))  : \(flags(index)) [end]"
    }
  }
}
