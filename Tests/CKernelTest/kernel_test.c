#define _GNU_SOURCE
#include "kernel_test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

/// Fills `storage`, returns its size, 0 for text that is no address.
static socklen_t parse(const char *address, uint16_t port, struct sockaddr_storage *storage) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  if (getaddrinfo(address, service, &hints, &found) != 0) return 0;
  socklen_t size = found->ai_addrlen;
  memcpy(storage, found->ai_addr, size);
  freeaddrinfo(found);
  return size;
}

int kt_pipe(int ends[2]) { return result(pipe2(ends, O_CLOEXEC)); }

int kt_socket(int family, int type, int protocol, long uid, long gid) {
  // The file-system ids alone: the capabilities for marks and raw sockets stay.
  uid_t old_uid = uid < 0 ? 0 : (uid_t)setfsuid((uid_t)uid);
  gid_t old_gid = gid < 0 ? 0 : (gid_t)setfsgid((gid_t)gid);
  int fd = result(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (uid >= 0) setfsuid(old_uid);
  if (gid >= 0) setfsgid(old_gid);
  return fd;
}

int kt_option(int fd, int level, int name, int value) {
  return result(setsockopt(fd, level, name, &value, sizeof value));
}

int kt_option_bytes(int fd, int level, int name, const void *bytes, size_t count) {
  return result(setsockopt(fd, level, name, bytes, (socklen_t)count));
}

int kt_bind_device(int fd, const char *interface) {
  return result(
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1));
}

int kt_bind(int fd, const char *address, uint16_t port) {
  struct sockaddr_storage storage;
  socklen_t size = parse(address, port, &storage);
  return size == 0 ? -EINVAL : result(bind(fd, (struct sockaddr *)&storage, size));
}

int kt_connect(int fd, const char *address, uint16_t port) {
  struct sockaddr_storage storage;
  socklen_t size = parse(address, port, &storage);
  return size == 0 ? -EINVAL : result(connect(fd, (struct sockaddr *)&storage, size));
}

int kt_join(int fd, const char *group, const char *interface) {
  struct sockaddr_storage storage;
  if (parse(group, 0, &storage) == 0) return -EINVAL;
  int index = (int)if_nametoindex(interface);
  if (storage.ss_family == AF_INET6) {
    struct ipv6_mreq request = {.ipv6mr_interface = (unsigned)index};
    request.ipv6mr_multiaddr = ((struct sockaddr_in6 *)&storage)->sin6_addr;
    return result(setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof request));
  }
  struct ip_mreqn request = {.imr_ifindex = index};
  request.imr_multiaddr = ((struct sockaddr_in *)&storage)->sin_addr;
  return result(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request));
}

long kt_send(int fd, const void *bytes, size_t count) {
  long sent = send(fd, bytes, count, MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

long kt_send_to(int fd, const void *bytes, size_t count, const char *address, uint16_t port) {
  struct sockaddr_storage storage;
  socklen_t size = parse(address, port, &storage);
  if (size == 0) return -EINVAL;
  long sent = sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&storage, size);
  return sent < 0 ? -errno : sent;
}

long kt_receive(int fd, void *bytes, size_t count, void *sender, unsigned *sender_size) {
  long received = recvfrom(fd, bytes, count, MSG_DONTWAIT, sender, sender_size);
  return received < 0 ? -errno : received;
}

long kt_answer(int fd, const void *bytes, size_t count, const void *sender, unsigned sender_size) {
  long sent = sendto(fd, bytes, count, MSG_NOSIGNAL, sender, sender_size);
  return sent < 0 ? -errno : sent;
}

int kt_capture_open(void) {
  int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (fd < 0) return -errno;
  // A flood must not overrun it. In a user namespace only the ordinary limit is to be had: what does not
  // fit is counted as missed.
  int size = 64 << 20;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

long kt_capture_next(int fd, void *bytes, size_t count, unsigned *interface_index, int *type,
                     int *ethertype) {
  struct sockaddr_ll from;
  socklen_t size = sizeof from;
  long received = recvfrom(fd, bytes, count, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
  if (received < 0) return -errno;
  *interface_index = (unsigned)from.sll_ifindex;
  *type = from.sll_pkttype;
  *ethertype = ntohs(from.sll_protocol);
  return received;
}

int kt_capture_missed(int fd) {
  struct tpacket_stats stats;
  socklen_t size = sizeof stats;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) < 0) return -errno;
  return (int)stats.tp_drops;
}

int kt_frame(const char *interface, int ethertype, const uint8_t destination[6],
             const void *bytes, size_t count) {
  int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct sockaddr_ll to = {.sll_family = AF_PACKET,
                           .sll_protocol = htons((uint16_t)ethertype),
                           .sll_ifindex = (int)if_nametoindex(interface),
                           .sll_halen = 6};
  memcpy(to.sll_addr, destination, 6);
  int sent = result(sendto(fd, bytes, count, 0, (struct sockaddr *)&to, sizeof to));
  close(fd);
  return sent;
}
