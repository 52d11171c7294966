import Testing
import Foundation

/// One way from a policy to a kernel.
enum Target: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case nft
  case nftJSON = "nft-json"
  case iptablesNft = "iptables-nft"
  case iptablesLegacy = "iptables-legacy"

  var testDescription: String { rawValue }

  /// The value of `--target`.
  var option: String {
    switch self {
    case .nft, .nftJSON: rawValue
    case .iptablesNft, .iptablesLegacy: "iptables"
    }
  }

  var isScript: Bool { option == "iptables" }
}

/// What the compiler said about a policy and made of it.
struct Compilation {
  let target: Target
  let name: String
  let output: String
}

let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Compiles a policy file; it has to succeed.
func compileFile(_ file: String, to target: Target) throws -> Compilation {
  if let rules = try compileIfPossible(file, to: target) { return rules }
  throw HarnessError("\(file) cannot be said by \(target.rawValue)")
}

/// Nil where the target says that it cannot express the policy.
func compileIfPossible(_ file: String, to target: Target) throws -> Compilation? {
  let outcome = try runProgram(
    ["\(productFolder)/kspolicy", "compile", file, "--target", target.option])
  if outcome.status == 1, outcome.errors.contains("error[not-expressible]") { return nil }
  if !outcome.isSuccess {
    throw HarnessError("compiling \(file) ended with \(outcome.status)\n\(outcome.errors)")
  }
  let text = try String(contentsOfFile: file, encoding: .utf8)
  for line in text.split(separator: "\n") where line.hasPrefix("policy ") {
    let name = line.dropFirst("policy ".count).prefix { !$0.isWhitespace && $0 != ";" }
    return Compilation(target: target, name: String(name), output: outcome.output)
  }
  throw HarnessError("\(file) names no policy")
}
