import Testing

extension KernelTests {
  @Suite struct HomeHostTests {
    @Test func `without rules every probe that must be blocked comes through`() throws {
      try Lab.standard().walkOpen(homeHostPhases)
    }

    @Test(arguments: Target.allCases)
    func `what the policy allows arrives and all else stays`(target: Target) throws {
      let lab = try Lab.standard()
      try lab.keepFlows(homeHostOldFlows)
      try lab.network.host.load(lab.network.compile(text: homeHostPolicy, to: target))
      try lab.forget()
      try lab.check("flows older than the rules", homeHostOldFlowsGoOn)
      try lab.walk(homeHostPhases)
    }
  }
}
