import PacketSpace
import RulesetIR

extension JSONTree {
  /// `nil` for a regular chain.
  func baseChain(_ value: JSONPlace, in family: TableFamily) throws(RulesetReadError) -> BaseChain?
  {
    guard let hookPlace = member(value, "hook") else { return nil }
    guard let hook = string(hookPlace).flatMap({ Hook(rawValue: $0) }) else {
      throw fault("`\(text(hookPlace))` is no hook", at: hookPlace)
    }
    var base = BaseChain(hook: hook, priority: 0, policy: .accept)
    if let place = member(value, "type") {
      guard let type = string(place).flatMap({ ChainType(rawValue: $0) }) else {
        throw fault("`\(text(place))` is no type of chains", at: place)
      }
      base.type = type
    }
    if let place = member(value, "prio") {
      guard let priority = priority(place, in: family) else {
        throw fault("`\(text(place))` is no priority", at: place)
      }
      base.priority = priority
    }
    if let place = member(value, "policy") {
      guard let policy = string(place).flatMap({ ChainPolicy(rawValue: $0) }) else {
        throw fault("`\(text(place))` is no policy", at: place)
      }
      base.policy = policy
    }
    if let place = member(value, "dev") {
      for device in items(place) ?? [place] {
        guard let name = string(device) else { throw fault("expected a device", at: device) }
        base.devices.append(name)
      }
    }
    return base
  }

  /// `300`, `"filter"`, `"mangle + 5"`
  private func priority(_ place: JSONPlace, in family: TableFamily) -> Int32? {
    if let number = integer(place) { return Int32(exactly: number) }
    guard let text = string(place) else { return nil }
    let words = text.split(separator: " ")
    guard let first = words.first else { return nil }
    let name = String(first)
    guard let start = nftPriority(named: name, in: family) ?? Int32(name) else { return nil }
    if words.count == 1 { return start }
    guard words.count == 3, let offset = Int32(words[2]), offset >= 0 else { return nil }
    switch words[1] {
    case "+": return sum(start, offset)
    case "-": return sum(start, -offset)
    default: return nil
    }
  }

  private func sum(_ a: Int32, _ b: Int32) -> Int32? {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : sum
  }

  func set(_ value: JSONPlace, name: String) throws(RulesetReadError) -> NftReadSet {
    guard let typePlace = member(value, "type") else {
      throw fault("expected `type`", at: value)
    }
    var set = NftReadSet(name: name, types: names(typePlace))
    if let flags = member(value, "flags") {
      set.flags = names(flags)
      set.isUncertain = set.flags.isEmpty
    }
    if let place = member(value, "timeout") {
      set.timeoutSeconds = integer(place).flatMap { UInt32(exactly: $0) }
      // In a form that this does not read: not a time that is known.
      if set.timeoutSeconds == nil { set.isUncertain = true }
    }
    set.size = member(value, "size").flatMap(integer).flatMap { UInt32(exactly: $0) }
    if let elements = member(value, "elem") { set.elements.append(elements) }
    // A statement for every element; all but a counter decide whether it matches.
    if let statements = member(value, "stmt") {
      set.isUncertain =
        set.isUncertain
        || (items(statements) ?? [statements]).contains {
          tagged($0)?.tag != "counter"
        }
    }
    return set
  }

  /// One word or several; empty where one of them is none.
  private func names(_ place: JSONPlace) -> [String] {
    var result: [String] = []
    for word in items(place) ?? [place] {
      guard let name = string(word) else { return [] }
      result.append(name)
    }
    return result
  }
}
