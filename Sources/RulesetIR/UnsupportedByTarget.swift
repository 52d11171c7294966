/// What a target cannot say, and where the policy asks for it.
package struct UnsupportedByTarget: Error, Equatable, Sendable {
  /// Netfilter's words for it: "socket cgroupv2 in libnftables JSON".
  package var what: String
  /// What to do instead.
  package var instead: String
  package var origin: RuleOrigin?

  package init(_ what: String, instead: String, origin: RuleOrigin?) {
    self.what = what
    self.instead = instead
    self.origin = origin
  }
}
