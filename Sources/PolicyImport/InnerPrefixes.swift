import PacketSpace

/// The servers that are known by address, in order.
struct ServerAddresses {
  private let sorted: [IPAddress]

  init(_ servers: [Server]) {
    sorted = servers.compactMap { server in
      if case .address(let address) = server.host { address } else { nil }
    }.sorted()
  }

  func contain(_ address: IPAddress) -> Bool {
    haveOne(in: Prefix(address, length: address.family.addressWidth))
  }

  func haveOne(in prefix: Prefix) -> Bool {
    let start = IPAddress(family: prefix.address.family, bits: prefix.lower)
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < start { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && prefix.contains(sorted[low])
  }
}

extension WireGuardConfiguration {
  /// What lives in the tunnel: the addresses' own networks, and what peers take that is not "everything".
  ///
  /// What holds a server is left out: its packets would have to go into their own tunnel.
  func innerPrefixes(without servers: ServerAddresses) -> [Prefix] {
    let isWhole = AddressFamily.allCases.filter(isWholeInternet)
    let own = Set(addresses.map(\.address))
    let networks = addresses.filter { $0.length < $0.address.family.addressWidth }
      .map { Prefix($0.address, length: $0.length) }
    let taken = allowed.filter { !isWhole.contains($0.address.family) || isLocal($0) }
    var seen: Set<Prefix> = []
    return (networks + taken).filter { prefix in
      let isOwnAddress =
        prefix.length == prefix.address.family.addressWidth && own.contains(prefix.address)
      return prefix.length > 0 && !isOwnAddress && unusableNoun(prefix.address) == nil
        && !servers.haveOne(in: prefix) && seen.insert(prefix).inserted
    }
  }
}
