import PolicyDiagnostics
import PolicySyntax
import Testing

/// A text in which `«…»` marks what is at fault; the marks are not part of the text.
struct MarkedSource {
  var text: String
  var ranges: [Range<Int>]

  init(_ marked: String) throws {
    var bytes: [UInt8] = []
    var starts: [Int] = []
    ranges = []
    for scalar in marked.unicodeScalars {
      switch scalar {
      case "«": starts.append(bytes.count)
      case "»":
        let start = starts.popLast()
        ranges.append(try #require(start)..<bytes.count)
      default: bytes += Array(String(scalar).utf8)
      }
    }
    try #require(starts.isEmpty)
    ranges.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    text = String(decoding: bytes, as: UTF8.self)
  }
}

func parse(_ text: String) -> (tree: PolicyFile, diagnostics: [Diagnostic]) {
  parse(SourceFile(name: "test.ksp", text: text), id: .root)
}

/// What the parser says about the text, one `code start..<end` for each diagnostic.
func faults(in text: String) -> [String] {
  parse(text).diagnostics.map {
    "\($0.code.rawValue) \($0.primary.range.start)..<\($0.primary.range.end)"
  }
}

/// The tree without errors; a text with errors fails the test.
func tree(of text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> PolicyFile {
  let (tree, diagnostics) = parse(text)
  try #require(diagnostics.map(\.message) == [], sourceLocation: sourceLocation)
  return tree
}

/// As in the language's own description.
let homelab = """
  # The download box: containers leave by the tunnel or not at all, the web pages stay on the LAN.
  policy homelab

  define vpn_server = 198.51.100.7
  define web_pages  = { 8080, 8096 }

  tunnel wg0 {
      kind     wireguard
      endpoint vpn_server udp 51820 mark 0x6b73
      address  10.64.0.2, fc00:bbbb::2
      dns      10.64.0.1
  }

  lan eth0 {
      network 192.168.1.0/24, fd12:3456:789a::/64
      out     tcp 22, 445, udp 123
      in      tcp web_pages, 22
      multicast mdns, ssdp
  }

  forward docker0 {
      to   wg0
      from lan tcp 8080
  }

  host { dhcp; ndp; ping }

  blocked reject log "homelab: " rate 5/second

  expect block tcp to 1.1.1.1 port 443 out eth0
  expect block udp to 192.168.1.1 port 53 out eth0
  expect pass  udp to 198.51.100.7 port 51820 mark 0x6b73 out eth0
  expect pass  tcp to 1.1.1.1 port 443 in docker0 out wg0

  """
