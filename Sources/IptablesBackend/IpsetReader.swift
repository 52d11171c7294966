import PacketSpace
import RulesetIR

/// Reads what `ipset save` writes, and what `ipset restore` reads.
struct IpsetReader {
  private let bytes: [UInt8]
  private(set) var sets: [String: IpsetUnderway] = [:]
  /// The set of the last `add`; not in the dictionary meanwhile, so that 100,000 lines neither look it
  /// up nor copy it.
  private var current: Current?
  private var line = 1
  private var lineStart = 0

  private struct Current {
    var name: String
    var bytes: [UInt8]
    var set: IpsetUnderway
  }

  /// - Parameters:
  ///   - range: whole lines.
  ///   - firstLine: the number of the first.
  init(_ bytes: [UInt8], _ range: Range<Int>, firstLine: Int) throws(RulesetReadError) {
    self.bytes = bytes
    line = firstLine
    lineStart = range.lowerBound
    while lineStart < range.upperBound {
      let end = try readLine(upTo: range.upperBound)
      (lineStart, line) = (end + 1, line + 1)
    }
    putBack()
  }

  /// - Returns: where the line ends.
  private mutating func readLine(upTo limit: Int) throws(RulesetReadError) -> Int {
    if let end = try readPlainAdd(upTo: limit) { return end }
    var end = lineStart
    while end < limit, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    if end == limit {
      throw RulesetReadError(
        "the text ends in the middle of a line", line: line, column: end - lineStart + 1)
    }
    let lines = try [SavedLine](bytes, lineStart..<(end + 1), firstLine: line)
    if let words = lines.first?.words { try readCommand(words) }
    return end
  }

  // MARK: The usual line

  /// `add NAME ADDRESS`, of the same set as the line before; `nil` for any other line.
  private mutating func readPlainAdd(upTo limit: Int) throws(RulesetReadError) -> Int? {
    guard let name = current?.bytes, current?.set.kind == .addresses else { return nil }
    let nameStart = lineStart + 4
    guard nameStart + name.count < limit, bytes[lineStart] == UInt8(ascii: "a"),
      bytes[lineStart + 1] == UInt8(ascii: "d"), bytes[lineStart + 2] == UInt8(ascii: "d"),
      bytes[lineStart + 3] == UInt8(ascii: " ")
    else { return nil }
    for offset in 0..<name.count where bytes[nameStart + offset] != name[offset] {
      return nil
    }
    guard bytes[nameStart + name.count] == UInt8(ascii: " ") else { return nil }
    let start = nameStart + name.count + 1
    var end = start
    if current?.set.family == .ipv4, let address = scanIPv4(bytes, &end, end: limit), end < limit,
      bytes[end] == UInt8(ascii: "\n")
    {
      current?.set.add(.ipv4(IPv4Range(address, address)))
      return end
    }
    end = start
    while end < limit, bytes[end] > UInt8(ascii: " "), bytes[end] != UInt8(ascii: "\"") { end += 1 }
    guard end < limit, bytes[end] == UInt8(ascii: "\n") else { return nil }
    let word = SavedWord(
      text: String(decoding: bytes[start..<end], as: UTF8.self), line: line,
      column: start - lineStart + 1)
    let block = try element(word)
    current?.set.add(block)
    return end
  }

  private func element(_ word: SavedWord) throws(RulesetReadError) -> AddressBlock {
    let text = Array(word.text.utf8)
    let block: AddressBlock
    do {
      block = try parseAddressBlock(text, 0..<text.count)
    } catch {
      throw word.error(error.message)
    }
    if block.family != current?.set.family {
      throw word.error("expected an address of the set's family, found \(word.quoted)")
    }
    return block
  }

  private mutating func putBack() {
    guard let current else { return }
    self.current = nil
    sets[current.name] = current.set
  }

  // MARK: Any line

