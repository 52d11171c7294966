// Calls of Linux that the module Glibc does not show, since <sched.h> has them for _GNU_SOURCE alone.
#ifndef KSPOLICY_LINUX_H
#define KSPOLICY_LINUX_H

/// Moves the calling thread into the namespace that the file stands for; setns(2).
int setns(int fd, int nstype);

/// Moves the calling thread into a new namespace; unshare(2).
int unshare(int flags);

/// CLONE_NEWNET, linux/sched.h.
enum { newNetworkNamespace = 0x40000000 };

#endif
