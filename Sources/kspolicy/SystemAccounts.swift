import Glibc
import Policy

/// The users and groups of this machine: its files first, then whatever else it is set up to ask.
///
/// The program is linked statically, where `getpwnam` cannot load the modules of nsswitch.conf(5);
/// `getent` can, and is asked only for a name that the files do not have.
func systemAccounts() -> Accounts {
  Accounts(
    userID: { accountID($0, in: "passwd") },
    groupID: { accountID($0, in: "group") },
    userNames: { accounts(in: "passwd").map(\.name) },
    groupNames: { accounts(in: "group").map(\.name) })
}

private func accountID(_ name: String, in database: String) -> UInt32? {
  if let found = accounts(in: database).first(where: { $0.name == name }) { return found.id }
  // A number would be looked up as an id.
  if name.isEmpty || UInt64(name) != nil || name.utf8.contains(0) { return nil }
  let lines = output(of: "/usr/bin/getent", ["getent", database, "--", name])
  return parseAccounts(lines).first { $0.name == name }?.id
}

private func accounts(in database: String) -> [(name: String, id: UInt32)] {
  parseAccounts((try? readFile("/etc/\(database)")) ?? [])
}

/// Lines of passwd(5) or group(5): the name first, the number third.
func parseAccounts(_ text: [UInt8]) -> [(name: String, id: UInt32)] {
  text.split(separator: UInt8(ascii: "\n")).compactMap { line in
    let fields = line.split(
      separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count >= 3, let id = UInt32(String(decoding: fields[2], as: UTF8.self)) else {
      return nil
    }
    return (String(decoding: fields[0], as: UTF8.self), id)
  }
}
