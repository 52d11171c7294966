import Foundation
import IptablesBackend
import RulesetIR
import Testing

@Suite struct ScriptTests {
  @Test(arguments: [
    ["shellcheck", "--shell=sh", "--severity=style"], ["dash", "-n"], ["busybox", "sh", "-n"],
  ])
  func `the script is clean`(_ command: [String]) throws {
    let file = try ScriptFile(Sample.everything())
    let result = try run(command + [file.path])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func `the same rule set makes the same bytes`() throws {
    let first = try iptablesScript(Sample.everything(), header: ["a"], policy: Sample.policy)
    let second = try iptablesScript(Sample.everything(), header: ["a"], policy: Sample.policy)
    #expect(first == second)
  }

  @Test func `the header stays in comments`() throws {
    let file = try ScriptFile(Sample.everything(), header: ["made by", "", "two\nexit 3"])
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.prefix(4) == ["#!/bin/sh", "# made by", "#", "# two exit 3"])
  }

  @Test(arguments: [[], ["start"], ["apply", "now"]])
  func `wrong usage is told`(_ arguments: [String]) throws {
    let file = try ScriptFile(Sample.everything())
    let result = try run(["dash", file.path] + arguments)
    #expect(result.status == 64)
    #expect(result.output.contains("apply|remove|status"))
  }

  @Test func `help is no error`() throws {
    let file = try ScriptFile(Sample.everything())
    let result = try run(["dash", file.path, "help"])
    #expect(result.status == 0)
    #expect(result.output.contains("apply   load the rules of policy home"))
  }

  @Test func `ipset is asked for only where there are sets`() throws {
    #expect(try ScriptFile(Sample.everything()).text.contains("\nown_sets_ip='KSP_home_"))
    #expect(try ScriptFile(Sample.ruleset(rules: [])).text.contains("\nown_sets_ip=''"))
  }
}
