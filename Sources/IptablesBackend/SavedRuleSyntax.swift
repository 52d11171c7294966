import RulesetIR

/// A rule's options as they stand in the text, each with its arguments.
struct SavedRuleSyntax {
  /// Options of iptables itself: `-s`, `-i`, `-p`…
  private(set) var core: [SavedOption] = []
  /// In the order of their `-m`.
  private(set) var modules: [SavedExtension] = []
  private(set) var target: SavedExtension?
  /// `-g` instead of `-j`.
  private(set) var isGoto = false
  private var current = Place.core

  private enum Place {
    case core
    case module(Int)
    case target
  }

  /// - Parameters:
  ///   - words: what stands behind the chain's name.
  ///   - chains: the table's chains, which take no options.
  init(
    _ words: ArraySlice<SavedWord>, isChain: (String) -> Bool
  ) throws(RulesetReadError) {
    var rest = words
    while let word = rest.popFirst() {
      var negation: SavedWord?
      var option = word
      if word.isNegation {
        guard let next = rest.popFirst() else { throw word.error("expected an option after `!`") }
        (negation, option) = (word, next)
      }
      if option.isOption, let name = CoreOption(rawValue: option.text) {
        try read(name, option, isNegated: negation != nil, isChain, &rest)
      } else {
        try readExtensionOption(option, negation, &rest)
      }
    }
  }

  private mutating func read(
    _ name: CoreOption, _ word: SavedWord, isNegated: Bool, _ isChain: (String) -> Bool,
    _ rest: inout ArraySlice<SavedWord>
  ) throws(RulesetReadError) {
    var option = SavedOption(name: word, isNegated: isNegated)
    try option.takeArguments(name.kind.argumentCount, from: &rest)
    switch name.kind {
    case .module:
      if option.isNegated { throw word.error("\(word.quoted) cannot be negated") }
      let module = option.arguments[0]
      modules.append(SavedExtension(module, known: MatchModules.options[module.text]))
      current = .module(modules.count - 1)
    case .jump, .goto:
      if option.isNegated { throw word.error("\(word.quoted) cannot be negated") }
      if target != nil { throw word.error("a second target in one rule") }
      let called = option.arguments[0]
      target = SavedExtension(
        called, known: isChain(called.text) ? [:] : SavedTargets.options[called.text])
      isGoto = name.kind == .goto
      current = .target
    case .source, .destination, .input, .output, .transport, .fragment, .counters:
      if core.contains(where: { CoreOption(rawValue: $0.name.text)?.kind == name.kind }) {
        throw word.error("\(word.quoted) is given twice")
      }
      core.append(option)
    }
  }

  /// An option of the extension that was named last, or of an earlier one, or of the protocol's own.
  private mutating func readExtensionOption(
    _ word: SavedWord, _ negation: SavedWord?, _ rest: inout ArraySlice<SavedWord>
  ) throws(RulesetReadError) {
    switch current {
    case .core: break
    case .module(let index):
      if try modules[index].take(word, negation, &rest) { return }
    case .target:
      if try target?.take(word, negation, &rest) == true { return }
    }
    for index in modules.indices.reversed() where modules[index].knows(word) {
      if try modules[index].take(word, negation, &rest) { return }
    }
    if let name = impliedModule(word) {
      modules.append(SavedExtension(name, known: MatchModules.options[name.text]))
      if try modules[modules.count - 1].take(word, negation, &rest) { return }
    }
    for index in modules.indices.reversed() where !modules[index].isKnown {
      if try modules[index].take(word, negation, &rest) { return }
    }
    throw word.error("expected an option, found \(word.quoted)")
  }

  /// `-p tcp --dport 22` needs no `-m tcp`.
  private func impliedModule(_ word: SavedWord) -> SavedWord? {
    let option = core.first { CoreOption(rawValue: $0.name.text)?.kind == .transport }
    guard word.isOption, let option, !option.isNegated else { return nil }
    guard let name = MatchModules.implied(by: option.arguments[0].text) else { return nil }
    guard MatchModules.options[name]?[word.text] != nil else { return nil }
    return SavedWord(text: name, line: word.line, column: word.column)
  }
}

