import CLinux
import Glibc

/// Whose rules are meant.
package enum NetworkNamespace: Equatable, Sendable {
  case own
  /// A file such as `/run/netns/NAME` or `/proc/PID/ns/net`.
  case file(String)
  /// A new one with nothing in it, gone with the last socket in it.
  case scratch
}

/// A socket of the kernel's netfilter interface, opened in the namespace.
///
/// A socket stays in the namespace in which it was opened, so a thread goes there, opens it and ends; the other
/// threads of the program never leave theirs.
func openSocket(in namespace: NetworkNamespace) throws(NetlinkError) -> CInt {
  if namespace == .own { return try openSocket().get() }
  let errand = SocketErrand(namespace)
  var thread = pthread_t()
  let context = unsafe Unmanaged.passUnretained(errand).toOpaque()
  let status = unsafe pthread_create(
    &thread, nil,
    { context in
      if let context = unsafe context {
        unsafe Unmanaged<SocketErrand>.fromOpaque(context).takeUnretainedValue().run()
      }
      return nil
    }, context)
  if status != 0 { throw .system(operation: "start a thread", errorNumber: status) }
  let joined = pthread_join(thread, nil)
  precondition(joined == 0, "a thread that was started can be waited for")
  return try errand.result.get()
}

/// What the thread does, and what comes of it; read only when the thread has ended.
private final class SocketErrand {
  let namespace: NetworkNamespace
  var result: Result<CInt, NetlinkError> = .failure(.unanswered)

  init(_ namespace: NetworkNamespace) {
    self.namespace = namespace
  }

  func run() {
    result = enter(namespace).flatMap { openSocket() }
  }
}

private func openSocket() -> Result<CInt, NetlinkError> {
  let type = CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
  let descriptor = socket(Netlink.addressFamily, type, Netlink.netfilterProtocol)
  if descriptor >= 0 { return .success(descriptor) }
  return .failure(.system(operation: "open a netlink socket", errorNumber: errno))
}

private func enter(_ namespace: NetworkNamespace) -> Result<Void, NetlinkError> {
  switch namespace {
  case .own:
    return .success(())
  case .scratch:
    if unshare(CInt(newNetworkNamespace)) == 0 { return .success(()) }
    return .failure(.system(operation: "make a network namespace", errorNumber: errno))
  case .file(let path):
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if file < 0 {
      return .failure(.system(operation: "open the network namespace \(path)", errorNumber: errno))
    }
    defer { close(file) }
    if setns(file, CInt(newNetworkNamespace)) == 0 { return .success(()) }
    return .failure(.system(operation: "enter the network namespace \(path)", errorNumber: errno))
  }
}
