import Foundation

/// A policy of the project under the names and addresses of this network.
///
/// Only names and addresses change: what the policy says about them stays.
func projectPolicy(_ name: String, _ replacements: KeyValuePairs<String, String> = [:]) throws
  -> String
{
  let file = packageRoot.appending(path: "policies/\(name).ksp")
  var text = try String(contentsOf: file, encoding: .utf8)
  for (old, new) in replacements {
    if !text.contains(old) { throw HarnessError("\(name).ksp says nothing of \(old)") }
    text = text.replacingOccurrences(of: old, with: new)
  }
  return text
}
