/// Attributes of a list of elements, `NFTA_SET_ELEM_LIST_*`.
package enum ElementListAttribute: UInt16 {
  case table = 1
  case set, elements, setID
}

/// `NFTA_SET_ELEM_*`
package enum ElementAttribute: UInt16 {
  case key = 1
  case data, flags, timeout, expiration, userdata, expression, padding, object, keyEnd, expressions
}

/// `NFTA_LIST_ELEM`
package let listElementAttribute: UInt16 = 1
/// `NFTA_DATA_VALUE`
private let dataValueAttribute: UInt16 = 1

extension ElementList {
  /// How many bytes the attributes of an element take.
  private func byteCount(hasFlags: Bool) -> Int {
    let flags = hasFlags ? 8 : 0
    return 4 + flags + 4 + 4 + (keyByteCount + 3) & ~3
  }

  /// The first element behind as many from `start` on as one attribute can hold.
  package func endOfChunk(from start: Int) -> Int {
    let largest = largestAttribute - Netlink.attributeHeaderByteCount
    let perElement = byteCount(hasFlags: !flags.isEmpty)
    return Swift.min(count, start + largest / perElement)
  }

  /// These elements as the content of `NFTA_SET_ELEM_LIST_ELEMENTS`.
  ///
  /// Written in place: by the functions for single attributes a large set would take longer here than in the kernel.
  package func attributes(_ range: Range<Int>) -> [UInt8] {
    let padded = (keyByteCount + 3) & ~3
    let capacity = range.count * byteCount(hasFlags: !flags.isEmpty)
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
      let target = UnsafeMutableRawBufferPointer(target)
      var offset = 0
      func put(_ length: Int, _ type: UInt16) {
        let header = UInt32(length) | UInt32(type) << 16
        unsafe target.storeBytes(of: header.littleEndian, toByteOffset: offset, as: UInt32.self)
        offset += 4
      }
      unsafe keys.withUnsafeBytes { source in
        for index in range {
          let flags = flags(index)
          put(byteCount(hasFlags: flags != 0), listElementAttribute | Netlink.nested)
          if flags != 0 {
            put(8, ElementAttribute.flags.rawValue)
            unsafe target.storeBytes(
              of: UInt32(flags).bigEndian, toByteOffset: offset, as: UInt32.self)
            offset += 4
          }
          put(8 + padded, ElementAttribute.key.rawValue | Netlink.nested)
          put(4 + keyByteCount, dataValueAttribute)
          for byte in 0..<padded {
            let value = byte < keyByteCount ? unsafe source[index * keyByteCount + byte] : 0
            unsafe target.storeBytes(of: value, toByteOffset: offset + byte, as: UInt8.self)
          }
          offset += padded
        }
      }
      count = offset
    }
  }
}

extension NetlinkBatch {
  /// One message for as many elements from `start` on as fit; the first that did not.
  package mutating func appendElements(
    _ type: TableMessage, _ flags: MessageFlags, family: UInt8, table: String, set: String,
    setID: UInt32?, _ elements: ElementList, from start: Int
  ) -> Int {
    let end = elements.endOfChunk(from: start)
    append(type, flags, family: family) { message in
      message.put(ElementListAttribute.table, table)
      message.put(ElementListAttribute.set, set)
      if let setID { message.put(ElementListAttribute.setID, setID) }
      message.nest(ElementListAttribute.elements) { list in
        list.appendAttributes(elements.attributes(start..<end))
      }
    }
    return end
  }
}

extension ElementList {
  /// The elements of the attribute that lists them, added to these.
  ///
  /// - Returns: whether all are keys with flags and nothing else; what else an element carries is left out.
  package mutating func append(from list: Attributes) -> Bool {
    var isComplete = true
    for element in list {
      var key: ArraySlice<UInt8>?
      var flags: UInt8 = 0
      for attribute in element.nested {
        switch ElementAttribute(rawValue: attribute.type) {
        case .key: key = attribute.nested.first { $0.type == dataValueAttribute }?.payload
        case .flags: flags = UInt8(truncatingIfNeeded: attribute.number ?? 0)
        case .padding, .userdata, .timeout, .expiration: break
        case .data, .expression, .object, .keyEnd, .expressions, nil: isComplete = false
        }
      }
      if let key, key.count == keyByteCount {
        append(key, flags: flags)
      } else {
        isComplete = false
      }
    }
    return isComplete
  }
}
