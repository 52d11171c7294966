import PolicyDiagnostics
import PolicySyntax

/// The tree in one line for each statement, without ranges; a word whose only trace is its range is `@`.
func outline(_ tree: PolicyFile) -> [String] {
  tree.statements.map { outline($0.kind) ?? "" }
}

/// A word is bare, an address in `<>`.
private func outline(value: Value) -> String {
  switch value.kind {
  case .word(let text): text
  case .string(let text): text.debugDescription
  case .pattern(let text): "\(text)*"
  case .number(let number): "\(number)"
  case .numberRange(let first, let last): "\(first)-\(last)"
  case .address(let text): "<\(text)>"
  case .set(let values): "{" + values.map { outline(value: $0) }.joined(separator: ", ") + "}"
  }
}

/// `nil` for what the outline leaves out.
private func outline(_ node: Any) -> String? {
  switch node {
  case is SourceRange: return "@"
  case let text as String: return text.debugDescription
  case let name as Name: return name.text
  case let string as StringLiteral: return string.text.debugDescription
  case let value as Value: return outline(value: value)
  case let list as ValueList: return outline(list.values)
  case let number as UInt64: return String(number)
  case let flag as Bool: return String(flag)
  default: break
  }
  let mirror = Mirror(reflecting: node)
  switch mirror.displayStyle {
  case .optional: return mirror.children.first.flatMap { outline($0.value) }
  case .collection:
    return "[" + mirror.children.compactMap { outline($0.value) }.joined(separator: ", ") + "]"
  case .enum:
    guard let child = mirror.children.first, let name = child.label else { return "\(node)" }
    let payload = Mirror(reflecting: child.value)
    let parts = payload.displayStyle == .tuple ? fields(payload) : outline(child.value)
    return parts == "@" ? name : "\(name)(\(parts ?? ""))"
  default: return "{" + fields(mirror) + "}"
  }
}

/// The fields that say something, with their labels.
private func fields(_ mirror: Mirror) -> String {
  mirror.children.compactMap { label, value -> String? in
    if type(of: value) == SourceRange.self { return nil }
    guard let text = outline(value), text != "{}" else { return nil }
    guard let label, !label.hasPrefix("."), label != "kind" else { return text }
    return "\(label): \(text)"
  }.joined(separator: ", ")
}
