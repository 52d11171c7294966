import Foundation
import Testing

extension KernelTests {
  @Suite struct PolicyLoadTests {
    @Test(arguments: Target.allCases)
    func `every policy loads, loads again without a change, and goes without a trace`(
      target: Target
    ) throws {
      var loaded = 0
      for policy in try policyFiles() {
        guard let rules = try compileIfPossible(policy.path, to: target) else { continue }
        loaded += 1
        let scratch = try Scratch(cgroups: policy.cgroups)
        let machine = scratch.machine
        try machine.loadForeignRules()
        let before = try machine.listing()
        try machine.load(rules)
        let once = try machine.listing()
        #expect(once != before, "\(policy) loads nothing")
        try machine.load(rules)
        try expectSame(once, machine.listing(), "\(policy), loaded again")
        if target.isScript { try machine.script(rules, "status") }
        try machine.remove(rules)
        try expectSame(before, machine.listing(), "\(policy), removed")
      }
      #expect(loaded >= 12)
    }

    @Test func `nft lists the same rules for text and JSON`() throws {
      for policy in try policyFiles() {
        let listings = try [Target.nft, .nftJSON].compactMap { target -> String? in
          guard let rules = try compileIfPossible(policy.path, to: target) else { return nil }
          let scratch = try Scratch(cgroups: policy.cgroups)
          try scratch.machine.load(rules)
          return try scratch.machine.listing()
        }
        // JSON has no word for control groups.
        if listings.count < 2, !policy.cgroups.isEmpty { continue }
        try #require(listings.count == 2)
        expectSame(listings[0], listings[1], "\(policy), text and JSON")
      }
    }

    @Test(arguments: [Target.nft, .nftJSON])
    func `a policy loaded over another one evaluates like a fresh one`(target: Target) throws {
      // What a policy with `guard` has below the IP layer stays when one without is loaded over it.
      let policies = try policyFiles().filter { !$0.hasGuard }.compactMap { policy in
        try compileIfPossible(policy.path, to: target).map { (policy, $0.renamed("same")) }
      }
      try #require(policies.count >= 12)
      for (old, new) in zip(policies, policies.dropFirst() + policies.prefix(1)) {
        let over = try Scratch(cgroups: old.0.cgroups + new.0.cgroups)
        let fresh = try Scratch(cgroups: new.0.cgroups)
        try over.machine.load(old.1)
        try over.machine.load(new.1)
        try fresh.machine.load(new.1)
        try expectSame(
          over.machine.evaluatedRules(), fresh.machine.evaluatedRules(), "\(new.0) over \(old.0)")
      }
    }
  }
}

/// Two texts that must not differ; tells the first lines that do.
private func expectSame(
  _ one: String, _ other: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  if one == other { return }
  let texts = [one, other].map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
  let difference = texts[1].difference(from: texts[0]).prefix(10).map { change in
    switch change {
    case .insert(_, let line, _): "+ \(line)"
    case .remove(_, let line, _): "- \(line)"
    }
  }
  Issue.record(
    "\(what):\n\(difference.joined(separator: "\n"))", sourceLocation: sourceLocation)
}

extension Compilation {
  /// The same rules under another policy's name.
  fileprivate func renamed(_ other: String) -> Compilation {
    Compilation(
      target: target, name: other,
      output: output.replacingOccurrences(of: "kspolicy_\(name)", with: "kspolicy_\(other)"))
  }
}

extension Machine {
  /// A rule of another tool in every chain that iptables has, so that all of them exist.
  fileprivate func loadForeignRules() throws {
    let chains = [
      "raw": ["PREROUTING", "OUTPUT"], "filter": ["INPUT", "FORWARD", "OUTPUT"],
      "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
      "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
    ]
    let text = chains.sorted { $0.key < $1.key }.map { table, names in
      (["*\(table)"] + names.map { "-A \($0) -s 192.0.2.99/32 -j ACCEPT" } + ["COMMIT"])
        .joined(separator: "\n")
    }.joined(separator: "\n")
    let text6 = text.replacingOccurrences(of: "192.0.2.99/32", with: "2001:db8::99/128")
    for kind in ["nft", "legacy"] {
      let restore = """
        iptables-\(kind)-restore --noflush <<'END' &&
        \(text)
        END
        ip6tables-\(kind)-restore --noflush <<'END'
        \(text6)
        END
        """
      try run(["sh", "-c", restore])
    }
  }

  /// The base chains and all that they lead to: what is left of an older policy decides nothing.
  fileprivate func evaluatedRules() throws -> String {
    var blocks: [String: [Substring]] = [:]
    var table = ""
    var name: String?
    for line in try run(["nft", "-s", "list", "ruleset"]).split(separator: "\n") {
      if line.hasPrefix("table ") { table = String(line.dropLast(2)) }
      if line.hasPrefix("\t"), !line.hasPrefix("\t\t"), line.hasSuffix(" {") {
        name = "\(table) \(line.dropFirst().dropLast(2))"
      }
      if let name { blocks[name, default: []].append(line) }
      if line == "\t}" { name = nil }
    }
    var reached: Set<String> = []
    var next = blocks.filter { $0.value.contains { $0.contains(" hook ") } }.map { $0.key }
    while let block = next.popLast() {
      if !reached.insert(block).inserted { continue }
      let words = Set(
        (blocks[block] ?? []).flatMap { $0.split(whereSeparator: { " @;".contains($0) }) })
      next += blocks.keys.filter { other in
        other.split(separator: " ").last.map { words.contains($0) } ?? false
      }
    }
    return reached.sorted().flatMap { blocks[$0] ?? [] }.joined(separator: "\n")
  }
}
