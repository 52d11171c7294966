import PacketSpace
import RulesetIR

extension RuleReader {
  /// `-m set`: a look-up in a set of the kernel's ipset.
  mutating func readSet(_ module: SavedExtension) throws(RulesetReadError) {
    let option = try module.required("--match-set")
    let (name, flags) = (option.arguments[0], option.arguments[1])
    guard let set = surroundings.ipsets[name.text] else {
      throw name.error("set \(name.quoted) is not in the text of the sets")
    }
    // A look-up that counts still answers the same.
    let plain = ["--match-set", "--update-counters", "--update-subcounters"]
    let text = "set --match-set \(name.text) \(flags.text)"
    if module.options.contains(where: { !plain.contains($0.name.text) }) {
      return addOpaque(module.text, isStateful: set.changes)
    }
    switch set.contents {
    case .addresses(let elements) where !set.changes:
      guard let elements = elements.filter({ $0.family == family }).first else {
        // A set of the other family never has the packet.
        if !option.isNegated { addNever() }
        return
      }
      guard let field = flags.addressField else {
        return addOpaque(text, isNegated: option.isNegated)
      }
      use(NamedSet(name: name.text, elements: elements, size: nil))
      add(
        .address(
          field, .set(name: name.text, family: family, maskLength: nil),
          isNegated: option.isNegated))
    case .asked(let setFamily, let timeoutSeconds, let size):
      guard let (address, port) = flags.addressAndPort, setFamily == family else {
        return addOpaque(text, isNegated: option.isNegated, isStateful: true)
      }
      let elements = SetElements.asked(family, timeoutSeconds: timeoutSeconds)
      use(NamedSet(name: name.text, elements: elements, size: size))
      add(
        .asked(set: name.text, family: family, address, port), isNegated: option.isNegated)
    case .addresses, .unmodelled:
      addOpaque(text, isNegated: option.isNegated, isStateful: set.changes)
    }
  }

  /// `-m iprange`.
  mutating func readRanges(_ module: SavedExtension) throws(RulesetReadError) {
    for option in module.options {
      let field: AddressField = option.name.text == "--src-range" ? .source : .destination
      let word = option.arguments[0]
      let (lower, upper) = try word.addressRange(family)
      let operand: AddressOperand
      let covering = AddressSet([AddressBlock(lower, upper)]).prefixes(family)
      if covering.count == 1 {
        operand = .prefix(covering[0])
      } else {
        // No set of the kernel can have a blank in its name.
        let name = "iprange \(lower.text)-\(upper.text)"
        let elements: SetElements =
          switch family {
          case .ipv4: .ipv4Ranges([IPv4Range(UInt32(lower.bits), UInt32(upper.bits))])
          case .ipv6: .ipv6Ranges([IPv6Range(lower.bits, upper.bits)])
          }
        use(NamedSet(name: name, elements: elements, size: nil))
        operand = .set(name: name, family: family, maskLength: nil)
      }
      add(.address(field, operand, isNegated: option.isNegated))
    }
  }
}

extension AddressBlock {
  /// Both of one family.
  fileprivate init(_ lower: IPAddress, _ upper: IPAddress) {
    switch lower.family {
    case .ipv4: self = .ipv4(IPv4Range(UInt32(lower.bits), UInt32(upper.bits)))
    case .ipv6: self = .ipv6(IPv6Range(lower.bits, upper.bits))
    }
  }
}

extension SavedWord {
  /// `src` or `dst`; `nil` for several.
  fileprivate var addressField: AddressField? {
    switch text {
    case "src": .source
    case "dst": .destination
    default: nil
    }
  }

  /// Two of `src` and `dst`: of the address and of the port.
  var addressAndPort: (AddressField, PortField)? {
    switch text {
    case "src,src": (.source, .source)
    case "src,dst": (.source, .destination)
    case "dst,src": (.destination, .source)
    case "dst,dst": (.destination, .destination)
    default: nil
    }
  }
}
