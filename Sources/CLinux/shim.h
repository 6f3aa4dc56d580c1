// System calls that Swift's Glibc module does not show (they need _GNU_SOURCE) or cannot import (variadic).
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/// memfd_create(2) with MFD_CLOEXEC. Returns -1 and sets errno on failure.
static inline int sb_memory_file(const char *name) {
    return (int)syscall(SYS_memfd_create, name, 1U);
}
static inline int sb_errno(void) { return errno; }

#include <malloc.h>

/// Blocks of 256 KiB and more come from the kernel and go back to it. Otherwise malloc raises that limit to whatever block
/// is freed, and each thread's arena keeps what it once had: with dozens of files written at once 100 MB.
static inline void sb_return_large_blocks(void) { (void)mallopt(M_MMAP_THRESHOLD, 256 << 10); }

#include <fcntl.h>
#include <sys/file.h>

/// open(2) with a mode for the file that it makes.
static inline int sb_open(const char *path, int flags, unsigned mode) {
    return open(path, flags, mode);
}
/// flock(2) by LOCK_EX | LOCK_NB. Returns 0, or the errno (EWOULDBLOCK: another holds it).
static inline int sb_try_lock(int descriptor) {
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}
#include <sys/sendfile.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

/// Sets a file's access time to now, and leaves its modification time.
static inline void sb_touch_access_time(const char *path) {
    struct timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    (void)utimensat(AT_FDCWD, path, times, 0);
}
/// prctl(2) PR_SET_NAME, at most 15 bytes.
static inline void sb_name_thread(const char *name) { syscall(SYS_prctl, 15, name, 0, 0, 0); }
/// How many processors sched_setaffinity(2) and cpusets leave to this process; 0 when it cannot be told.
static inline int sb_usable_processors(void) {
    unsigned long set[1024 / (8 * sizeof(unsigned long))] = {0};
    long size = syscall(SYS_sched_getaffinity, 0, sizeof(set), set);
    int count = 0;
    for (long i = 0; i < size / (long)sizeof(unsigned long); i++) count += __builtin_popcountl(set[i]);
    return count;
}
/// pipe2(2) with O_CLOEXEC.
static inline int sb_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }


/// splice(2) from a file's position into a pipe, with SPLICE_F_MORE.
static inline long sb_splice(int file, int pipe, size_t count) {
    return syscall(SYS_splice, file, (void *)0, pipe, (void *)0, count, 4U);
}

/// ioctl_ficlone(2): makes `target` share the blocks of `source`. Returns -1 and sets errno where it cannot.
static inline int sb_reflink(int target, int source) { return (int)syscall(SYS_ioctl, target, 0x40049409, source); }
/// lseek(2)'s SEEK_DATA and SEEK_HOLE.
static const int sb_seek_data = 3;
static const int sb_seek_hole = 4;
/// open(2)'s O_NOATIME.
static const int sb_no_access_time = 01000000;
/// open(2)'s O_DIRECT, which is another number on each processor.
static const int sb_direct = __O_DIRECT;
/// copy_file_range(2) from one file's offset to the other's.
static inline ssize_t sb_copy_range(int source, int target, size_t length) {
    return syscall(SYS_copy_file_range, source, (void *)0, target, (void *)0, length, 0U);
}
/// flock(2): shared or exclusive, waiting. Returns 0, or the errno.
static inline int sb_lock(int descriptor, int exclusive) {
    while (flock(descriptor, exclusive ? LOCK_EX : LOCK_SH) != 0)
        if (errno != EINTR) return errno;
    return 0;
}
/// fcntl(2)'s F_SETPIPE_SZ: how many bytes a pipe holds before its writer waits. -1 where the user may have no more.
static inline int sb_set_pipe_size(int descriptor, int bytes) { return (int)syscall(SYS_fcntl, descriptor, 1031, bytes); }

/// memmem(3), which the headers show only where everything of GNU's is asked for.
extern void *memmem(const void *, size_t, const void *, size_t);
static inline const void *sb_find(const void *bytes, size_t count, const void *needle, size_t length) {
    return memmem(bytes, count, needle, length);
}
