import PacketSpace
import RulesetIR

/// The registers of the kernel, of 4 bytes each: `NFT_REG32_COUNT`.
private let partLimit = 16

extension NftTableReader {
  /// `{"match": {"op": …, "left": …, "right": …}}`
  mutating func condition(_ value: JSONPlace) throws(RulesetReadError) -> NftReadCondition {
    guard let operation = tree.member(value, "op").flatMap({ tree.string($0) }),
      let left = tree.member(value, "left"), let right = tree.member(value, "right")
    else { throw tree.fault("expected `match` with `op`, `left` and `right`", at: value) }
    guard let comparison = NftComparison(operation) else {
      throw tree.fault("`\(brief(operation))` is no comparison", at: value)
    }
    let text = tree.text(left: left, operation, right: right)
    guard let operand = try operand(right) else {
      let matches = tree.implied(left) + [opaque(text, isStateful: true)]
      return NftReadCondition(alternatives: [matches], text: text)
    }
    let found: Alternatives?
    if let parts = tree.member(left, "concat") {
      found = concatenation(left, tree.items(parts) ?? [], comparison, operand)
    } else {
      found = tree.field(left, in: source.family).flatMap { meaning($0, comparison, operand) }
    }
    return NftReadCondition(
      alternatives: found ?? [tree.implied(left) + [opaque(text)]], text: text)
  }

  /// `FIELD . FIELD`, spelled out where there are few elements.
  private mutating func concatenation(
    _ left: JSONPlace, _ parts: [JSONPlace], _ comparison: NftComparison, _ right: NftOperand
  ) -> Alternatives? {
    guard comparison == .equal || comparison == .any else { return nil }
    if case .asked(let family, _)? = right.set?.elements {
      guard let key = tree.askedKey(left, in: source.family), key.family == family else {
        return nil
      }
      let asked = Match.asked(
        set: right.set?.name ?? "", family: family, key.address, key.port)
      return [draft.knows(only: [17]) ? [asked] : [.transport([17]), asked]]
    }
    guard right.set == nil, right.places.count <= 64, parts.count <= partLimit else { return nil }
    var fields: [NftReadField] = []
    for part in parts {
      guard let field = tree.field(part, in: source.family) else { return nil }
      fields.append(field)
    }
    let setCount = newSets.count
    var result: Alternatives = []
    for place in right.places {
      guard let element = elementMeaning(fields, place) else {
        newSets.removeSubrange(setCount...)
        return nil
      }
      result += element
    }
    return result
  }

  /// What it takes to be this element of a set with such a key.
  mutating func keyMeaning(_ key: JSONPlace, _ element: JSONPlace) -> Alternatives? {
    guard let parts = tree.member(key, "concat") else {
      let operand = NftOperand(places: [element], isSet: true)
      return tree.field(key, in: source.family).flatMap { meaning($0, .equal, operand) }
    }
    var fields: [NftReadField] = []
    let places = tree.items(parts) ?? []
    if places.count > partLimit { return nil }
    for part in places {
      guard let field = tree.field(part, in: source.family) else { return nil }
      fields.append(field)
    }
    return elementMeaning(fields, element)
  }

  /// One element of a set whose key has these fields.
  private mutating func elementMeaning(_ fields: [NftReadField], _ element: JSONPlace)
    -> Alternatives?
  {
    guard let element = tree.plainElement(element),
      let values = tree.member(element, "concat").flatMap({ tree.items($0) }),
      values.count == fields.count
    else { return nil }
    var result: Alternatives = [[]]
    for (field, value) in zip(fields, values) {
      guard let part = meaning(field, .equal, NftOperand(places: [value], isSet: true)) else {
        return nil
      }
      result = result.flatMap { way in part.map { way + $0 } }
      if result.count > 64 { return nil }
    }
    return result
  }
}
