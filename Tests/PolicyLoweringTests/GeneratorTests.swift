import PolicyGenerator
import PolicySyntax
import Testing

@Suite struct GeneratorTests {
  @Test func `random policies are valid and use every word of the language`() throws {
    var generator = PolicyGenerator(seed: 1)
    var words: Set<Substring> = []
    for _ in 0..<300 {
      let generated = generator.next()
      _ = try resolved(generated)
      words.formUnion(generated.text.split { !($0.isLetter || $0.isNumber || "-_".contains($0)) })
    }
    let unused = Keyword.all.subtracting(words.map { String($0) })
    #expect(unused.sorted() == [])
  }

  @Test func `the same seed makes the same policies`() {
    var (one, other) = (PolicyGenerator(seed: 7), PolicyGenerator(seed: 7))
    for _ in 0..<20 { #expect(one.next().description == other.next().description) }
  }
}
