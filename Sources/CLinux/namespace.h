// Mounts, namespaces and path resolution below a root, for the sandbox and for unpacking. Each returns -1 and sets
// errno on failure, as the system calls do.
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

static const unsigned long SB_MS_RDONLY = 1, SB_MS_NOSUID = 2, SB_MS_NODEV = 4, SB_MS_NOEXEC = 8;
static const unsigned long SB_MS_REMOUNT = 32, SB_MS_BIND = 4096, SB_MS_REC = 16384, SB_MS_PRIVATE = 1 << 18;

static inline int sb_mount(const char *source, const char *target, const char *type, unsigned long flags,
                           const char *data) {
    return mount(source, target, type, flags, data);
}
/// umount2(2) with MNT_DETACH.
static inline int sb_detach(const char *target) { return umount2(target, 2); }

static inline int sb_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}
/// mount_setattr(2) with MOUNT_ATTR_RDONLY for the mount at the path and all below it, set or cleared. Linux 5.12.
static inline int sb_set_read_only(const char *path, int is_read_only) {
    unsigned long long attributes[4] = {is_read_only ? 1 : 0, is_read_only ? 0 : 1, 0, 0};
    return (int)syscall(442 /* SYS_mount_setattr */, AT_FDCWD, path, 0x8000U /* AT_RECURSIVE */, attributes,
                        sizeof attributes);
}
static inline int sb_sethostname(const char *name, unsigned long length) {
    return (int)syscall(SYS_sethostname, name, length);
}
// <sys/socket.h> is left to the Glibc module: included here, its constants would be this module's.
extern int socket(int, int, int);
extern int socketpair(int, int, int, int[2]);

/// Brings the interface `lo` of this network namespace up.
static inline int sb_loopback_up(void) {
    int descriptor = socket(2 /* AF_INET */, 2 | O_CLOEXEC /* SOCK_DGRAM */, 0);
    if (descriptor < 0) return -1;
    // struct ifreq of <net/if.h>, which includes <sys/socket.h>.
    struct { char name[16]; short flags; char rest[64]; } request;
    memset(&request, 0, sizeof request);
    strcpy(request.name, "lo");
    request.flags = 1 /* IFF_UP */;
    int result = ioctl(descriptor, 0x8914 /* SIOCSIFFLAGS */, &request);
    int saved = errno;
    close(descriptor);
    errno = saved;
    return result;
}
/// PR_CAPBSET_DROP: what is executed from now on cannot have the capability.
static inline int sb_drop_capability(unsigned long capability) { return prctl(24, capability, 0, 0, 0); }

static inline int sb_socket_pair(int descriptors[2]) {
    return socketpair(1 /* AF_UNIX */, 1 | O_CLOEXEC /* SOCK_STREAM */, 0, descriptors);
}
/// openat2(2). `resolve` is a set of RESOLVE_… flags.
static inline int sb_openat2(int directory, const char *path, unsigned long long flags, unsigned int mode,
                             unsigned long long resolve) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = flags | O_CLOEXEC;
    how.mode = mode;
    how.resolve = resolve;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}
static const unsigned long long SB_RESOLVE_NO_XDEV = 1, SB_RESOLVE_NO_MAGICLINKS = 2, SB_RESOLVE_NO_SYMLINKS = 4;
static const unsigned long long SB_RESOLVE_BENEATH = 8, SB_RESOLVE_IN_ROOT = 16;
static const unsigned long long SB_O_PATH = 010000000;

static inline unsigned long sb_makedev(unsigned int major, unsigned int minor) { return makedev(major, minor); }
static inline unsigned int sb_major(unsigned long device) { return major(device); }
static inline unsigned int sb_minor(unsigned long device) { return minor(device); }

#include <stdio.h>
#include <sys/mman.h>

/// Gives back the pages of programs and libraries that this process has mapped and never wrote to; what it still needs of
/// them comes back from the page cache. Nothing happens where /proc is not there.
static inline void sb_release_file_pages(void) {
    FILE *maps = fopen("/proc/self/smaps", "re");
    if (!maps) return;
    char line[4096], access[5] = "";
    unsigned long start = 0, end = 0, inode = 0, from, to, number, changed;
    char mode[5];
    while (fgets(line, sizeof(line), maps)) {
        if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu", &from, &to, mode, &number) == 4) {
            start = from, end = to, inode = number;
            memcpy(access, mode, sizeof(access));
        } else if (sscanf(line, "Anonymous: %lu kB", &changed) == 1) {
            // What was relocated is private and has to stay.
            if (changed == 0 && inode != 0 && access[3] == 'p') madvise((void *)start, end - start, MADV_DONTNEED);
        }
    }
    fclose(maps);
}
