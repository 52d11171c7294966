import Netfilter
import RulesetIR

// Attributes of tables, chains, rules and sets; linux/netfilter/nf_tables.h.

/// `NFTA_TABLE_*`
enum TableAttribute: UInt16 {
  case name = 1
  case flags
}

/// `NFTA_CHAIN_*`
enum ChainAttribute: UInt16 {
  case table = 1
  case handle, name, hook, policy, use, type, counters, padding, flags
}

/// `NFTA_HOOK_*`
enum HookAttribute: UInt16 {
  case number = 1
  case priority, device, devices
}

/// `NFTA_DEVICE_*`
enum DeviceAttribute: UInt16 {
  case name = 1
}

/// `NFTA_RULE_*`
enum RuleAttribute: UInt16 {
  case table = 1
  case chain, handle, expressions, compatibility, position, userdata
}

/// `NFTA_SET_*`
enum SetAttribute: UInt16 {
  case table = 1
  case name, flags, keyType, keyLength, dataType, dataLength, policy, description, id, timeout
  case collectionInterval, userdata, padding, objectType, handle, expression, expressions
}

/// `NFTA_SET_DESC_*`
enum SetDescriptionAttribute: UInt16 {
  case size = 1
  case concatenation
}

extension BaseChain {
  func write(to message: inout MessageBuffer, in family: TableFamily) {
    message.nest(ChainAttribute.hook) { attributes in
      attributes.put(HookAttribute.number, hook.number(in: family))
      attributes.put(HookAttribute.priority, UInt32(bitPattern: priority))
      if devices.count == 1 { attributes.put(HookAttribute.device, devices[0]) }
      if devices.count > 1 {
        attributes.nest(HookAttribute.devices) { list in
          for device in devices { list.put(DeviceAttribute.name, device) }
        }
      }
    }
    message.put(ChainAttribute.type, type.rawValue)
    message.put(ChainAttribute.policy, UInt32(policy == .accept ? 1 : 0))
  }
}
