import Netfilter
import RulesetIR

/// Transactions as text, each rule in the words of `nft --debug=netlink`.
package func netlinkText(_ batches: [[NetlinkCommand]], header: [String]) -> [UInt8] {
  var text = ""
  for line in header { text += line.isEmpty ? "#\n" : "# \(harmless(line))\n" }
  for (index, commands) in batches.enumerated() {
    text += "\(index == 0 && header.isEmpty ? "" : "\n")# Transaction \(index + 1)\n"
    for command in commands { text += command.text }
  }
  return Array(text.utf8)
}

extension NetlinkCommand {
  /// Lines that end in a newline.
  fileprivate var text: String {
    switch self {
    case .addTable(let table, _): "add table \(table.text)\n"
    case .deleteTable(let table): "delete table \(table.text)\n"
    case .addChain(let table, let name, let base):
      "add chain \(table.text) \(name)\(base?.text ?? "")\n"
    case .deleteChain(let table, let name): "delete chain \(table.text) \(name)\n"
    case .flushChain(let table, let name): "flush chain \(table.text) \(name)\n"
    case .addRule(let table, let chain, let rule): "\n\(rule.text(in: table, chain))"
    case .addSet(let table, let set): "add set \(table.text) \(set.text)\n"
    case .deleteSet(let table, let name): "delete set \(table.text) \(name)\n"
    case .addElements(let table, let set, let elements):
      "\nadd elements \(table.text) \(set)\n\(elements.text)"
    case .deleteElements(let table, let set, let elements):
      "\ndelete elements \(table.text) \(set)\n\(elements.text)"
    }
  }
}

extension BaseChain {
  fileprivate var text: String {
    let names = devices.isEmpty ? "" : " devices \(devices.joined(separator: ", "))"
    return " type \(type.rawValue) hook \(hook.rawValue)\(names) prio \(priority)"
      + " policy \(policy.rawValue)"
  }
}

extension NetlinkSet {
  /// Flags in hexadecimal, as libnftnl prints them.
  fileprivate var text: String {
    var parts = [name, "flags \(String(flags.rawValue, radix: 16))"]
    parts.append("type \(keyType) len \(keyByteCount)")
    if let timeoutMilliseconds { parts.append("timeout \(timeoutMilliseconds)ms") }
    if let size { parts.append("size \(size)") }
    return parts.joined(separator: " ")
  }
}

extension NetlinkRule {
  fileprivate func text(in table: TableID, _ chain: String) -> String {
    var lines: [String] = []
    for expression in expressions {
      guard case .lookup(_, .anonymous(let set), _) = expression else { continue }
      lines.append(set.text)
      lines += set.elements.textLines
    }
    lines.append("\(table.text) \(chain)")
    lines += expressions.map { "  [ \(harmless($0.text)) ]" }
    if let comment { lines.append("  comment \"\(harmless(comment))\"") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What nft lists as the rule's comment.
  package var comment: String? {
    // Type, length, the text and a zero.
    guard userdata.count > 2, userdata[0] == 0, Int(userdata[1]) <= userdata.count - 2 else {
      return nil
    }
    return String(decoding: userdata[2...].prefix { $0 != 0 }, as: UTF8.self)
  }
}

extension ElementList {
  fileprivate var text: String { textLines.map { $0 + "\n" }.joined() }
}

/// Without what would end a line or change a terminal.
private func harmless(_ text: String) -> String {
  String(
    decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
}

extension NetlinkTable {
  /// One line for each thing in it, in an order of its own; counters at zero.
  package var textLines: [String] {
    var lines = ["table \(id.text) flags \(String(flags.rawValue, radix: 16))"]
    for set in sets.sorted(by: { $0.name < $1.name }) {
      lines.append("set \(set.text)")
      lines += set.elements.sorted.textLines
    }
    for chain in chains.sorted(by: { $0.name < $1.name }) {
      lines.append("chain \(chain.name)\(chain.base?.text ?? "")")
      for rule in chain.rules {
        lines += rule.withoutCounts.text(in: id, chain.name).split(separator: "\n").map {
          String($0)
        }
      }
    }
    return lines
  }
}
