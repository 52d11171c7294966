import Glibc

func heading(_ text: String) { show("\n\(text)") }

func row(_ name: String, _ values: String...) {
  show("  \(padded(name, 34))\(values.map { padded($0, 14) }.joined())")
}

/// At once: a run takes minutes.
private func show(_ line: String) {
  print(line)
  fflush(nil)
}

func goal(_ value: Double, atMost limit: Double, _ what: String) {
  let verdict = value <= limit ? "met" : "MISSED"
  row("\(decimal(value, 2)) \(what)", "goal \(decimal(limit, 2)):", verdict)
}

func milliseconds(_ seconds: Double) -> String { "\(decimal(seconds * 1e3, 2)) ms" }
func microseconds(_ seconds: Double) -> String { "\(decimal(seconds * 1e6, 2)) us" }
func megabytes(_ kibibytes: Int) -> String { "\(decimal(Double(kibibytes) / 1024, 1)) MiB" }
func ratio(_ value: Double) -> String { "\(decimal(value, 2)) times" }

/// With that many digits after the point; Foundation would be needed for a format.
func decimal(_ value: Double, _ digits: Int) -> String {
  if !value.isFinite { return "?" }
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((value.magnitude * Double(scale)).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  if digits == 0 { return "\(sign)\(grouped(scaled))" }
  let fraction = String(scaled % scale)
  let zeros = String(repeating: "0", count: digits - fraction.count)
  return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
}

/// `1,000,000`.
func grouped(_ number: Int) -> String {
  var digits = Array(String(number))
  var place = digits.count - 3
  while place > 0 {
    digits.insert(",", at: place)
    place -= 3
  }
  return String(digits)
}

func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(1, width - text.count))
}
