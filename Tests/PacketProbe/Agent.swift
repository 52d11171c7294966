import CKernelTest
import Glibc

/// Carries out batches of lines: `ask`, `packet`, `frame`, `set`; an empty line ends a batch.
///
/// `ask` sends one packet by an ordinary socket and waits `wait` milliseconds for its answer. All asks of a
/// batch wait together. Each line is answered by `n=NUMBER RESULT`, a batch by an empty line.
///
/// `keep=NAME` keeps the socket open; `push flow=NAME` sends by it later, and closes it with `close`.
func runAgent() {
  report("ready")
  var batch: [Words] = []
  var flows: [String: Int32] = [:]
  while let line = readLine() {
    if line.isEmpty {
      runBatch(batch, flows: &flows)
      report("")
      batch = []
    } else {
      batch.append(Words(line))
    }
  }
}

private func runBatch(_ batch: [Words], flows: inout [String: Int32]) {
  var asks: [Ask] = []
  for words in batch {
    switch words.verb {
    case "ask": asks.append(Ask(words))
    case "push": asks.append(Ask(words, by: flows[words["flow"] ?? ""] ?? -1))
    case "packet": report("n=\(words.probe) \(sendCrafted(words))")
    case "frame": report("n=\(words.probe) \(sendFrames(words))")
    case "set": report("n=0 \(writeFile(words["path"] ?? "", words["value"] ?? ""))")
    default: report("n=0 failed errno=\(ENOSYS)")
    }
  }
  while let deadline = asks.filter({ $0.result == nil }).map({ $0.deadline }).max() {
    if now() >= deadline { break }
    let open = asks.filter { $0.result == nil }
    let ready = wait(
      reading: open.map { $0.fd }, writing: open.filter { $0.isConnecting }.map { $0.fd },
      seconds: deadline - now())
    for index in asks.indices where ready.contains(asks[index].fd) { asks[index].proceed() }
    for index in asks.indices where asks[index].deadline < now() { asks[index].giveUp() }
  }
  for ask in asks {
    report("n=\(ask.words.probe) \(ask.result ?? "unanswered")")
    if let name = ask.words["keep"] {
      flows[name] = ask.fd
    } else if ask.fd >= 0, ask.words.verb == "ask" || ask.words["close"] != nil {
      close(ask.fd)
    }
  }
}

private func writeFile(_ path: String, _ value: String) -> String {
  let fd = unsafe open(path, O_WRONLY | O_TRUNC)
  if fd < 0 { return "failed errno=\(errno)" }
  defer { close(fd) }
  let bytes = Array(value.utf8)
  return unsafe write(fd, bytes, bytes.count) < 0 ? "failed errno=\(errno)" : "done"
}

/// One packet and its answer.
private struct Ask {
  let words: Words
  let fd: Int32
  let deadline: Double
  var isConnecting = false
  /// `answered`, `refused`, `unanswered` or `failed errno=...`; nil while it waits.
  var result: String?

  init(_ words: Words) {
    self.words = words
    deadline = now() + Double(words.number("wait") ?? 0) / 1000
    let family = words.isIPv6 ? AF_INET6 : AF_INET
    let (type, number) = socketKind(words)
    fd = kt_socket(family, type, number, words.number("uid") ?? -1, words.number("gid") ?? -1)
    if fd < 0 {
      result = "failed errno=\(-fd)"
      return
    }
    let error = prepare()
    if error < 0 { result = "failed errno=\(-error)" } else { send() }
    if result == nil, deadline <= now() { giveUp() }
  }

  /// Sends once more by a socket that was kept.
  init(_ words: Words, by fd: Int32) {
    self.words = words
    self.fd = fd
    deadline = now() + Double(words.number("wait") ?? 0) / 1000
    let payload = words.payload
    let sent = unsafe kt_send(fd, payload, payload.count)
    if sent < 0 { fail(Int32(sent)) }
  }

  private var isPing: Bool { words["proto"] == "icmp" }
  private var isTCP: Bool { words["proto"] == "tcp" }
  private var hasPorts: Bool { isTCP || words["proto"] == "udp" }

