/// What a diagnostic is about.
///
/// Raw values are printed, have a page each under `docs/diagnostics/`, and are never reused.
package enum DiagnosticCode: String, CaseIterable, Sendable {
  // Text and grammar.
  case invalidUTF8 = "invalid-utf8"
  case invalidCharacter = "invalid-character"
  case unterminatedString = "unterminated-string"
  case invalidEscape = "invalid-escape"
  case unexpectedToken = "unexpected-token"
  case unknownStatement = "unknown-statement"
  case unknownLine = "unknown-line"
  case missingBrace = "missing-brace"
  case nestingTooDeep = "nesting-too-deep"
  case emptySet = "empty-set"

  // The file as a whole.
  case unsupportedLanguage = "unsupported-language"
  case missingPolicyName = "missing-policy-name"
  case duplicatePolicyName = "duplicate-policy-name"
  case invalidPolicyName = "invalid-policy-name"
  case misplacedStatement = "misplaced-statement"
  case fileNotReadable = "file-not-readable"
  case includeCycle = "include-cycle"
  case duplicateInclude = "duplicate-include"
  case includeOutsideFolder = "include-outside-folder"
  case invalidListLine = "invalid-list-line"
  case invalidLockFile = "invalid-lock-file"
  case unlockedHostName = "unlocked-host-name"
  case invalidHostName = "invalid-host-name"

  // Names and values.
  case undefinedName = "undefined-name"
  case duplicateDefinition = "duplicate-definition"
  case definitionNamedLikeKeyword = "definition-named-like-keyword"
  case recursiveDefinition = "recursive-definition"
  case unusedDefinition = "unused-definition"
  case wrongKind = "wrong-kind"
  case invalidAddress = "invalid-address"
  case hostBitsSet = "host-bits-set"
  case invalidPrefixLength = "invalid-prefix-length"
  case invalidRange = "invalid-range"
  case invalidPort = "invalid-port"
  case invalidNumber = "invalid-number"
  case invalidMark = "invalid-mark"
  case invalidInterfaceName = "invalid-interface-name"
  case unknownUser = "unknown-user"
  case unknownGroup = "unknown-group"
  case invalidCgroupPath = "invalid-cgroup-path"
  case unknownICMPType = "unknown-icmp-type"
  case bareNumberInService = "bare-number-in-service"

  // What a policy means.
  case duplicateLine = "duplicate-line"
  case missingLine = "missing-line"
  case missingAddress = "missing-address"
  case missingService = "missing-service"
  case missingPort = "missing-port"
  case conflictingInterface = "conflicting-interface"
  case unknownInterface = "unknown-interface"
  case publicLAN = "public-lan"
  case endpointInLAN = "endpoint-in-lan"
  case endpointInInner = "endpoint-in-inner"
  case dnsOutsideLAN = "dns-outside-lan"
  case dnsPortOutsideDNSLine = "dns-port-outside-dns-line"
  case unusableAddress = "unusable-address"
  case invalidLogPrefix = "invalid-log-prefix"
  case guardNeedsUplink = "guard-needs-uplink"
  case guardWithConfine = "guard-with-confine"
  case unconfinedForward = "unconfined-forward"
  case expectNeedsInterface = "expect-needs-interface"
  case portWithoutProtocol = "port-without-protocol"
  case familyMismatch = "family-mismatch"

  // What a target can say.
  case notExpressible = "not-expressible"

  // What `check` finds in a policy that compiles.
  /// Printed by the id of the way out, which `Diagnostic.leak` holds.
  case leak
  case expectationFailed = "expectation-failed"
  case unusedRisk = "unused-risk"
  case notProven = "not-proven"
  case notAnalysed = "not-analysed"

  // What `import` says of a configuration.
  case killSwitch = "kill-switch"
  case unknownSetting = "unknown-setting"
  case invalidSetting = "invalid-setting"
  case missingSetting = "missing-setting"
  case duplicateSetting = "duplicate-setting"
  case settingNotImported = "setting-not-imported"
  case hookNotRead = "hook-not-read"
  case nameToResolve = "name-to-resolve"
  case changeConfiguration = "change-configuration"
}

extension DiagnosticCode {
  /// Only `check` says it, of policies that compile.
  package var isOfCheck: Bool {
    [.leak, .expectationFailed, .unusedRisk, .notProven, .notAnalysed].contains(self)
  }

  /// Only `import` says it, of configurations of other programs.
  package var isOfImport: Bool {
    [
      .killSwitch, .unknownSetting, .invalidSetting, .missingSetting, .duplicateSetting,
      .settingNotImported,
      .hookNotRead, .nameToResolve, .changeConfiguration,
    ].contains(self)
  }
}
