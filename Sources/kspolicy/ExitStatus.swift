import ArgumentParser

/// What the program says to a script; `64`, wrong usage, is ArgumentParser's own.
enum ExitStatus {
  /// The policy has an error, or a file is not formatted.
  static let findings = ExitCode(1)
  /// The world failed (`EX_SOFTWARE`, sysexits.h).
  static let failure = ExitCode(70)
}
