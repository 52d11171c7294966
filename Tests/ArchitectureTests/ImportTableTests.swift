import Foundation
import Testing

/// `docs/architecture.md` says which target may import which; here it is held against `Sources`.
struct ImportTableTests {
  private let table: ImportTable
  private let imports: [SourceImport]

  init() throws {
    let page = packageRoot.appending(path: "docs/architecture.md")
    table = ImportTable(try String(contentsOf: page, encoding: .utf8))
    imports = try readImports(below: packageRoot.appending(path: "Sources"))
    try #require(table.rows.count > 5, "found no table of targets in docs/architecture.md")
    try #require(imports.count > 50, "found hardly an import line in Sources")
  }

  @Test func `the table names the folders of Sources`() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      at: packageRoot.appending(path: "Sources"), includingPropertiesForKeys: [.isDirectoryKey]
    ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
    #expect(table.rows.map(\.target).sorted() == folders.map(\.lastPathComponent).sorted())
  }

  @Test func `every import is an arrow of the table`() {
    for line in imports {
      let allowed = table.rows.first { $0.target == line.target }?.imports ?? []
      #expect(
        allowed.contains(line.module),
        "\(line.file):\(line.number): \(line.target) may not import \(line.module)")
    }
  }

  @Test func `every arrow of the table is needed`() {
    for row in table.rows {
      let used = Set(imports.filter { $0.target == row.target }.map(\.module))
      let unused = row.imports.filter { !used.contains($0) }
      #expect(unused.isEmpty, "\(row.target) never imports \(unused.joined(separator: ", "))")
    }
  }

  @Test func `a target imports only what stands above it`() {
    let order = table.rows.map(\.target)
    for (index, row) in table.rows.enumerated() {
      let below = row.imports.filter { order[index...].contains($0) }
      #expect(below.isEmpty, "\(row.target) names \(below.joined(separator: ", "))")
    }
  }

  @Test func `no back end can see a policy`() {
    let frontEnd: Set = ["PolicyDiagnostics", "PolicySyntax", "Policy", "PolicyLowering"]
    let backEnds = table.rows.filter { $0.target.hasSuffix("Backend") }
    #expect(!backEnds.isEmpty)
    for row in backEnds { #expect(frontEnd.isDisjoint(with: row.imports), "\(row.target)") }
  }

  @Test func `only the program and Netfilter speak to the system`() {
    let system: Set = ["Glibc", "CLinux", "Musl", "Dispatch", "Synchronization", "ArgumentParser"]
    for line in imports where line.target != "kspolicy" {
      let isAllowed =
        line.target == "Netfilter" && ["Glibc", "CLinux"].contains(line.module)
        || !system.contains(line.module)
      #expect(isAllowed, "\(line.file):\(line.number): import \(line.module)")
    }
  }

  @Test func `nothing imports Foundation`() {
    for line in imports {
      #expect(
        !line.module.hasPrefix("Foundation"), "\(line.file):\(line.number): import \(line.module)")
    }
  }

  @Test(arguments: [
    ("import A", "A"),
    ("package import A", "A"),
    ("  internal  import A // why", "A"),
    ("@testable import A", "A"),
    ("@_exported public import A", "A"),
    ("import struct A.B", "A"),
    ("import A.B", "A"),
    ("import `A`", "A"),
    ("// import A", nil),
    ("important = A", nil),
    ("let a = 1", nil),
  ])
  func `reads an import line`(_ line: String, _ module: String?) {
    #expect(importedModule(line) == module)
  }
}
