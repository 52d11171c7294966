// policy-fuzz COUNT [SEED]: mutated policies through lexer, parser, formatter and resolver.
//
// Ends with 1 at the first input that breaks a promise, which it writes to fuzz-failure.ksp. A crash or
// a hang (an input that takes more than ten seconds) ends it by signal, with the input in the same file.

import Glibc
import Policy
import PolicyDiagnostics
import PolicySyntax

let failureFile = "fuzz-failure.ksp"
let arguments = CommandLine.arguments
let count = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 1_000_000
let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 1 : 1

let corpus = readCorpus("policies")
guard let current = CurrentInput(path: failureFile), !corpus.isEmpty, count > 0 else {
  print("usage: policy-fuzz COUNT [SEED], in the project's folder")
  exit(64)
}

var mutator = Mutator(corpus: corpus, seed: seed)
let target = Target()
var tally = Tally()
let firstPeak = peakKilobytes()
for number in 1...count {
  let input = mutator.next()
  current.set(input)
  alarm(10)
  if let broken = target.check(input, &tally) {
    print("input \(number), seed \(seed): \(broken); the input is in \(failureFile)")
    exit(1)
  }
  alarm(0)
  if number % 100_000 == 0 || number == count {
    print(
      "\(number) inputs: \(tally.parsed) parse, \(tally.compiled) are policies,"
        + " \(tally.diagnostics) diagnostics, \(peakKilobytes()) kB at most")
  }
}
_ = unsafe unlink(failureFile)
print("\(count) passed, 0 failed; memory grew by \(peakKilobytes() - firstPeak) kB")
// The largest single input needs some megabytes; a leak of 200 bytes an input would be 200 MB in a million.
exit(peakKilobytes() - firstPeak > 150_000 ? 1 : 0)
