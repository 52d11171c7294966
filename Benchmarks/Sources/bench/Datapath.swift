import Glibc

/// What one packet to an endpoint costs its sender, with lists of different lengths loaded.
///
/// The packets end behind a veth pair of this network namespace: nobody there has their address. Sender and
/// rules run in one system call.
func measurePackets(_ lists: [(name: String, rules: String?)], rounds: Int) throws -> [Double] {
  for command in [
    "ip link add eth0 type veth peer name eth1", "ip link set eth0 arp off", "ip link set eth1 up",
    "ip addr add 192.168.1.2/24 dev eth0", "ip link set lo up",
    "ip link set eth0 up", "ip route add default dev eth0",
  ] {
    var words = Command()
    words.words = command.split(separator: " ").map { String($0) }
    try run(words)
  }
  var costs = lists.map { _ in [Double]() }
  for _ in 0..<rounds {
    for (index, list) in lists.enumerated() {
      try run(Command("nft", "flush", "ruleset"))
      if let rules = list.rules { try run(Command("nft", "-f", rules)) }
      try sendPackets(20_000)  // connections known, caches warm
      let count = 200_000
      let start = ownCPUSeconds()
      try sendPackets(count)
      costs[index].append((ownCPUSeconds() - start) / Double(count))
    }
  }
  return costs.map { median($0) }
}

private func sendPackets(_ count: Int) throws {
  let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  guard fd >= 0 else { throw BenchError(message: "socket: \(errorText(errno))") }
  defer { close(fd) }
  var mark: UInt32 = 0x6b73
  guard setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, 4) == 0 else {
    throw BenchError(message: "SO_MARK: \(errorText(errno))")
  }
  var source = socketAddress(0xC0A8_0102, port: 51821)
  let bound = withUnsafeBytes(of: &source) {
    bind(fd, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
  }
  guard bound == 0 else { throw BenchError(message: "bind: \(errorText(errno))") }
  let targets = (0..<1000).map { socketAddress(relayAddress($0), port: 51820) }
  let payload = [UInt8](repeating: 0, count: 64)
  try targets.withUnsafeBufferPointer { targets in
    for index in 0..<count {
      let target = UnsafeRawPointer(targets.baseAddress! + index % 1000)
      let sent = sendto(
        fd, payload, payload.count, 0, target.assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_in>.size))
      guard sent == payload.count else {
        throw BenchError(message: "a packet to an endpoint did not get out: \(errorText(errno))")
      }
    }
  }
}

private func socketAddress(_ address: UInt32, port: UInt16) -> sockaddr_in {
  var result = sockaddr_in()
  result.sin_family = sa_family_t(AF_INET)
  result.sin_port = port.bigEndian
  result.sin_addr.s_addr = address.bigEndian
  return result
}
