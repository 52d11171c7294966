/// The users and groups of the machine that a policy is compiled for.
package struct Accounts: Sendable {
  package var userID: @Sendable (_ name: String) -> UInt32?
  package var groupID: @Sendable (_ name: String) -> UInt32?
  /// For `did you mean`; asked only when a name is unknown.
  package var userNames: @Sendable () -> [String]
  package var groupNames: @Sendable () -> [String]

  package init(
    userID: @escaping @Sendable (_ name: String) -> UInt32?,
    groupID: @escaping @Sendable (_ name: String) -> UInt32?,
    userNames: @escaping @Sendable () -> [String] = { [] },
    groupNames: @escaping @Sendable () -> [String] = { [] }
  ) {
    self.userID = userID
    self.groupID = groupID
    self.userNames = userNames
    self.groupNames = groupNames
  }

  package init(users: [String: UInt32], groups: [String: UInt32]) {
    self.init(
      userID: { users[$0] }, groupID: { groups[$0] },
      userNames: { users.keys.sorted() }, groupNames: { groups.keys.sorted() })
  }
}
