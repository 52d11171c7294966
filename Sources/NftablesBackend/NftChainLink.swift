import RulesetIR

/// A jump or goto from one chain of a table to another.
struct NftChainLink {
  var from: Int
  var to: Int
  var place: JSONPlace
}

/// How deep jumps go in the kernel: `NFT_JUMP_STACK_SIZE`, net/netfilter/nf_tables.h.
private let jumpLimit = 16

extension JSONTree {
  /// Refuses what the kernel refuses, and nobody could evaluate: loops, and jumps that go too deep.
  func checkLinks(_ links: [NftChainLink], chainCount: Int) throws(RulesetReadError) {
    var outgoing = [[NftChainLink]](repeating: [], count: chainCount)
    var waiting = [Int](repeating: 0, count: chainCount)
    for link in links {
      outgoing[link.from].append(link)
      waiting[link.to] += 1
    }
    var ready = (0..<chainCount).filter { waiting[$0] == 0 }
    var depth = [Int](repeating: 0, count: chainCount)
    while let chain = ready.popLast() {
      for link in outgoing[chain] {
        depth[link.to] = max(depth[link.to], depth[chain] + 1)
        if depth[link.to] > jumpLimit {
          throw fault("chains call each other more than \(jumpLimit) deep", at: link.place)
        }
        waiting[link.to] -= 1
        if waiting[link.to] == 0 { ready.append(link.to) }
      }
    }
    for link in links where waiting[link.from] > 0 && waiting[link.to] > 0 {
      throw fault("chains call each other in a loop", at: link.place)
    }
  }
}