  private func prepare() -> Int32 {
    let isIPv6 = words.isIPv6
    if let device = words["dev"] {
      let error = unsafe kt_bind_device(fd, device)
      if error < 0 { return error }
    }
    if let mark = words.number("mark") {
      let error = kt_option(fd, SOL_SOCKET, SO_MARK, Int32(truncatingIfNeeded: mark))
      if error < 0 { return error }
    }
    _ = kt_option(fd, SOL_SOCKET, SO_BROADCAST, 1)
    if hasPorts { _ = kt_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) }
    let level = Int32(isIPv6 ? IPPROTO_IPV6 : IPPROTO_IP)
    // A raw socket would also hear of the errors of all the others.
    if hasPorts { _ = kt_option(fd, level, isIPv6 ? IPV6_RECVERR : IP_RECVERR, 1) }
    _ = kt_option(fd, level, isIPv6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP, 0)
    if let ttl = words.number("ttl") {
      _ = kt_option(fd, level, isIPv6 ? IPV6_UNICAST_HOPS : IP_TTL, Int32(ttl))
      _ = kt_option(fd, level, isIPv6 ? IPV6_MULTICAST_HOPS : IP_MULTICAST_TTL, Int32(ttl))
    }
    if words["options"] != nil, isIPv6 {
      let options: [UInt8] = [0, 0, 1, 4, 0, 0, 0, 0]
      _ = unsafe kt_option_bytes(fd, level, IPV6_DSTOPTS, options, options.count)
    }
    if words["pmtu"] == "off" { _ = kt_option(fd, level, isIPv6 ? 23 : IP_MTU_DISCOVER, 0) }
    guard hasPorts || words["src"] != nil else { return 0 }
    let port = words.number("sport").map { UInt16($0) } ?? probePort(words.probe)
    return unsafe kt_bind(fd, words["src"] ?? (isIPv6 ? "::" : "0.0.0.0"), hasPorts ? port : 0)
  }

  private mutating func send() {
    let destination = words["dst"] ?? ""
    let port = UInt16(words.number("dport") ?? 0)
    if isTCP {
      let error = unsafe kt_connect(fd, destination, port)
      isConnecting = error == -EINPROGRESS
      if error < 0, !isConnecting { fail(error) }
      return
    }
    let payload = isPing ? echoRequest() : words.payload
    if words["unconnected"] != nil || !hasPorts {
      // A raw IPv6 socket refuses a port.
      let sent = unsafe kt_send_to(fd, payload, payload.count, destination, hasPorts ? port : 0)
      if sent < 0 { fail(Int32(sent)) }
      return
    }
    let error = unsafe kt_connect(fd, destination, port)
    if error < 0 { return fail(error) }
    let sent = unsafe kt_send(fd, payload, payload.count)
    if sent < 0 { fail(Int32(sent)) }
  }

  private func echoRequest() -> [UInt8] {
    let type: UInt8 = words.isIPv6 ? 128 : 8
    var bytes = [type, 0, 0, 0] + bigEndian(probePort(words.probe)) + [0, 1] + words.payload
    if !words.isIPv6 { bytes.replaceSubrange(2..<4, with: bigEndian(checksum(bytes))) }
    return bytes
  }

  private mutating func fail(_ error: Int32) {
    result = error == -ECONNREFUSED ? "refused" : "failed errno=\(-error)"
  }

  mutating func giveUp() {
    if result == nil { result = "unanswered" }
  }

  /// Takes what came: the end of a connection's opening, an answer, an error.
  mutating func proceed() {
    if result != nil { return }
    if isConnecting {
      var error: Int32 = 0
      var size = socklen_t(4)
      unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)
      if error != 0 { return fail(-error) }
      isConnecting = false
      let payload = words.payload
      let sent = unsafe kt_send(fd, payload, payload.count)
      if sent < 0 { fail(Int32(sent)) }
      return
    }
    var buffer = [UInt8](repeating: 0, count: 65536)
    var sender = [UInt8](repeating: 0, count: 128)
    var size: UInt32 = 128
    let count = unsafe kt_receive(fd, &buffer, buffer.count, &sender, &size)
    if count == -Int(EAGAIN) { return }
    if count <= 0 { return fail(count == 0 ? -ECONNRESET : Int32(count)) }
    if !isPing || isReply(buffer[..<count]) { result = "answered" }
  }

  private func isReply(_ bytes: ArraySlice<UInt8>) -> Bool {
    let start = words.isIPv6 ? 0 : Int(bytes[0] & 0x0f) * 4
    guard bytes.count >= start + 8 else { return false }
    let id = UInt16(bytes[start + 4]) << 8 | UInt16(bytes[start + 5])
    return bytes[start] == (words.isIPv6 ? 129 : 0) && id == probePort(words.probe)
  }
}

private func socketKind(_ words: Words) -> (type: Int32, number: Int32) {
  switch words["proto"] {
  case "udp": (Int32(SOCK_DGRAM.rawValue), 0)
  case "tcp": (Int32(SOCK_STREAM.rawValue), 0)
  case "icmp": (Int32(SOCK_RAW.rawValue), Int32(words.isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
  default: (Int32(SOCK_RAW.rawValue), Int32(words.number("proto") ?? 253))
  }
}
