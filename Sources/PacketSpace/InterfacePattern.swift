/// The name of a network interface, or the beginning that several names share.
package struct InterfacePattern: Hashable, Comparable, Sendable {
  /// 1…15 bytes (`IFNAMSIZ` - 1, linux/if.h), no `/`, no white space, neither `.` nor `..`.
  package var name: String
  /// Matches every name that begins with `name` (`oifname "wlan*"`).
  package var isPrefix: Bool

  package init(_ name: String, isPrefix: Bool = false) {
    self.name = name
    self.isPrefix = isPrefix
  }

  package func matches(_ interface: String) -> Bool {
    isPrefix ? interface.hasPrefix(name) : interface == name
  }

  package func overlaps(_ other: InterfacePattern) -> Bool {
    switch (isPrefix, other.isPrefix) {
    case (false, _): other.matches(name)
    case (true, false): matches(other.name)
    case (true, true): name.hasPrefix(other.name) || other.name.hasPrefix(name)
    }
  }

  package static func < (a: InterfacePattern, b: InterfacePattern) -> Bool {
    (a.name, a.isPrefix ? 1 : 0) < (b.name, b.isPrefix ? 1 : 0)
  }
}
