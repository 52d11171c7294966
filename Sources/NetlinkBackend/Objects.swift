package import Netfilter
package import RulesetIR

/// A table as the kernel keeps it.
package struct NetlinkTable: Equatable, Sendable {
  package var family: TableFamily
  package var name: String
  package var flags: TableFlags
  /// Without the anonymous ones, which stand in their rules.
  package var sets: [NetlinkSet]
  package var chains: [NetlinkChain]

  package var id: TableID { TableID(family: family, name: name) }
}

package struct TableID: Hashable, Sendable {
  package var family: TableFamily
  package var name: String

  package init(family: TableFamily, name: String) {
    self.family = family
    self.name = name
  }

  package var text: String { "\(family.rawValue) \(name)" }
}

package struct NetlinkChain: Equatable, Sendable {
  package var name: String
  package var base: BaseChain?
  package var rules: [NetlinkRule]
}

package struct NetlinkRule: Hashable, Sendable {
  package var expressions: [NftExpression]
  /// A comment, as nft writes it.
  package var userdata: [UInt8]
  /// The policy line; not part of what the kernel keeps.
  package var origin: RuleOrigin?

  /// Equal for rules that do the same, whatever they have counted.
  package var withoutCounts: NetlinkRule {
    var result = self
    result.origin = nil
    for index in result.expressions.indices {
      if case .counter = result.expressions[index] {
        result.expressions[index] = .counter(packets: 0, bytes: 0)
      }
    }
    return result
  }
}

package struct NetlinkSet: Hashable, Sendable {
  package var name: String
  package var flags: SetFlags
  package var keyType: UInt32
  package var keyByteCount: Int
  /// The most elements that it may have; `nil` for no limit.
  package var size: UInt32?
  package var timeoutMilliseconds: UInt64?
  package var userdata: [UInt8]
  package var elements: ElementList
  /// Elements carry more than keys: a map, or counters of others.
  package var isOpaque = false

  /// Equal for sets that one name can stand for.
  var shape: NetlinkSet {
    var result = self
    result.name = ""
    result.userdata = []
    result.elements = ElementList(keyByteCount: keyByteCount)
    return result
  }
}
