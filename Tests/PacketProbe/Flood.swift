import CKernelTest
import Glibc

/// Sends `count` datagrams as fast as it can, in turn to each of `to` (`ADDRESS/PORT,...`), from sockets that
/// are bound to `dev`, marked with `mark` and owned by `uid` where these are given.
///
/// Reports `started`, then `sent=... refused=...`. It also ends with its input.
func runFlood(_ words: Words) {
  var sockets: [Int32] = []
  for target in (words["to"] ?? "").split(separator: ",") {
    let parts = target.split(separator: "/").map { String($0) }
    guard parts.count == 2, let port = UInt16(parts[1]) else { exit(64) }
    let family = parts[0].contains(":") ? AF_INET6 : AF_INET
    let fd = kt_socket(family, Int32(SOCK_DGRAM.rawValue), 0, words.number("uid") ?? -1, -1)
    if let device = words["dev"] { _ = unsafe kt_bind_device(fd, device) }
    if let mark = words.number("mark") { _ = kt_option(fd, SOL_SOCKET, SO_MARK, Int32(mark)) }
    let connected = unsafe kt_connect(fd, parts[0], port)
    if fd < 0 || connected < 0 {
      report("failed \(target) errno=\(fd < 0 ? -fd : -connected)")
      exit(1)
    }
    sockets.append(fd)
  }
  if sockets.isEmpty { exit(64) }
  report("started")
  let payload = Words("flood n=0").payload
  var sent = 0
  var refused = 0
  let count = words.number("count") ?? 0
  for number in 0..<count {
    let fd = sockets[number % sockets.count]
    if unsafe kt_send(fd, payload, payload.count) < 0 { refused += 1 } else { sent += 1 }
    if number % 4096 == 0, wait(reading: [STDIN_FILENO], seconds: 0).contains(STDIN_FILENO) {
      break
    }
  }
  report("sent=\(sent) refused=\(refused)")
}
