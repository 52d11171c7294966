import CKernelTest
import Glibc

/// Answers what it receives with the same bytes, and reports `got n=NUMBER`.
///
/// A service is `udp,ADDRESS,PORT`, `tcp,ADDRESS,PORT` or `udp,ADDRESS,PORT,GROUP,INTERFACE`.
func runServe(_ services: [String]) {
  var listeners: [Int32] = []
  var datagrams: [Int32] = []
  for service in services {
    let parts = service.split(separator: ",").map { String($0) }
    guard parts.count >= 3, let port = UInt16(parts[2]) else { exit(64) }
    let fd = openService(parts, port: port)
    if fd < 0 {
      report("failed \(service) errno=\(-fd)")
      exit(1)
    }
    if parts[0] == "tcp" { listeners.append(fd) } else { datagrams.append(fd) }
  }
  report("ready")
  var input = InputLines()
  var connections: [Int32] = []
  while !input.ended {
    let ready = wait(reading: [STDIN_FILENO] + listeners + datagrams + connections, seconds: 600)
    if ready.isEmpty { return }
    for fd in listeners where ready.contains(fd) {
      let accepted = accept(fd, nil, nil)
      if accepted >= 0 { connections.append(accepted) }
    }
    for fd in datagrams where ready.contains(fd) { _ = echo(fd) }
    for fd in connections where ready.contains(fd) && !echo(fd) {
      close(fd)
      connections.removeAll { $0 == fd }
    }
    if ready.contains(STDIN_FILENO) { _ = input.read() }
  }
}

private func openService(_ parts: [String], port: UInt16) -> Int32 {
  let family = parts[1].contains(":") ? AF_INET6 : AF_INET
  let type = parts[0] == "tcp" ? SOCK_STREAM : SOCK_DGRAM
  let fd = kt_socket(family, Int32(type.rawValue), 0, -1, -1)
  if fd < 0 { return fd }
  _ = kt_option(fd, SOL_SOCKET, SO_REUSEADDR, 1)
  _ = kt_option(fd, SOL_SOCKET, SO_BROADCAST, 1)
  if family == AF_INET6 { _ = kt_option(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
  let bound = unsafe kt_bind(fd, parts[1], port)
  if bound < 0 { return bound }
  if parts.count == 5 {
    // Answers of multicast DNS count only with this TTL (RFC 6762, section 11).
    _ = kt_option(fd, Int32(IPPROTO_IP), IP_TTL, 255)
    _ = kt_option(fd, Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS, 255)
    let joined = unsafe kt_join(fd, parts[3], parts[4])
    if joined < 0 { return joined }
  }
  if parts[0] == "tcp", listen(fd, 64) < 0 { return -1 }
  return fd
}

/// False when the connection has ended.
private func echo(_ fd: Int32) -> Bool {
  var buffer = [UInt8](repeating: 0, count: 65536)
  var sender = [UInt8](repeating: 0, count: 128)
  var size: UInt32 = 128
  let count = unsafe kt_receive(fd, &buffer, buffer.count, &sender, &size)
  if count == -Int(EAGAIN) { return true }
  if count <= 0 { return false }
  let text = String(decoding: buffer[..<min(count, 16)], as: UTF8.self)
  if text.hasPrefix("ksp#") {
    report("got n=\(text.dropFirst(4).prefix { $0 != ";" })")
  }
  _ =
    unsafe size == 0
    ? kt_send(fd, buffer, count) : kt_answer(fd, buffer, count, sender, size)
  return true
}
