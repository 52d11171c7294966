import LeakCheck
import PacketSpace
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR
import Testing

@testable import kspolicy

/// What `check` does about a packet of which its two ways of reading rules say different things.
@Suite struct DisagreementTests {
  private let text = """
    policy t
    tunnel wg0 { endpoint 198.51.100.7 udp 51820; address 10.64.0.2 }
    expect block udp to 198.51.100.7 port 51820 out eth0
    """

  private func checked() throws -> (result: CheckResult, sources: SourceMap) {
    let source = SourceFile(name: "t.ksp", text: text)
    let checked = check(
      source, files: FileReader(files: [:]), accounts: goldenAccounts, showingNotes: false)
    return (try #require(checked.result), SourceMap(root: source))
  }

  /// The same packet with the verdict that the rules do not give it.
  private func mistaken(_ example: ExplainedPacket) -> ExplainedPacket {
    var result = example
    result.passes.toggle()
    return result
  }

  @Test func `packets that both ways agree about are shown`() throws {
    let (result, sources) = try checked()
    let diagnostics = result.diagnostics(showingNotes: false, sources)
    #expect(diagnostics.map(\.id) == ["ep-anyproc", "expectation-failed"])
    #expect(diagnostics.allSatisfy { $0.notes.contains { $0.hasPrefix("packet: udp ") } })
  }

  @Test func `a doubtful packet is an internal error and is not shown as a fact`() throws {
    var (result, sources) = try checked()
    for index in result.findings.indices where result.findings[index].id == .endpointAnyProcess {
      result.findings[index].example = result.findings[index].example.map(mistaken)
    }
    result.expectations[0].broken = result.expectations[0].broken.map(mistaken)
    let diagnostics = result.diagnostics(showingNotes: false, sources)
    #expect(diagnostics.map(\.id) == ["ep-anyproc", "not-proven", "not-proven"])
    #expect(!diagnostics.contains { $0.notes.contains { $0.hasPrefix("packet: ") } })
    for doubt in diagnostics.dropFirst() {
      #expect(doubt.severity == .error)
      #expect(doubt.message.hasPrefix("internal error: "))
    }
    #expect(result.json.contains(#""internalError": true"#))
  }
}