  private mutating func readCommand(_ words: [SavedWord]) throws(RulesetReadError) {
    let isExistAllowed = words.contains { $0.text == "-exist" || $0.text == "-!" }
    let words = words.filter { $0.text != "-exist" && $0.text != "-!" }
    guard let command = words.first else { return }
    func needs(_ count: Int) throws(RulesetReadError) {
      if words.count < count { throw command.error("\(command.quoted) needs more words") }
    }
    switch command.text {
    case "create", "-N":
      try needs(3)
      putBack()
      if sets[words[1].text] != nil {
        if isExistAllowed { return }
        throw words[1].error("set \(words[1].quoted) is there already")
      }
      sets[words[1].text] = try IpsetUnderway(words[2], words.dropFirst(3))
    case "add", "-A":
      try needs(3)
      try add(words)
    case "swap", "-W":
      try needs(3)
      putBack()
      let (one, other) = (try known(words[1]), try known(words[2]))
      sets[words[1].text] = other
      sets[words[2].text] = one
    case "destroy", "-X":
      try needs(2)
      putBack()
      _ = try known(words[1])
      sets[words[1].text] = nil
    default:
      throw command.error("expected `create` or `add`, found \(command.quoted)")
    }
  }

  private func known(_ name: SavedWord) throws(RulesetReadError) -> IpsetUnderway {
    guard let set = sets[name.text] else {
      throw name.error("set \(name.quoted) is not created before this line")
    }
    return set
  }

  private mutating func add(_ words: [SavedWord]) throws(RulesetReadError) {
    let name = words[1].text
    if current?.name != name {
      putBack()
      let set = try known(words[1])
      sets[name] = nil
      current = Current(name: name, bytes: Array(name.utf8), set: set)
    }
    switch current?.set.kind {
    case .addresses:
      let block = try element(words[2])
      if words.dropFirst(3).contains(where: { $0.text == "nomatch" && !$0.isQuoted }) {
        current?.set.exceptions.append(block)
      } else {
        current?.set.add(block)
      }
    case .list: current?.set.members.append(words[2].text)
    case .addressAndPort, .other, nil: break
    }
  }
}

extension IpsetUnderway {
  /// - Parameter options: what stands behind the type of a `create`.
  fileprivate init(
    _ type: SavedWord, _ options: ArraySlice<SavedWord>
  ) throws(RulesetReadError) {
    kind =
      switch type.text {
      case "hash:ip", "hash:net", "bitmap:ip": .addresses
      case "hash:ip,port": .addressAndPort
      case "list:set": .list
      default: .other
      }
    family = .ipv4
    var rest = options
    while let word = rest.popFirst() {
      switch word.text {
      case "counters", "comment", "skbinfo", "forceadd", "wildcard": continue
      case "family", "hashsize", "maxelem", "netmask", "timeout", "range", "bucketsize", "initval",
        "size", "markmask", "bitmask":
        guard let value = rest.popFirst() else {
          throw word.error("\(word.quoted) needs an argument")
        }
        try set(word.text, value)
      default:
        // An option that is not known may change what the set means.
        kind = .other
      }
    }
    if let netmask, netmask > family.addressWidth {
      throw type.error("expected a netmask up to \(family.addressWidth)")
    }
  }

  private mutating func set(
    _ option: String, _ value: SavedWord
  ) throws(RulesetReadError) {
    switch option {
    case "family":
      switch value.text {
      case "inet", "ipv4": family = .ipv4
      case "inet6", "ipv6": family = .ipv6
      default: throw value.error("expected `inet` or `inet6`, found \(value.quoted)")
      }
    case "netmask":
      if let length = SavedWord.number(value.text[...]) {
        netmask = Int(min(length, 1000))
      } else {
        kind = .other
      }
    case "timeout": timeoutSeconds = try value.number()
    case "maxelem": size = try value.number()
    case "bitmask": kind = .other
    default: break
    }
  }
}
