import PacketSpace
import PolicyDiagnostics
import PolicySyntax

/// What a value stands for where it is used.
enum ValueUse: Hashable {
  case address, port, mark, interface, user, group, protocolNumber, icmpType, icmpv6Type

  var noun: String {
    switch self {
    case .address: "an address"
    case .port: "a port"
    case .mark: "a mark"
    case .interface: "an interface"
    case .user: "a user"
    case .group: "a group"
    case .protocolNumber: "a protocol number"
    case .icmpType: "an ICMP type"
    case .icmpv6Type: "an ICMPv6 type"
    }
  }
}

struct DefinitionEntry {
  var name: Name
  var definition: Definition
  var isUsed = false
  /// What its numbers were first used as, and where.
  var numbers: (use: ValueUse, site: SourceRange)?
  /// The set of a `file` definition, once it was read.
  var list: AddressList?
}

/// One value that is not a set and not a definition's name.
struct Leaf {
  enum Content {
    case value(ValueKind)
    case list(AddressList)
  }

  var content: Content
  /// Where the value is written: perhaps in a definition.
  var range: SourceRange
  /// Where it is used; `range` itself for what stands in a statement.
  var site: SourceRange
  /// The definition that it is written in.
  var owner: String?
}

extension Resolver {
  mutating func collectDefinitions() {
    for statement in statements {
      guard case .define(let name, let definition) = statement.kind else { continue }
      if Keyword.all.contains(name.text) {
        report(
          .definitionNamedLikeKeyword,
          "\(quoted(name.text)) is a word of the language and cannot be defined", at: name.range)
      } else if let first = definitions[name.text] {
        report(
          .duplicateDefinition, "\(quoted(name.text)) is defined twice", at: name.range,
          related: [Label(first.name.range, "first defined here")])
      } else {
        definitions[name.text] = DefinitionEntry(name: name, definition: definition)
        definitionNames.append(name.text)
      }
    }
    reportRecursion()
  }

  mutating func reportUnusedDefinitions() {
    for name in definitionNames {
      guard let entry = definitions[name], !entry.isUsed else { continue }
      if !hasSyntaxErrors {
        report(
          .unusedDefinition, "\(quoted(name)) is defined but never used", at: entry.name.range,
          severity: .warning)
      }
      checkUnused(entry)
    }
  }

  /// Addresses are wrong or right whatever they are used for.
  private mutating func checkUnused(_ entry: DefinitionEntry) {
    switch entry.definition {
    case .file(let path): _ = list(of: entry.name.text, path)
    case .values(let values):
      for value in flattened(values.values) {
        if case .address(let text) = value.kind { _ = block(text, at: value.range) }
      }
    }
  }

  // MARK: Values

  /// The values of a list with its sets and definitions taken apart, each definition once.
  mutating func leaves(of values: [Value], as use: ValueUse) -> [Leaf] {
    var result: [Leaf] = []
    var visited: Set<String> = []
    var pending = values.reversed().map { (value: $0, site: $0.range, owner: String?.none) }
    while let (value, site, owner) = pending.popLast() {
      switch value.kind {
      case .set(let elements):
        for element in elements.reversed() {
          pending.append((element, owner == nil ? element.range : site, owner))
        }
      case .word(let word):
        guard let entry = definitions[word] else {
          result.append(
            Leaf(content: .value(value.kind), range: value.range, site: site, owner: owner))
          continue
        }
        definitions[word]?.isUsed = true
        if !visited.insert(word).inserted { continue }
        switch entry.definition {
        case .file(let path):
          guard let list = list(of: word, path) else { continue }
          result.append(Leaf(content: .list(list), range: path.range, site: site, owner: word))
        case .values(let list):
          for element in list.values.reversed() { pending.append((element, site, word)) }
        }
      case .number, .numberRange:
        noteNumber(of: owner, as: use, at: site)
        result.append(
          Leaf(content: .value(value.kind), range: value.range, site: site, owner: owner))
      case .string, .pattern, .address:
        result.append(
          Leaf(content: .value(value.kind), range: value.range, site: site, owner: owner))
      }
    }
    return result
  }

