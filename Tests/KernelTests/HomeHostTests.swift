import Testing

extension KernelTests {
  @Suite struct HomeHostTests {
    @Test func `without rules every probe that must be blocked comes through`() throws {
      try Lab.standard().walkOpen(homeHostPhases)
    }
  }
}
