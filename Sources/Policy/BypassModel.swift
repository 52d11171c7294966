package import PacketSpace

package struct Bypass: Equatable, Sendable {
  package var name: String
  /// Alternatives: one of the subjects, or one of the marks.
  package var subjects: [SubjectLine]
  package var marks: [MarkLine]
  package var destinations: [BypassDestination]
  /// Empty: any uplink.
  package var via: [InterfacePattern]
  package var because: String
  package var origin: Origin

  package init(name: String, because: String, origin: Origin) {
    self.name = name
    self.because = because
    self.origin = origin
    subjects = []
    marks = []
    destinations = []
    via = []
  }
}

package struct SubjectLine: Equatable, Sendable {
  package var subject: Subject
  package var origin: Origin

  package init(subject: Subject, origin: Origin) {
    self.subject = subject
    self.origin = origin
  }
}

package struct MarkLine: Equatable, Sendable {
  package var mark: UInt32
  package var origin: Origin

  package init(mark: UInt32, origin: Origin) {
    self.mark = mark
    self.origin = origin
  }
}

package struct BypassDestination: Equatable, Sendable {
  /// `nil`: `to any`.
  package var to: AddressSet?
  package var service: Service
  package var origin: Origin

  package init(to: AddressSet?, service: Service, origin: Origin) {
    self.to = to
    self.service = service
    self.origin = origin
  }
}
