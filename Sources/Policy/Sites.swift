import PacketSpace
import PolicyDiagnostics

/// Places that are compared when all statements are known.
struct Sites {
  var endpoints: [EndpointSite] = []
  var inner: [InnerSite] = []
  var networks: [NetworkSite] = []
}

struct EndpointSite {
  var pieces: [AddressPiece]
  var tunnel: [InterfacePattern]
  var via: [InterfacePattern]
  var range: SourceRange
}

/// `address`, `inner` or `dns` of a tunnel.
struct InnerSite {
  var addresses: AddressSet
  var tunnel: [InterfacePattern]
  var range: SourceRange
}

/// `network` of a `lan` block.
struct NetworkSite {
  var addresses: AddressSet
  var range: SourceRange
}
