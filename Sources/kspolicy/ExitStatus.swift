import ArgumentParser

/// What the program says to a script; `64`, wrong usage, is ArgumentParser's own.
enum ExitStatus {
  /// The policy has an error, or a file is not formatted.
  static let findings = ExitCode(1)
  /// The answer is the one that was asked to be told: not equal, not passed.
  static let differs = ExitCode(2)
  /// The world failed (`EX_SOFTWARE`, sysexits.h).
  static let failure = ExitCode(70)
}
