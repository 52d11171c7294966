package import PolicyDiagnostics

package struct Resolution: Sendable {
  /// `nil` if and only if one of the diagnostics is an error.
  package var policy: Policy?
  /// In the order of the text: root file first, then each file in the order in which it was read.
  package var diagnostics: [Diagnostic]
  /// All files that the diagnostics and origins point into.
  package var sources: SourceMap

  package init(policy: Policy?, diagnostics: [Diagnostic], sources: SourceMap) {
    self.policy = policy
    self.diagnostics = diagnostics
    self.sources = sources
  }
}

/// Finds out what a policy means: parses it and the files that it names, and resolves every name.
///
/// One run reports the errors of all files. Warnings do not stop it.
package func resolve(
  _ root: SourceFile, files: FileReader, accounts: Accounts
) -> Resolution {
  var resolver = Resolver(root: root, files: files, accounts: accounts)
  resolver.loadFiles()
  resolver.collectDefinitions()
  resolver.resolveHeader()
  resolver.resolveInterfaces()
  for index in resolver.statements.indices { resolver.resolveStatement(at: index) }
  resolver.joinTunnels()
  resolver.checkWhole()
  resolver.reportUnusedDefinitions()
  return resolver.resolution()
}
