struct Bench {
  let kspolicy: String
  /// For the policies, lists and rules of this run.
  let folder: String

  func measure() throws {
    try smallest()
    try format()
    try hundredThousand()
    try growth()
    try packets()
  }

  private func smallest() throws {
    let policy = "\(folder)/small.ksp"
    try write(smallPolicy, to: policy)
    let costs = try medians(
      rounds: 201, [Command(kspolicy, "compile", policy), Command("nft", "--version")])
    heading("the smallest policy, start to finish")
    row("kspolicy compile", milliseconds(costs[0].cpuSeconds))
    row("nft --version", milliseconds(costs[1].cpuSeconds))
    goal(costs[0].cpuSeconds / costs[1].cpuSeconds, atMost: 2, "times nft --version")
  }

  private func format() throws {
    let short = "\(folder)/small.ksp"
    let long = "\(folder)/long.ksp"
    let lines = 10_000
    try write(longPolicy(lines: lines), to: long)
    let quick = try medians(
      rounds: 51, [Command(kspolicy, "fmt", "-", input: short), Command("nft", "--version")])
    let slow = try medians(
      rounds: 11, [short, long].map { Command(kspolicy, "fmt", "-", input: $0) })
    heading("fmt")
    row("the smallest policy", milliseconds(quick[0].cpuSeconds))
    row("against nft --version", ratio(quick[0].cpuSeconds / quick[1].cpuSeconds))
    row("\(grouped(lines)) lines", milliseconds(slow[1].cpuSeconds))
    row("a line", microseconds((slow[1].cpuSeconds - slow[0].cpuSeconds) / Double(lines)))
  }

  private func hundredThousand() throws {
    let policy = try makeList(100_000)
    let rules = "\(folder)/list-100000.json"
    let compile = Command(kspolicy, "compile", "--target", "nft-json", policy, "-o", rules)
    let costs = try medians(rounds: 11, [compile, Command("nft", "-c", "-j", "-f", rules)])
    heading("100,000 endpoints from a file to nft-json")
    row("kspolicy compile", milliseconds(costs[0].cpuSeconds), megabytes(costs[0].peakKiB))
    row(
      "nft -c -j -f of the result", milliseconds(costs[1].cpuSeconds), megabytes(costs[1].peakKiB))
    goal(costs[0].cpuSeconds / costs[1].cpuSeconds, atMost: 0.25, "of what nft needs to check it")
    goal(Double(costs[0].peakKiB) / 1024, atMost: 60, "MiB at most in memory")
  }

  private func growth() throws {
    heading("time for each endpoint, as the list grows")
    for (count, rounds) in [(10_000, 21), (100_000, 7), (1_000_000, 3)] {
      let policy = try makeList(count)
      let targets = ["nft-json", "nft", "iptables"]
      let costs = try medians(
        rounds: rounds,
        targets.map { Command(kspolicy, "compile", "--target", $0, policy) }
          + [Command(kspolicy, "compile", "\(folder)/small.ksp")])
      for (target, cost) in zip(targets, costs) {
        let each = (cost.cpuSeconds - costs[3].cpuSeconds) / Double(count)
        row(
          "\(padded(grouped(count), 9)) to \(target)", "\(decimal(each * 1e9, 0)) ns",
          megabytes(cost.peakKiB))
      }
    }
  }

  private func packets() throws {
    var lists: [(name: String, rules: String?)] = [("no rules", nil)]
    for count in [1000, 100_000] {
      let rules = "\(folder)/list-\(count).nft"
      try run(
        Command(kspolicy, "compile", "--target", "nft", try makeList(count), "-o", rules))
      lists.append(("\(grouped(count)) endpoints", rules))
    }
    let costs = try measurePackets(lists, rounds: 7)
    heading("one packet to an endpoint, in the kernel")
    for (list, cost) in zip(lists, costs) { row(list.name, "\(decimal(cost * 1e9, 0)) ns") }
    row("100,000 against 1,000", ratio(costs[2] / costs[1]))
  }

  private func makeList(_ count: Int) throws -> String {
    let policy = "\(folder)/list-\(count).ksp"
    try write(relayList(count), to: "\(folder)/relays-\(count).txt")
    try write(listPolicy(count), to: policy)
    return policy
  }
}
