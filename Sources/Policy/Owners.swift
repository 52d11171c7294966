import PacketSpace
import PolicyDiagnostics
import PolicySyntax

extension Resolver {
  /// Users by number; `nil` only where something was reported.
  mutating func users(_ value: Value) -> IDSet? {
    ids([value], as: .user)
  }

  mutating func groups(_ value: Value) -> IDSet? {
    ids([value], as: .group)
  }

  private mutating func ids(_ values: [Value], as use: ValueUse) -> IDSet? {
    var ranges: [ClosedRange<UInt32>] = []
    for leaf in leaves(of: values, as: use) {
      switch leaf.content {
      case .value(.word(let name)), .value(.string(let name)):
        if let id = id(ofName: name, leaf, as: use) { ranges.append(id...id) }
      case .value(.number), .value(.numberRange):
        // The highest number means "none" to the kernel (`overflow` of -1).
        guard let range = numbers(leaf, as: use, 0...0xffff_fffe, .invalidNumber) else { continue }
        ranges.append(UInt32(range.lowerBound)...UInt32(range.upperBound))
      case .value, .list: reportWrongKind(leaf, as: use)
      }
    }
    return ranges.isEmpty ? nil : IDSet(merging: ranges)
  }

  private mutating func id(ofName name: String, _ leaf: Leaf, as use: ValueUse) -> UInt32? {
    let isUser = use == .user
    if let id = isUser ? accounts.userID(name) : accounts.groupID(name) { return id }
    if brokenDefinitions.contains(name) { return nil }
    let names = isUser ? accounts.userNames() : accounts.groupNames()
    let guess = guess(name, at: leaf.range, among: names + definitionNames)
    report(
      isUser ? .unknownUser : .unknownGroup,
      "there is no \(isUser ? "user" : "group") \(quoted(name)) on this machine\(guess.question)",
      at: leaf.range,
      related: leaf.owner == nil ? [] : [Label(leaf.site, "used here")],
      fixIts: guess.fixIts,
      notes: ["a number needs no account: compile for another machine with the number"])
    return nil
  }

  /// A path below the cgroup2 root without the `/` at its begin.
  mutating func cgroup(_ path: StringLiteral) -> String? {
    var text = path.text[...]
    if text.hasPrefix("/") { text = text.dropFirst() }
    if let fault = cgroupFault(String(text)) {
      report(.invalidCgroupPath, "\(quoted(path.text)) is no cgroup path: \(fault)", at: path.range)
      return nil
    }
    return String(text)
  }

  /// - Parameter allowingNoMark: `mark 0` is a packet without a mark, which only `expect` speaks of.
  mutating func selectors(_ nodes: SelectorNodes, allowingNoMark: Bool = false) -> Selectors {
    var selectors = Selectors()
    if let value = nodes.mark {
      selectors.mark = mark(value, allowingNone: allowingNoMark)
    }
    if let value = nodes.user { selectors.user = users(value) }
    if let value = nodes.group { selectors.group = groups(value) }
    if let value = nodes.cgroup { selectors.cgroup = cgroup(value) }
    return selectors
  }

  // MARK: Subjects

  /// A list in a definition stands for several subjects.
  mutating func subjects(_ node: SubjectNode) -> [Subject] {
    switch node {
    case .user(let value): return users(value).map { [.user($0)] } ?? []
    case .group(let value): return groups(value).map { [.group($0)] } ?? []
    case .cgroup(let path): return cgroup(path).map { [.cgroup($0)] } ?? []
    case .from(let value):
      if isAddress(value) {
        let pieces = addressPieces([value])
        checkUsable(pieces, as: .subject)
        return pieces.isEmpty ? [] : [.fromAddresses(pieces.addresses)]
      }
      return sourceInterfaces(value).map { .fromInterface($0) }
    }
  }

  private mutating func sourceInterfaces(_ value: Value) -> [InterfacePattern] {
    let (placed, uplinks) = placedInterfaces([value])
    if let uplinks {
      report(
        .unknownInterface,
        "a subject comes from an interface behind this machine, not by an uplink",
        at: uplinks)
    }
    for interface in placed where interface.pattern.overlaps(.loopback) {
      reportLoopback(interface)
    }
    return placed.map(\.pattern)
  }

  /// Whether a value that may be an interface or addresses means addresses.
  private func isAddress(_ value: Value) -> Bool {
    var pending = [value]
    var visited: Set<String> = []
    while let value = pending.popLast() {
      switch value.kind {
      case .address: return true
      case .set(let elements): pending += elements
      case .word(let word):
        if BuiltInRange(rawValue: word) != nil { return true }
        guard visited.insert(word).inserted, let entry = definitions[word] else { continue }
        switch entry.definition {
        case .file: return true
        case .values(let list): pending += list.values
        }
      case .string, .pattern, .number, .numberRange: continue
      }
    }
    return false
  }
}

extension IDSet {
  /// Sorts and merges ranges that may overlap.
  init(merging ranges: [ClosedRange<UInt32>]) {
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, UInt64(range.lowerBound) <= UInt64(last.upperBound) + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.init(merged)
  }
}

/// What is wrong with a path below the cgroup2 root; `nil`: nothing.
private func cgroupFault(_ path: String) -> String? {
  let bytes = Array(path.utf8)
  if bytes.isEmpty { return "the root holds every process" }
  // `XT_CGROUP_PATH_MAX` without the `/` and the end, linux/netfilter/xt_cgroup.h.
  if bytes.count > 510 { return "it has more than 510 bytes" }
  if bytes.contains(where: { $0 < UInt8(ascii: " ") || $0 == 0x7f || $0 == UInt8(ascii: "\"") }) {
    return "control characters and `\"` cannot stand in it"
  }
  let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  // `NFT_MAX_CGROUP_LEVEL` and the field that holds it have 8 bits.
  if parts.count > 255 { return "it lies more than 255 levels deep" }
  for part in parts {
    if part.isEmpty { return "a part between its slashes is empty" }
    if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) {
      return "`.` and `..` cannot stand in it"
    }
  }
  return nil
}
