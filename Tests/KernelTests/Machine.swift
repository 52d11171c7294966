import Foundation
import Glibc

/// A network namespace that rules can be loaded into.
///
/// Its programs see a control group tree of their own at /sys/fs/cgroup, whatever the machine has there.
struct Machine {
  let netns: String
  /// For files that the machine's programs read.
  let folder: URL

  /// The words that let a program run there.
  private var prefix: [String] {
    let mount = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\""
    return ["ip", "netns", "exec", netns, "sh", "-c", mount, "sh"]
  }

  /// Runs a program to its end; it must succeed.
  @discardableResult
  func run(_ arguments: [String], input: String = "") throws -> String {
    try need(prefix + arguments, input: input)
  }

  func outcome(_ arguments: [String], input: String = "") throws -> Outcome {
    try runProgram(prefix + arguments, input: input)
  }

  func start(_ arguments: [String], saying word: String) throws -> Child {
    let child = try Child(prefix + arguments)
    try child.expectLine(word)
    return child
  }

  /// Loads rules by the program that reads them.
  func load(_ rules: Compilation) throws {
    switch rules.target {
    case .nft: try run(["nft", "-f", "-"], input: rules.output)
    case .nftJSON: try run(["nft", "-j", "-f", "-"], input: rules.output)
    case .iptablesNft, .iptablesLegacy: try script(rules, "apply")
    }
  }

  func remove(_ rules: Compilation) throws {
    if rules.target.isScript {
      try script(rules, "remove")
      return
    }
    for line in try run(["nft", "list", "tables"]).split(separator: "\n")
    where line.contains("kspolicy_\(rules.name)") {
      try run(["nft", "delete"] + line.split(separator: " ").map { String($0) })
    }
  }

  /// Runs the script with one of its arguments; it has to succeed.
  @discardableResult
  func script(_ rules: Compilation, _ argument: String) throws -> Outcome {
    let file = folder.appending(path: "\(rules.name).sh").path
    try rules.output.write(toFile: file, atomically: true, encoding: .utf8)
    let kind = rules.target == .iptablesLegacy ? "legacy" : "nft"
    let outcome = try outcome(
      ["env", "IPTABLES=iptables-\(kind)", "IP6TABLES=ip6tables-\(kind)", "sh", file, argument])
    if outcome.isSuccess { return outcome }
    throw HarnessError(
      "\(rules.target.rawValue): `\(argument)` ended with \(outcome.status)\n\(outcome.errors)")
  }

  /// Everything that filters, translates or counts, without what changes by itself.
  func listing() throws -> String {
    let text = try run(["sh", "-c", listEverything])
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      line.hasPrefix(":") ? String(line.prefix { $0 != "[" }) : String(line)
    }
    // Of a hash set's members the order, the number that it is hashed with, and how many buckets it has
    // grown to by chance, are the kernel's.
    let sets = lines.filter { $0.hasPrefix("create ") || $0.hasPrefix("add ") }.map { line in
      line.components(separatedBy: " initval ")[0]
        .replacing(#/\ (hash|bucket)size\ \d+/#, with: "")
    }
    let rules = lines.filter { !$0.hasPrefix("create ") && !$0.hasPrefix("add ") }
    return (rules + sets.sorted()).joined(separator: "\n")
  }
}

private let listEverything =
  "nft -s list ruleset && iptables-legacy-save && ip6tables-legacy-save && ipset save"

/// A machine with nothing but loopback, gone with this value.
final class Scratch {
  let machine: Machine
  private let groups: ControlGroups

  /// Creates the control groups too, where they do not exist.
  init(cgroups paths: [String] = []) throws {
    removeLeftovers()
    let name = "ksp-\(getpid())-\(UInt16.random(in: 0...UInt16.max))-s"
    let folder = FileManager.default.temporaryDirectory.appending(path: name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try need(["ip", "netns", "add", name])
    machine = Machine(netns: name, folder: folder)
    groups = try ControlGroups(paths, on: machine)
    try machine.run(["ip", "link", "set", "lo", "up"])
  }

  deinit {
    groups.remove()
    removeNamespace(machine.netns)
    try? FileManager.default.removeItem(at: machine.folder)
  }
}

/// Control groups that were made for a test.
struct ControlGroups {
  private let machine: Machine
  /// Only those that were not there before.
  private let made: [String]

  init(_ paths: [String], on machine: Machine) throws {
    self.machine = machine
    made = try paths.flatMap { path in
      try machine.run(["sh", "-c", makeGroups, "sh", path]).split(separator: "\n").map {
        String($0)
      }
    }
  }

  func remove() {
    for path in made.reversed() { _ = try? machine.outcome(["rmdir", path]) }
  }
}

/// Makes a control group and those above it; prints the ones that were not there.
private let makeGroups = """
  cd /sys/fs/cgroup || exit 1
  IFS=/
  for part in $1; do
    mkdir "$part" 2>/dev/null && echo "$PWD/$part"
    cd "$part" || exit 1
  done
  """
