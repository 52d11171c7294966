import LeakCheck
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR

/// What becomes of some packets, and all that it takes to tell it.
struct ExplainResult {
  var policy: Policy
  var words: RuleWords
  var ruleset: Ruleset
  var question: Expectation
  var explanation: Explanation
  var sources: SourceMap
}

/// An answer, or what is wrong with the policy or the question.
struct Explained {
  /// `nil` where one of them has an error.
  var result: ExplainResult?
  var report: Report
}

/// The name of the question in messages.
private let questionName = "<packet>"

func explain(
  _ source: SourceFile, packets: String, words: RuleWords, files: FileReader, accounts: Accounts
) -> Explained {
  let resolution = resolve(
    source, files: files, accounts: accounts,
    asking: SourceFile(name: questionName, text: packets))
  let sources = namedFromHere(resolution.sources, question: questionName)
  var diagnostics = resolution.diagnostics
  var result: ExplainResult?
  if let policy = resolution.policy, let question = resolution.question {
    do throws(UnsupportedByTarget) {
      let ruleset = try lower(policy, to: words.dialect, version: kspolicyVersion)
      let tags = try takenBits(by: policy)
      result = ExplainResult(
        policy: policy, words: words, ruleset: ruleset, question: question,
        explanation: LeakCheck.explain(question, policy, ruleset, tags: tags), sources: sources)
    } catch {
      diagnostics.append(diagnostic(error, words.rawValue, in: resolution.sources))
    }
  }
  return Explained(result: result, report: Report(diagnostics, sources: sources))
}

/// The words of a packet as one text.
///
/// A shell takes the quotes of `cgroup "a/b"` away; the path gets them back.
func packetText(_ words: [String]) -> String {
  var parts: [String] = []
  for word in words {
    let isPath = parts.last == "cgroup" && !word.hasPrefix("\"")
    parts.append(isPath ? "\"\(word)\"" : word)
  }
  return parts.joined(separator: " ")
}

extension ExplainResult {
  /// The file of a line that rules name: the root by its own name, others below its folder.
  func file(of origin: RuleOrigin) -> SourceFile? {
    let root = sources[.root]
    if splitPath(root.name).name == origin.file { return root }
    let folder = splitPath(root.name).folder
    return sources.files.dropFirst().first { $0.name == folder + origin.file }
  }
}
