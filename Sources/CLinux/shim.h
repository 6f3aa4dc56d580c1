// System calls that Swift's Glibc module does not show (they need _GNU_SOURCE) or cannot import (variadic).
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/// memfd_create(2) with MFD_CLOEXEC. Returns -1 and sets errno on failure.
static inline int sb_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1U);
}
static inline int sb_errno(void) { return errno; }
