package import RulesetIR

/// The rule set with the names that sets filled by rules have in the kernel, as the readers give them.
///
/// Such a set is known to the packet space by its name alone: so rules that were read back can be
/// compared with the ones that were written.
package func namedAsInKernel(_ ruleset: Ruleset, policy name: String) -> Ruleset {
  let sets = IpsetBook(ruleset, prefix: "KSP_\(name)_")
  var result = ruleset
  for table in result.tables.indices {
    var names: [String: String] = [:]
    for index in result.tables[table].sets.indices {
      let set = result.tables[table].sets[index]
      guard case .asked = set.elements, let kernelName = sets.kernelName(set.name) else { continue }
      names[set.name] = kernelName
      result.tables[table].sets[index].name = kernelName
    }
    for chain in result.tables[table].chains.indices {
      for rule in result.tables[table].chains[chain].rules.indices {
        result.tables[table].chains[chain].rules[rule].rename(names)
      }
    }
  }
  return result
}

extension Rule {
  fileprivate mutating func rename(_ names: [String: String]) {
    for index in matches.indices { matches[index] = matches[index].renamed(names) }
    for (index, statement) in statements.enumerated() {
      if case .updateSet(let name, let address, let port) = statement {
        statements[index] = .updateSet(name: names[name] ?? name, address: address, port: port)
      }
    }
  }
}

extension Match {
  fileprivate func renamed(_ names: [String: String]) -> Match {
    switch self {
    case .asked(let name, let family, let address, let port):
      .asked(set: names[name] ?? name, family: family, address, port)
    case .not(let inner): .not(inner.renamed(names))
    case .interface, .notReceived, .deviceType, .family, .address, .transport, .port, .ctState,
      .ctDirection, .ctProtocol, .ctAddress, .ctPort, .icmpType, .icmpv6Type, .mark, .socketUser,
      .socketGroup, .cgroup, .hopLimit, .laterFragment, .tcpFlags, .ctLabel, .isIP, .arpAddress,
      .opaque:
      self
    }
  }
}
