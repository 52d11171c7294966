/// The options of OpenVPN 2.6 and those of older versions that are still met.
///
/// Source: openvpn(8).
enum OpenVPNNames {
  /// What the importer looks at.
  static let read: Set<String> = [
    "remote", "proto", "port", "rport", "http-proxy", "socks-proxy", "dev", "dev-type", "mark",
    "user", "ifconfig", "ifconfig-ipv6", "dhcp-option", "dns", "redirect-gateway",
    "redirect-private", "route", "route-ipv6", "client", "pull", "route-nopull", "route-noexec",
    "proto-force", "server", "server-ipv6", "server-bridge", "tls-server", "float", "config",
  ]

  /// What runs a program.
  static let scripts: Set<String> = [
    "up", "down", "route-up", "route-pre-down", "ipchange", "tls-verify",
    "auth-user-pass-verify", "client-connect", "client-disconnect", "client-crresponse",
    "learn-address", "tls-crypt-v2-verify", "plugin", "iproute",
  ]

  /// What says nothing about where packets may go: keys, timers, logs, sizes, servers' own options.
  static let others: Set<String> = [
    "allow-compression", "allow-pull-fqdn", "allow-recursive-routing", "askpass", "auth",
    "auth-gen-token", "auth-gen-token-secret", "auth-nocache", "auth-retry", "auth-token",
    "auth-token-user", "auth-user-pass", "bcast-buffers", "bind", "bind-dev", "block-ipv6",
    "block-outside-dns", "ca", "capath", "ccd-exclusive", "cd", "cert", "chroot", "cipher",
    "client-cert-not-required", "client-config-dir", "client-nat", "client-to-client",
    "comp-lzo", "comp-noadapt", "compat-mode", "compress", "connect-freq",
    "connect-freq-initial", "connect-retry", "connect-retry-max", "connect-timeout",
    "crl-verify", "cryptoapicert", "daemon", "data-ciphers", "data-ciphers-fallback",
    "dev-node", "dh", "dhcp-release", "dhcp-renew", "disable", "disable-dco", "disable-occ",
    "down-pre", "duplicate-cn", "ecdh-curve", "echo", "engine", "errors-to-stderr",
    "explicit-exit-notify", "extra-certs", "fast-io", "force-tls-key-material-export",
    "fragment", "group", "hand-window", "hash-size", "http-proxy-option",
    "http-proxy-user-pass", "ifconfig-ipv6-pool", "ifconfig-ipv6-push", "ifconfig-noexec",
    "ifconfig-nowarn", "ifconfig-pool", "ifconfig-pool-linear", "ifconfig-pool-persist",
    "ifconfig-push", "ignore-unknown-option", "inactive", "ip-win32", "iroute", "iroute-ipv6",
    "keepalive", "key", "key-derivation", "key-direction", "key-method",
    "keying-material-exporter", "link-mtu", "lladdr", "local", "log", "log-append", "lport",
    "machine-readable-output", "management", "management-client", "management-client-auth",
    "management-client-group", "management-client-pf", "management-client-user",
    "management-external-cert", "management-external-key", "management-forget-disconnect",
    "management-hold", "management-log-cache", "management-query-passwords",
    "management-query-proxy", "management-query-remote", "management-signal",
    "management-up-down", "max-clients", "max-packet-size", "max-routes",
    "max-routes-per-client", "mktun", "mlock", "mode", "mssfix", "mtu-disc", "mtu-test",
    "multihome", "mute", "mute-replay-warnings", "ncp-ciphers", "ncp-disable", "nice", "no-iv",
    "no-replay", "nobind", "ns-cert-type", "opt-verify", "passtos", "pause-exit",
    "peer-fingerprint", "persist-key", "persist-local-ip", "persist-remote-ip", "persist-tun",
    "ping", "ping-exit", "ping-restart", "ping-timer-rem", "pkcs11-cert-private", "pkcs11-id",
    "pkcs11-id-management", "pkcs11-pin-cache", "pkcs11-private-mode",
    "pkcs11-protected-authentication", "pkcs11-providers", "pkcs12", "prng", "protocol-flags",
    "providers", "pull-filter", "push", "push-peer-info", "push-remove", "push-reset", "rcvbuf",
    "register-dns", "remap-usr1", "remote-cert-eku", "remote-cert-ku", "remote-cert-tls",
    "remote-random", "remote-random-hostname", "reneg-bytes", "reneg-pkts", "reneg-sec",
    "replay-persist", "replay-window", "resolv-retry", "rmtun", "route-delay", "route-gateway",
    "route-ipv6-gateway", "route-method", "route-metric", "script-security", "secret",
    "server-poll-timeout", "service", "session-timeout", "setcon", "setenv", "setenv-safe",
    "shaper", "show-net-up", "single-session", "sndbuf", "socket-flags", "stale-routes-check",
    "static-challenge", "status", "status-version", "suppress-timestamps", "syslog",
    "tap-sleep", "tcp-nodelay", "tcp-queue-limit", "tls-auth", "tls-cert-profile", "tls-cipher",
    "tls-ciphersuites", "tls-client", "tls-crypt", "tls-crypt-v2", "tls-exit",
    "tls-export-cert", "tls-groups", "tls-timeout", "tls-version-max", "tls-version-min",
    "tmp-dir", "topology", "tran-window", "tun-ipv6", "tun-max-mtu", "tun-mtu", "tun-mtu-extra",
    "txqueuelen", "up-delay", "up-restart", "use-prediction-resistance",
    "username-as-common-name", "verb", "verify-client-cert", "verify-hash", "verify-x509-name",
    "vlan-accept", "vlan-pvid", "vlan-tagging", "win-sys", "windows-driver", "writepid",
    "x509-track", "x509-username-field",
  ]
}