  /// A number in a definition gets its kind from its first use.
  private mutating func noteNumber(of owner: String?, as use: ValueUse, at site: SourceRange) {
    guard let owner, let entry = definitions[owner] else { return }
    guard let first = entry.numbers else {
      definitions[owner]?.numbers = (use, site)
      return
    }
    if first.use == use { return }
    report(
      .wrongKind, "\(quoted(owner)) is used as \(use.noun) here and as \(first.use.noun) elsewhere",
      at: site, related: [Label(first.site, "used as \(first.use.noun) here")],
      notes: ["define a second name for the second meaning"])
  }

  /// Reports a value that cannot be what it is used as.
  mutating func reportWrongKind(_ leaf: Leaf, as use: ValueUse) {
    if case .value(.word(let word)) = leaf.content, use != .interface {
      reportUndefined(word, leaf, as: use)
      return
    }
    let found = leaf.content.description
    guard let owner = leaf.owner else {
      report(.wrongKind, "expected \(use.noun), found \(found)", at: leaf.range)
      return
    }
    report(
      .wrongKind, "expected \(use.noun), but \(quoted(owner)) holds \(found)", at: leaf.site,
      related: [Label(leaf.range, "defined here")])
  }

  private mutating func reportUndefined(_ word: String, _ leaf: Leaf, as use: ValueUse) {
    if brokenDefinitions.contains(word) { return }
    var candidates = definitionNames
    if use == .address { candidates += Keyword.builtInRanges }
    var notes: [String] = []
    if use == .address, word.contains(".") { notes = ["a host name is written in quotes"] }
    let guess = guess(word, at: leaf.range, among: candidates)
    report(
      .undefinedName, "expected \(use.noun), and \(quoted(word)) is not defined\(guess.question)",
      at: leaf.range, related: leaf.owner == nil ? [] : [Label(leaf.site, "used here")],
      fixIts: guess.fixIts, notes: notes)
  }

  // MARK: Recursion

  /// Reports each definition that leads to itself.
  private mutating func reportRecursion() {
    var finished: Set<String> = []
    for start in definitionNames where !finished.contains(start) {
      var path: [(name: String, references: [Name], next: Int)] = [
        (start, references(of: start), 0)
      ]
      var open: Set<String> = [start]
      while let (name, references, next) = path.last {
        if next == references.count {
          finished.insert(name)
          open.remove(name)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let reference = references[next]
        if open.contains(reference.text) {
          reportRecursive(reference)
        } else if !finished.contains(reference.text) {
          path.append((reference.text, self.references(of: reference.text), 0))
          open.insert(reference.text)
        }
      }
    }
  }

  private mutating func reportRecursive(_ reference: Name) {
    guard let entry = definitions[reference.text] else { return }
    report(
      .recursiveDefinition, "\(quoted(reference.text)) is defined by itself", at: reference.range,
      related: [Label(entry.name.range, "defined here")])
  }

  /// The definitions that a definition names.
  private func references(of name: String) -> [Name] {
    guard case .values(let list)? = definitions[name]?.definition else { return [] }
    return flattened(list.values).compactMap { value in
      guard case .word(let word) = value.kind, definitions[word] != nil else { return nil }
      return Name(word, value.range)
    }
  }
}

/// The values with sets taken apart; definitions stay names.
private func flattened(_ values: [Value]) -> [Value] {
  values.flatMap { value -> [Value] in
    if case .set(let elements) = value.kind { return flattened(elements) }
    return [value]
  }
}

extension Leaf.Content {
  /// As a message names it.
  var description: String {
    switch self {
    case .list: "a list of addresses"
    case .value(let kind):
      switch kind {
      case .word(let text): "the word \(quoted(text))"
      case .string(let text): "the name \"\(text.prefix(60))\""
      case .pattern(let text): "the pattern \(quoted(text + "*"))"
      case .number(let number): "the number `\(number)`"
      case .numberRange(let low, let high): "the range `\(low)-\(high)`"
      case .address(let text): "the address \(quoted(text))"
      case .set: "a set"
      }
    }
  }
}
