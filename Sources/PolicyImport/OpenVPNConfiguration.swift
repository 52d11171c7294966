import PacketSpace
import PolicyDiagnostics

/// What an OpenVPN configuration says about packets.
struct OpenVPNConfiguration {
  struct Remote {
    var server: Server
    var range: Range<Int>
  }

  /// `dev`, and what it says.
  struct Device {
    var name: String
    var range: Range<Int>
    var isTap: Bool
    /// `dev tun`: the system picks the number.
    var isNumbered: Bool
  }

  var remotes: [Remote] = []
  var device: Device?
  var mark: UInt32?
  var markOption: OpenVPNOption?
  /// The first argument of `user`.
  var user: OpenVPNOption?
  var addresses: [IPAddress] = []
  var routes: [Prefix] = []
  var resolvers: [(address: IPAddress, range: Range<Int>)] = []
  var redirect: OpenVPNOption?
  var scripts: [OpenVPNOption] = []
  var isServer: OpenVPNOption?
  /// `client` or `pull`: the server says more than the file does.
  var pulls = false
  var ignoresRoutes: OpenVPNOption?
}
