package import PolicyDiagnostics

package struct Resolution: Sendable {
  /// `nil` if and only if one of the diagnostics is an error.
  package var policy: Policy?
  /// In the order of the text: root file first, then each file in the order in which it was read.
  package var diagnostics: [Diagnostic]
  /// All files that the diagnostics and origins point into.
  package var sources: SourceMap
  /// The packets that were asked about; `nil` where none were, or a diagnostic is an error.
  package var question: Expectation?

  package init(
    policy: Policy?, diagnostics: [Diagnostic], sources: SourceMap, question: Expectation? = nil
  ) {
    self.policy = policy
    self.diagnostics = diagnostics
    self.sources = sources
    self.question = question
  }
}

/// Finds out what a policy means: parses it and the files that it names, and resolves every name.
///
/// One run reports the errors of all files. Warnings do not stop it.
///
/// - Parameter question: the packets that somebody asks about, as an `expect` line has them behind its
///   verdict; they may use the policy's definitions.
package func resolve(
  _ root: SourceFile, files: FileReader, accounts: Accounts, asking question: SourceFile? = nil
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
  if let question { resolver.resolveQuestion(question) }
  return resolver.resolution()
}
