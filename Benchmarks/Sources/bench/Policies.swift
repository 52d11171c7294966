import Glibc

/// The shortest policy that is of use.
let smallPolicy = """
  policy small
  tunnel wg0 {
      kind wireguard
      endpoint 198.51.100.7 udp 51820 mark 0x6b73
  }

  """

/// A policy whose endpoints stand in a file beside it.
func listPolicy(_ count: Int) -> String {
  """
  policy list
  define relays = file "relays-\(count).txt"
  tunnel wg0 {
      kind wireguard
      endpoint relays udp 51820 mark 0x6b73
  }

  """
}

/// Statements as a person writes them, many times.
func longPolicy(lines: Int) -> String {
  var text = "policy long\ntunnel wg0 { kind wireguard }\nlan eth0 {\n  network 10.0.0.0/8\n"
  for line in 0..<lines {
    text +=
      "  out   tcp \(1000 + line % 60000),22 , udp \(1000 + line % 50000)-\(60000) # line \(line)\n"
  }
  return text + "}\n"
}

/// Different addresses all over the IPv4 space: the first 1,000 are the same in every list.
func relayAddress(_ index: Int) -> UInt32 {
  // An odd factor permutes 2^24 values; the fixed first byte keeps them public.
  let low = (UInt32(index) &* 0x9E37_79B1) & 0x00FF_FFFF
  return 0x0B00_0000 | low
}

func addressText(_ address: UInt32) -> String {
  "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
}

func relayList(_ count: Int) -> String {
  var text = "# relays\n"
  text.reserveCapacity(count * 16)
  for index in 0..<count { text += addressText(relayAddress(index)) + "\n" }
  return text
}

func write(_ text: String, to path: String) throws {
  guard let file = fopen(path, "w") else {
    throw BenchError(message: "cannot write \(path): \(errorText(errno))")
  }
  let written = text.utf8.withContiguousStorageIfAvailable {
    fwrite($0.baseAddress, 1, $0.count, file)
  }
  guard fclose(file) == 0, written == text.utf8.count else {
    throw BenchError(message: "cannot write \(path)")
  }
}
