import IptablesBackend
import NftablesBackend
import Policy
import PolicyDiagnostics
import PolicyLowering
import RulesetIR

/// A policy as rules, or what is wrong with it.
struct Compilation {
  /// `nil` if and only if the report has an error.
  var output: [UInt8]?
  var report: Report
}

func compile(
  _ source: SourceFile, to target: Target, files: FileReader, accounts: Accounts
) -> Compilation {
  let resolution = resolve(source, files: files, accounts: accounts)
  var diagnostics = resolution.diagnostics
  var output: [UInt8]?
  if let policy = resolution.policy {
    do throws(UnsupportedByTarget) {
      output = try render(policy, as: target, sourceName: splitPath(source.name).name)
    } catch {
      diagnostics.append(diagnostic(error, target.rawValue, in: resolution.sources))
    }
  }
  return Compilation(
    output: output, report: Report(diagnostics, sources: namedFromHere(resolution.sources)))
}

/// The files by names that can be opened: an included one is known by its path in the policy's folder.
///
/// - Parameter question: no file, and so not in the folder.
func namedFromHere(_ sources: SourceMap, question: String? = nil) -> SourceMap {
  let folder = splitPath(sources[.root].name).folder
  if folder.isEmpty { return sources }
  var result = SourceMap(root: sources[.root])
  for var file in sources.files.dropFirst() {
    if file.name != question { file.name = folder + file.name }
    _ = result.add(file)
  }
  return result
}

private func render(
  _ policy: Policy, as target: Target, sourceName: String
) throws(UnsupportedByTarget) -> [UInt8] {
  let ruleset = try lower(policy, to: target.dialect, version: kspolicyVersion)
  let header = fileHeader(of: ruleset, as: target, sourceName: sourceName)
  switch target {
  case .nftJSON: return try nftJSON(ruleset)
  case .nft: return try nftText(ruleset, header: header)
  case .iptables: return try iptablesScript(ruleset, header: header, policy: policy.name)
  }
}

/// What a file says of itself: no time and no path, so that the same policy gives the same bytes.
private func fileHeader(
  of ruleset: Ruleset, as target: Target, sourceName: String
) -> [String] {
  var lines = ["Compiled from \(sourceName); change the policy, not this file."]
  if let identity = identity(of: ruleset) { lines.insert(identity, at: 0) }
  switch target {
  case .nftJSON: break
  case .nft:
    lines.append("Load (again):  nft -f FILE")
    let removals = ruleset.tables.map { "nft delete table \($0.family.rawValue) \($0.name)" }
    lines.append("Remove:        \(removals.joined(separator: "; "))")
  case .iptables:
    lines.append("Load (again):  sh FILE apply")
    lines.append("Remove:        sh FILE remove")
  }
  return lines
}

func diagnostic(
  _ error: UnsupportedByTarget, _ target: String, in sources: SourceMap
) -> Diagnostic {
  Diagnostic(
    .notExpressible, "the target `\(target)` cannot express \(error.what)",
    at: range(of: error.origin, in: sources), notes: [error.instead])
}

/// The text of a policy line; the start of the policy for what no single line asks for.
func range(of origin: RuleOrigin?, in sources: SourceMap) -> SourceRange {
  guard let origin else { return SourceRange(file: .root, start: 0, end: 0) }
  let included = sources.files.indices.dropFirst().first { sources.files[$0].name == origin.file }
  let file = FileID(included ?? 0)
  let bytes = sources[file].bytes
  let lines = bytes.split(
    separator: UInt8(ascii: "\n"), maxSplits: origin.line, omittingEmptySubsequences: false)
  guard lines.indices.contains(origin.line - 1) else {
    return SourceRange(file: file, start: bytes.count, end: bytes.count)
  }
  let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
  let line = lines[origin.line - 1]
  let start = line.firstIndex { !isBlank($0) } ?? line.endIndex
  let end = line.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
  return SourceRange(file: file, start: start, end: end)
}