/// Every way to write an option of iptables itself.
private enum CoreOption: String {
  case s = "-s"
  case source = "--source"
  case src = "--src"
  case d = "-d"
  case destination = "--destination"
  case dst = "--dst"
  case i = "-i"
  case input = "--in-interface"
  case o = "-o"
  case output = "--out-interface"
  case p = "-p"
  case `protocol` = "--protocol"
  case proto = "--proto"
  case f = "-f"
  case fragment = "--fragment"
  case c = "-c"
  case counters = "--set-counters"
  case m = "-m"
  case match = "--match"
  case j = "-j"
  case jump = "--jump"
  case g = "-g"
  case goto = "--goto"

  var kind: SavedOption.Kind {
    switch self {
    case .s, .source, .src: .source
    case .d, .destination, .dst: .destination
    case .i, .input: .input
    case .o, .output: .output
    case .p, .protocol, .proto: .transport
    case .f, .fragment: .fragment
    case .c, .counters: .counters
    case .m, .match: .module
    case .j, .jump: .jump
    case .g, .goto: .goto
    }
  }
}

/// One option with its arguments.
struct SavedOption {
  enum Kind {
    case source, destination, input, output, transport, fragment, counters, module, jump, goto

    var argumentCount: Int {
      switch self {
      case .source, .destination, .input, .output, .transport, .module, .jump, .goto: 1
      case .fragment: 0
      case .counters: 2
      }
    }
  }

  var name: SavedWord
  var isNegated: Bool
  var arguments: [SavedWord] = []

  init(name: SavedWord, isNegated: Bool) {
    self.name = name
    self.isNegated = isNegated
  }

  /// Of an option of iptables itself.
  var kind: Kind? { CoreOption(rawValue: name.text)?.kind }

  /// Takes the option's arguments, behind a `!` of the old style if there is one.
  mutating func takeArguments(
    _ count: Int, from rest: inout ArraySlice<SavedWord>
  ) throws(RulesetReadError) {
    if count > 0, let word = rest.first, word.isNegation {
      if isNegated { throw word.error("two `!` for one option") }
      isNegated = true
      rest = rest.dropFirst()
    }
    for _ in 0..<count {
      guard let word = rest.popFirst() else {
        throw name.error(
          "\(name.quoted) needs \(count == 1 ? "an argument" : "\(count) arguments")")
      }
      arguments.append(word)
    }
  }

  /// As `iptables-save` writes it.
  var text: String {
    let words = [name.text] + arguments.map { restoreQuoted($0.text) }
    return (isNegated ? "! " : "") + words.joined(separator: " ")
  }
}

/// A match module or a target with its options.
struct SavedExtension {
  let name: SavedWord
  /// The options that are understood, with the number of their arguments; `nil` for an extension that
  /// is not modelled: its words are kept as they are.
  private let known: [String: Int]?
  private(set) var options: [SavedOption] = []
  private var rawWords: [String] = []

  init(_ name: SavedWord, known: [String: Int]?) {
    self.name = name
    self.known = known
  }

  var isKnown: Bool { known != nil }

  func knows(_ word: SavedWord) -> Bool { word.isOption && known?[word.text] != nil }

  /// - Returns: false where the word is no option of this extension.
  mutating func take(
    _ word: SavedWord, _ negation: SavedWord?, _ rest: inout ArraySlice<SavedWord>
  ) throws(RulesetReadError) -> Bool {
    guard let known else {
      if negation != nil { rawWords.append("!") }
      rawWords.append(restoreQuoted(word.text))
      return true
    }
    guard word.isOption, let count = known[word.text] else { return false }
    if options.contains(where: { $0.name.text == word.text }) {
      throw word.error("\(word.quoted) is given twice")
    }
    var option = SavedOption(name: word, isNegated: negation != nil)
    try option.takeArguments(count, from: &rest)
    options.append(option)
    return true
  }

  subscript(_ names: String...) -> SavedOption? {
    options.first { names.contains($0.name.text) }
  }

  /// Name and options, as `iptables-save` writes them.
  var text: String {
    ([restoreQuoted(name.text)] + options.map(\.text) + rawWords).joined(separator: " ")
  }
}
