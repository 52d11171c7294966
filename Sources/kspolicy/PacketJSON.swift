import LeakCheck
import PacketSpace
import PolicyDiagnostics

extension PacketWitness {
  /// Its line, and the fields that it has, by the names that `docs/explain.md` lists.
  var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("text", .string(text))]
    func add(_ key: String, _ value: JSONValue?) {
      if let value { members.append((key, value)) }
    }
    let family: AddressFamily = self.number(.family) == 1 ? .ipv6 : .ipv4
    func address(_ field: PacketField) -> JSONValue? {
      self.number(field).map { .string(IPAddress(family: family, bits: $0).text) }
    }
    add("family", .string(family.rawValue))
    add("protocol", integer(.transport))
    add("from", address(.source(family)))
    add("to", address(.destination(family)))
    if hasPorts {
      add("sport", integer(.sourcePort))
      add("port", integer(.destinationPort))
    }
    if hasICMPType { add("icmpType", integer(.icmpType)) }
    if hasPorts, self.number(.transport) == 6 { add("tcpFlags", integer(.tcpFlags)) }
    add("laterFragment", self.number(.laterFragment) == 1 ? .boolean(true) : nil)
    add("in", interface(.inputInterface).map { .string($0) })
    add("inType", interface(.inputInterface) == nil ? nil : integer(.inputType))
    add("out", interface(.outputInterface).map { .string($0) })
    add("outType", interface(.outputInterface) == nil ? nil : integer(.outputType))
    add("state", named(.ctState) { PacketCTState(rawValue: $0).map { "\($0)" } })
    add("direction", named(.ctDirection) { ["original", "reply"].dropFirst(Int($0)).first })
    add("origin", named(.origin) { PacketOrigin(rawValue: $0).map { "\($0)" } })
    add("mark", integer(.mark))
    add("user", owner(.user))
    add("group", owner(.group))
    add("ttl", integer(.hopLimit))
    let cgroups = values.keys.sorted().compactMap { field -> JSONValue? in
      if case .cgroup(let path) = field, self.number(field) == 1 { .string(path) } else { nil }
    }
    if !cgroups.isEmpty { add("cgroups", .array(cgroups)) }
    return .object(members)
  }

  private var hasPorts: Bool {
    [6, 17, 132].contains(number(.transport)) && number(.laterFragment) != 1
  }

  private var hasICMPType: Bool {
    [1, 58].contains(number(.transport)) && number(.laterFragment) != 1
  }

  private func integer(_ field: PacketField) -> JSONValue? {
    number(field).map { .integer(Int($0)) }
  }

  private func owner(_ field: PacketField) -> JSONValue? {
    number(field) == PacketField.noOwner ? nil : integer(field)
  }

  private func named(_ field: PacketField, _ name: (UInt8) -> String?) -> JSONValue? {
    number(field).flatMap { name(UInt8($0)) }.map { .string($0) }
  }
}
