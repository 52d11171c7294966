#ifndef KERNEL_TEST_H
#define KERNEL_TEST_H

#include <stddef.h>
#include <stdint.h>

// What the kernel tests need from C: calls that Swift does not see (variadic, or GNU only), and socket
// addresses as text. Addresses are numeric, IPv6 when they hold a colon, with an optional %interface.
// Every function returns a negative errno when it fails.

/// A pipe whose ends do not survive exec.
int kt_pipe(int ends[2]);

/// Opens a socket as the given user and group (-1: as we are), which is what `meta skuid` sees.
int kt_socket(int family, int type, int protocol, long uid, long gid);

int kt_option(int fd, int level, int name, int value);
int kt_option_bytes(int fd, int level, int name, const void *bytes, size_t count);
int kt_bind_device(int fd, const char *interface);
int kt_bind(int fd, const char *address, uint16_t port);
int kt_connect(int fd, const char *address, uint16_t port);
int kt_join(int fd, const char *group, const char *interface);
long kt_send(int fd, const void *bytes, size_t count);
long kt_send_to(int fd, const void *bytes, size_t count, const char *address, uint16_t port);

/// Receives without waiting; `sender` and `sender_size` can go to `kt_answer`.
long kt_receive(int fd, void *bytes, size_t count, void *sender, unsigned *sender_size);
long kt_answer(int fd, const void *bytes, size_t count, const void *sender, unsigned sender_size);

/// A non-blocking socket that sees the IP packets of every interface, those that come later included.
int kt_capture_open(void);

/// The next packet without its link header, -EAGAIN when there is none now. `type` is PACKET_*.
long kt_capture_next(int fd, void *bytes, size_t count, unsigned *interface_index, int *type,
                     int *ethertype);

/// Packets that the capture missed since the last call.
int kt_capture_missed(int fd);

/// Writes an IP packet as an Ethernet frame, past every IP hook.
int kt_frame(const char *interface, int ethertype, const uint8_t destination[6],
             const void *bytes, size_t count);

#endif
