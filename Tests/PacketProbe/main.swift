import Glibc

// A program for the kernel tests: it sends, answers and watches packets inside the network namespace in
// which it is started. It ends when its standard input ends, so that it never outlives its test.

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "agent": runAgent()
case "capture": runCapture()
case "serve": runServe(arguments.dropFirst().map { String($0) })
case "flood": runFlood(Words("flood " + arguments.dropFirst().joined(separator: " ")))
default:
  report("usage: packet-probe agent | capture | serve SERVICE... | flood KEY=VALUE...")
  exit(64)
}
