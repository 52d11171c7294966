import Glibc

// Measures kspolicy against nft, in the same run: bench KSPOLICY FOLDER. Runs in a network namespace of its
// own, with the rights to load rules there; scripts/bench.sh sees to that.

do {
  guard CommandLine.arguments.count == 3 else {
    throw BenchError(message: "usage: bench KSPOLICY FOLDER")
  }
  try Bench(kspolicy: CommandLine.arguments[1], folder: CommandLine.arguments[2]).measure()
} catch let error as BenchError {
  print("error: \(error.message)")
  exit(70)
}
