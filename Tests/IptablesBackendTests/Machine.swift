import Foundation
import Testing

/// A network namespace with an interface `v0` that the sample policy lets nothing leave by.
///
/// Scenarios are shell: what they print is compared, and a command that fails ends them.
struct Machine {
  /// `nft` or `legacy`
  var variant: String
  var shell = "dash"

  /// - Parameter scripts: `$A`, `$B`, … in the scenario.
  func run(_ scenario: String, _ scripts: ScriptFile...) throws -> (status: Int32, output: String) {
    var environment = [
      "IPTABLES": "iptables-\(variant)", "IP6TABLES": "ip6tables-\(variant)", "SH": shell,
      "VARIANT": variant, "OTHER": variant == "nft" ? "legacy" : "nft",
    ]
    for (name, script) in zip(["A", "B"], scripts) { environment[name] = script.path }
    environment["WORK"] = try #require(scripts.first).folder.path
    let text = Machine.prelude + scenario
    return try IptablesBackendTests.run(
      ["unshare", "--net", "--mount", "dash", "-e", "-c", text], environment: environment)
  }

  /// The same for a scenario that must print exactly this.
  func expect(
    _ scenario: String, prints expected: String, _ script: ScriptFile,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try run(scenario, script)
    #expect(result.output == expected, sourceLocation: sourceLocation)
    #expect(result.status == 0, sourceLocation: sourceLocation)
  }

  private static let prelude = #"""
    ip link set lo up
    ip link add v0 type veth peer name v1
    ip address add 10.9.0.1/24 dev v0
    ip -6 address add fc00:9::1/64 dev v0 nodad
    ip link set v0 up
    ip link set v1 up
    # SCRIPT COMMAND: prints what the script says and its exit status.
    ksp() { code=0; $SH "$1" "$2" 2>&1 || code=$?; echo "$2: $code"; }
    # All rules and sets, without counters and without tables that hold nothing.
    rules() {
      for tool in "iptables-$1" "ip6tables-$1"; do
        $tool-save 2>/dev/null | grep -v -e '^#' -e '^COMMIT' -e '^:[A-Z]* ACCEPT' -e '^[*]' |
          sed 's/ \[.*\]$//'
      done
      ipset save | sed 's/ initval .*//; s/ hashsize [0-9]*//' | sort
    }
    # Tells for both families whether a packet can leave by v0 and by lo.
    probe() {
      for to in 10.9.0.2 '[fc00:9::2]' 127.0.0.1 '[::1]'; do
        if echo x | socat -u - "UDP-SENDTO:$to:9" 2>/dev/null; then echo "$to leaves"
        else echo "$to is blocked"; fi
      done
    }
    first() { iptables-$VARIANT -w -t "$1" -S "$2" | sed -n 2p; ip6tables-$VARIANT -w -t "$1" -S "$2" | sed -n 2p; }

    """#
}

let openProbe = """
  10.9.0.2 leaves
  [fc00:9::2] leaves
  127.0.0.1 leaves
  [::1] leaves

  """

let closedProbe = """
  10.9.0.2 is blocked
  [fc00:9::2] is blocked
  127.0.0.1 leaves
  [::1] leaves

  """
