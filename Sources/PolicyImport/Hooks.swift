import PolicyDiagnostics

/// Reads the commands that wg-quick runs.
struct HookReader {
  private(set) var killSwitch = KillSwitch()
  /// Settings that hold nothing but rules of the kill switch.
  private(set) var killSwitchSettings: [WireGuardSetting] = []
  /// Settings that hold other commands beside them.
  private(set) var mixedSettings: [WireGuardSetting] = []
  private(set) var diagnostics: [Diagnostic] = []

  private let source: SourceText
  private var chains = NftChains()

  static func read(_ hooks: [WireGuardConfiguration.Hook], source: SourceText) -> HookReader {
    var reader = HookReader(source: source)
    let read = hooks.map { hook in (hook, reader.commands(of: hook)) }
    for (hook, commands) in read {
      for command in commands {
        reader.killSwitch.lines += command.rules.map { KillSwitch.Line(rule: $0, isUp: hook.isUp) }
      }
    }
    for (hook, commands) in read { reader.sort(hook, commands) }
    return reader
  }

  private init(source: SourceText) {
    self.source = source
  }

  private struct Command {
    var command: ShellCommand
    /// Empty for a program that is no firewall.
    var rules: [FirewallRule]
  }

  private mutating func commands(of hook: WireGuardConfiguration.Hook) -> [Command] {
    shellCommands(source.bytes, hook.setting.value).map { command in
      if let rule = iptablesRule(command) { return Command(command: command, rules: [rule]) }
      return Command(command: command, rules: nftRules(command, chains: &chains) ?? [])
    }
  }

  private mutating func sort(_ hook: WireGuardConfiguration.Hook, _ commands: [Command]) {
    let hasSwitch = !killSwitch.denies.isEmpty
    let ofSwitch = commands.filter { hasSwitch && belongsToSwitch($0) }
    if !ofSwitch.isEmpty {
      if ofSwitch.count == commands.count {
        killSwitchSettings.append(hook.setting)
      } else {
        mixedSettings.append(hook.setting)
      }
    }
    for command in commands where !(hasSwitch && belongsToSwitch(command)) { report(command) }
  }

  private func belongsToSwitch(_ command: Command) -> Bool {
    !command.rules.isEmpty
      && command.rules.allSatisfy { rule in
        rule.table == "filter" && rule.target != "MASQUERADE" && !isForwarding(rule)
      }
  }

  /// `-A FORWARD -i wg0 -j ACCEPT`: what lets others use the tunnel.
  private func isForwarding(_ rule: FirewallRule) -> Bool {
    rule.hook == .forward && rule.target == "ACCEPT" || rule.table == "nat"
  }

  private mutating func report(_ command: Command) {
    let range = source.source(command.command.range)
    let words = command.command.words
    let program = command.command.program
    if let rule = command.rules.first, rule.range.lowerBound >= 0 {
      reportRule(rule, range)
    } else if let why = HookReader.harmless[program] {
      diagnostics.append(
        Diagnostic(
          .settingNotImported, "`\(program)` stays in the configuration: \(why)", at: range,
          severity: .note))
    } else if let why = HookReader.firewalls[program] {
      diagnostics.append(
        Diagnostic(
          .hookNotRead, "what `\(program)` changes is not read", at: range, severity: .warning,
          notes: [why]))
    } else {
      let name = words.first.map { source.quoted($0.range) } ?? "the command"
      diagnostics.append(
        Diagnostic(
          .hookNotRead, "\(name) is a program or script that is not read", at: range,
          severity: .warning,
          notes: [
            "if it changes firewall rules, what it opens counts beside the policy: the policy blocks all the same"
          ]))
    }
  }

  private mutating func reportRule(_ rule: FirewallRule, _ range: SourceRange) {
    let forwarding =
      "the policy blocks what is forwarded until a `forward` block names the interface"
    let (message, note): (String, String) =
      if rule.target == "MASQUERADE" || rule.table == "nat" {
        (
          "address translation is not imported",
          "it may stay; \(forwarding), and `masquerade` there does the same"
        )
      } else if rule.hook == .forward {
        ("a rule for forwarded packets is not imported", forwarding)
      } else if rule.hook == .input {
        (
          "a rule for incoming packets is not imported",
          "the policy lets nothing in from the tunnel until an `in` line names it"
        )
      } else {
        ("the rule has no counterpart in the policy", "it may stay: a packet has to pass both")
      }
    diagnostics.append(
      Diagnostic(.settingNotImported, message, at: range, severity: .note, notes: [note]))
  }

  /// Programs that decide nothing about what may leave, and why the policy does not need them.
  private static let harmless: [String: String] = [
    "ip": "a policy permits, it does not route", "route": "a policy permits, it does not route",
    "sysctl": "a policy sets nothing in the kernel",
    "resolvectl": "a policy names resolvers, it does not set them",
    "resolvconf": "a policy names resolvers, it does not set them",
    "systemd-resolve": "a policy names resolvers, it does not set them",
    "wg": "it sets up the tunnel", "echo": "it opens nothing", "printf": "it opens nothing",
    "logger": "it opens nothing", "true": "it opens nothing", "sleep": "it opens nothing",
    "ping": "it opens nothing", "ping6": "it opens nothing", "test": "it opens nothing",
    "[": "it opens nothing",
    "ethtool": "it sets up a card",
  ]

  private static let firewalls: [String: String] = [
    "ufw": "its rules stay, and a packet has to pass both",
    "firewall-cmd": "its rules stay, and a packet has to pass both",
    "iptables-restore": "it replaces rules; the policy's nftables table is not among them",
    "ip6tables-restore": "it replaces rules; the policy's nftables table is not among them",
    "ipset": "a set is only used by rules",
    "tc": "a redirect by tc passes below every rule",
  ]
}
