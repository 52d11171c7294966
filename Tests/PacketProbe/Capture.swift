import CKernelTest
import Glibc

/// Reports every IP packet of this namespace, whatever its interface, as `packet iface=... way=in|out ...`.
///
/// On a line `mark X` it first reports what it has seen so far, then `mark X`, the number of packets that
/// it missed, and the packets of floods as `IFACE/WAY:COUNT`.
func runCapture() {
  let fd = kt_capture_open()
  if fd < 0 {
    report("failed errno=\(-fd)")
    exit(1)
  }
  report("ready")
  var capture = Capture(fd: fd)
  var input = InputLines()
  while !input.ended {
    let ready = wait(reading: [fd, STDIN_FILENO], seconds: 600)
    if ready.isEmpty { return }
    capture.drain()
    if ready.contains(STDIN_FILENO) {
      for line in input.read() {
        capture.drain()
        let floods = capture.floods.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        report("\(line) missed=\(kt_capture_missed(fd)) floods=\(floods.joined(separator: ","))")
        capture.floods = [:]
      }
    }
  }
}

private struct Capture {
  let fd: Int32
  var floods: [String: Int] = [:]
  private var names: [UInt32: String] = [:]
  private var buffer = [UInt8](repeating: 0, count: 65536)

  init(fd: Int32) { self.fd = fd }

  /// The name, kept: when the interface is gone the kernel no longer knows it.
  private mutating func name(of index: UInt32) -> String {
    if let known = names[index] { return known }
    var text = [CChar](repeating: 0, count: 16)
    let found = unsafe if_indextoname(index, &text) != nil
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let name = found ? String(decoding: bytes, as: UTF8.self) : "?"
    names[index] = name
    return name
  }

  mutating func drain() {
    var lines: [String] = []
    while true {
      var index: UInt32 = 0
      var type: Int32 = 0
      var ethertype: Int32 = 0
      let count = unsafe kt_capture_next(fd, &buffer, buffer.count, &index, &type, &ethertype)
      if count < 0 { break }
      guard let packet = SeenPacket(buffer[..<min(count, buffer.count)]) else { continue }
      let way = type == 4 ? "out" : "in"  // PACKET_OUTGOING
      let interface = name(of: index)
      if packet.isFlood {
        floods["\(interface)/\(way)", default: 0] += 1
      } else {
        lines.append("packet iface=\(interface) way=\(way) \(packet.line)")
      }
    }
    if !lines.isEmpty { report(lines.joined(separator: "\n")) }
  }
}
