extension Lab {
  /// A network with a tunnel that works and with the services that the probes ask.
  static func standard() throws -> Lab {
    let lab = try Lab()
    let network = lab.network
    try network.startTunnel()
    let far = [
      Address.site, Address.site6, Address.server, Address.server6, Address.viaHost,
      Address.viaHost6,
    ]
    let farUDP = far.flatMap { ["udp,\($0),9000", "udp,\($0),443"] }
    try network.serve(
      .internet,
      farUDP + ["udp,\(Address.resolver),53", "udp,\(Address.resolver6),53"]
        + ["udp,\(Address.site),53", "tcp,\(Address.resolver),53"]
        + ["tcp,0.0.0.0,9000", "tcp,::,9000", "tcp,0.0.0.0,443", "tcp,::,443", "tcp,0.0.0.0,853"])
    try network.serve(
      .router,
      [
        "udp,\(Address.router),53", "udp,\(Address.router6),53", "tcp,0.0.0.0,53",
        "tcp,0.0.0.0,853",
      ]
        + ["tcp,0.0.0.0,22", "tcp,::,22", "tcp,0.0.0.0,445", "tcp,0.0.0.0,9000", "tcp,0.0.0.0,80"]
        + ["tcp,0.0.0.0,8989"]
        + ["udp,\(Address.router),123", "udp,\(Address.router6),123", "udp,\(Address.router),9000"]
        + ["udp,0.0.0.0,67", "udp,0.0.0.0,5353,224.0.0.251,lan0", "udp,::,5353,ff02::fb,lan0"]
        + ["udp,0.0.0.0,1900,239.255.255.250,lan0", "udp,0.0.0.0,5355,224.0.0.252,lan0"])
    try network.serve(
      .host,
      ["tcp,0.0.0.0,22", "tcp,::,22", "tcp,0.0.0.0,8080", "tcp,0.0.0.0,9000", "udp,0.0.0.0,9000"]
        + ["tcp,0.0.0.0,6881", "udp,::,9000", "udp,0.0.0.0,5353,224.0.0.251,eth0"]
        + ["udp,\(Address.bridge),53", "tcp,\(Address.bridge),53", "udp,127.0.0.53,53"]
        + ["udp,\(Address.host),53", "udp,0.0.0.0,67"])
    try network.serve(
      .container,
      ["tcp,0.0.0.0,80", "tcp,::,80", "udp,0.0.0.0,9000", "tcp,0.0.0.0,8080", "tcp,0.0.0.0,443"])
    try network.nft(
      .host,
      """
      table ip other_nat {
        chain out {
          type nat hook postrouting priority srcnat
          ip saddr 172.31.0.0/24 oifname != "docker0" masquerade
        }
        chain in {
          type nat hook prerouting priority dstnat
          iifname "eth0" tcp dport 8080 dnat to 172.31.0.2
        }
      }
      table ip6 other_nat {
        chain out {
          type nat hook postrouting priority srcnat
          ip6 saddr fd00:d0c::/64 oifname != "docker0" masquerade
        }
      }
      """)
    // The first handshake, and what neighbours have to learn of one another.
    let warmUp = try network.batch(
      .host,
      [
        "ask n=9999 proto=icmp dst=\(Address.resolver) wait=5000",
        "ask n=9998 proto=icmp dst=\(Address.resolver6) wait=5000",
        "ask n=9997 proto=icmp dst=\(Address.router) wait=5000",
        "ask n=9996 proto=icmp dst=\(Address.router6) wait=5000",
        "ask n=9995 proto=icmp dst=\(Address.container) wait=5000",
        "ask n=9994 proto=icmp dst=\(Address.container6) wait=5000",
      ])
    for answer in warmUp where !answer.hasSuffix(" answered") {
      throw HarnessError("the network does not work: \(answer)")
    }
    try lab.forget()
    return lab
  }
}
