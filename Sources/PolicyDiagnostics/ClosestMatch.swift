/// The candidate that `word` was most likely meant to be, or `nil` when none is close enough.
///
/// Close is a third of the word's length in edits, at least one and at most three; an edit inserts,
/// removes or changes a letter or swaps two neighbours. Upper and lower case count as equal. The first
/// of several equally close candidates wins.
package func closestMatch(to word: String, among candidates: some Sequence<String>) -> String? {
  let wanted = lowercased(word)
  // No keyword or interface name comes near this length, and the cost is the square of it.
  guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
  let limit = min(3, max(1, wanted.count / 3))
  var best: (candidate: String, edits: Int)?
  for candidate in candidates {
    let letters = lowercased(candidate)
    guard abs(letters.count - wanted.count) <= limit else { continue }
    let edits = editDistance(wanted, letters)
    if edits <= limit, edits < wanted.count, edits < best?.edits ?? .max {
      best = (candidate, edits)
    }
  }
  return best?.candidate
}

private func lowercased(_ word: String) -> [UInt8] {
  word.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
}

/// The optimal string alignment distance.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        edits = min(edits, beforeLast[j - 1] + 1)
      }
      row.append(edits)
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}
