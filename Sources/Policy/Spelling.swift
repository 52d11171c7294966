/// The candidate that was probably meant, if one is near.
///
/// Near: at most a third of the letters differ, by insertion, deletion, substitution or a swap of neighbours.
func nearestSpelling(of word: String, among candidates: some Sequence<String>) -> String? {
  let letters = Array(word.utf8)
  if letters.count < 2 || letters.count > longestWord { return nil }
  let limit = max(1, letters.count / 3)
  var best: (word: String, distance: Int)?
  for candidate in candidates where candidate != word {
    let other = Array(candidate.utf8)
    if other.count > longestWord || abs(other.count - letters.count) > limit { continue }
    let distance = editDistance(letters, other)
    if distance > limit { continue }
    if let best, (best.distance, best.word) <= (distance, candidate) { continue }
    best = (candidate, distance)
  }
  return best?.word
}

/// Longer words are not compared: the cost is the product of both lengths.
private let longestWord = 64

/// The optimal string alignment distance (Damerau 1964), letters taken as bytes.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(last[j + 1], row[j]) + 1
      cost = min(cost, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, beforeLast[j - 1] + 1)
      }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
