// Preloaded into mke2fs, tune2fs and e2fsck while they make a filesystem in a file: holds some of the file's blocks in memory.
//
// libext2fs reads and writes a block at a time, and keeps eight: for a root filesystem of 110,000 blocks mke2fs makes 330,000
// system calls, half of which read again what it has just written. Here they are copies in memory; what was written goes
// out when the memory is full, sorted, in few and large writes. The archive that mke2fs makes it of comes through a pipe, of
// which libarchive asks for a block at a time too: another 100,000 calls, each of which may wake whoever writes. Nothing of
// it is in force for other files, or without
//
//     STONEBAKE_DISK    the file's path
//
// and with
//
//     STONEBAKE_DISK_DIRECT    anything
//
// what nobody is going to read soon, the contents of files, is written past the page cache, as long as the disk takes it
// quickly: a page of the cache costs more than the copying, most of all in a virtual machine that has to be given it.
//
// As only finished disks count, and unfinished ones are removed, fsync(2) of the file waits for nothing but this program's
// own writes. The programs have one thread. Only old functions of the C library are used, so that any root's will do.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK = 4096,
    // 16 MiB: more is not quicker.
    CAPACITY = 4096,
    HASH_BITS = 14,
    DESCRIPTORS = 256,
    // Parts and bytes of one write.
    PARTS = 1024,
    LARGEST = 4 << 20,
    // Blocks that are worth a write of their own past the page cache.
    FEWEST_DIRECT = 16,
    // Bytes after which the disk's speed is judged, and what it has to take of them in a second.
    JUDGED = 32 << 20,
    LEAST_PER_SECOND = 100000000,
};

struct block {
    int64_t number;
    // Of the blocks with the same hash; -1 ends them.
    int32_t next;
    uint8_t dirty;
    // Looked at again after it was written, or before: folders, tables and bitmaps, and no file's content.
    uint8_t again;
};

static struct block blocks[CAPACITY];
static int32_t first_of[1 << HASH_BITS];
static int32_t count;
static int32_t dirty_count;
static char *memory;
// Through which it was written.
static int writer = -1;
// The same file, opened to be written past the page cache; -1 where that is not wanted, or does not work.
static int direct = -1;
static int64_t direct_bytes, direct_nanoseconds;
// By descriptor: not looked at yet, the disk, a pipe, something else.
static enum kind { UNKNOWN, DISK, PIPE, OTHER } kinds[DESCRIPTORS];
// What was read of a pipe and not asked for yet.
static char piece[1 << 18];
static size_t piece_start, piece_end;
static int piece_of = -1;

// MARK: The disk

static int look(int descriptor, const char *path, struct statx *info) {
    return (int)syscall(SYS_statx, descriptor, path, path[0] == 0 ? 0x1000 /* AT_EMPTY_PATH */ : 0, STATX_INO | STATX_TYPE, info);
}

static enum kind look_at(int descriptor) {
    struct statx disk, this;
    const char *path = getenv("STONEBAKE_DISK");
    if (path == NULL || look(AT_FDCWD, path, &disk) != 0 || look(descriptor, "", &this) != 0) return OTHER;
    if ((this.stx_mode & S_IFMT) == S_IFIFO) return PIPE;
    if (disk.stx_ino != this.stx_ino || disk.stx_dev_major != this.stx_dev_major
        || disk.stx_dev_minor != this.stx_dev_minor)
        return OTHER;
    if (memory == NULL) {
        void *place =
            mmap(NULL, (size_t)CAPACITY * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        // It goes without, too.
        if (place == MAP_FAILED) return OTHER;
        memory = place;
        memset(first_of, 0xff, sizeof first_of);
    }
    return DISK;
}

static enum kind kind_of(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return OTHER;
    if (kinds[descriptor] == UNKNOWN) {
        int kept = errno;
        kinds[descriptor] = look_at(descriptor);
        errno = kept;
    }
    return kinds[descriptor];
}

static int is_disk(int descriptor) { return kind_of(descriptor) == DISK; }

// MARK: The pipe

// As read(2): fewer bytes than asked for are no end.
static ssize_t read_pipe(int descriptor, void *bytes, size_t size) {
    if (piece_of != descriptor) {
        // One pipe's bytes at a time; another is read as it is.
        if (piece_start < piece_end) return syscall(SYS_read, descriptor, bytes, size);
        piece_of = descriptor;
    }
    if (piece_start == piece_end) {
        ssize_t got = syscall(SYS_read, descriptor, piece, sizeof piece);
        if (got <= 0) return got;
        piece_start = 0;
        piece_end = (size_t)got;
    }
    size_t number = piece_end - piece_start < size ? piece_end - piece_start : size;
    memcpy(bytes, piece + piece_start, number);
    piece_start += number;
    return (ssize_t)number;
}

// MARK: The blocks

static char *content(int32_t index) { return memory + (size_t)index * BLOCK; }

static uint32_t hash(int64_t number) { return (uint32_t)(((uint64_t)number * 0x9E3779B97F4A7C15u) >> (64 - HASH_BITS)); }

static int32_t find(int64_t number) {
    int32_t index = first_of[hash(number)];
    while (index >= 0 && blocks[index].number != number) index = blocks[index].next;
    return index;
}

static int by_number(const void *left, const void *right) {
    int64_t a = blocks[*(const int32_t *)left].number, b = blocks[*(const int32_t *)right].number;
    return (a > b) - (a < b);
}

static void open_direct(void) {
    if (direct >= 0 || getenv("STONEBAKE_DISK_DIRECT") == NULL) return;
    direct = (int)syscall(SYS_openat, AT_FDCWD, getenv("STONEBAKE_DISK"), O_WRONLY | O_DIRECT | O_CLOEXEC);
}

static void end_direct(void) {
    if (direct >= 0) syscall(SYS_close, direct);
    direct = -1;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Whoever waits for a slow disk does better to leave the writing to the kernel.
static void judge(ssize_t written, int64_t nanoseconds) {
    if (written % BLOCK != 0) {
        end_direct();
        return;
    }
    direct_bytes += written;
    direct_nanoseconds += nanoseconds;
    if (direct_bytes < JUDGED) return;
    if (direct_bytes * 1e9 < (double)LEAST_PER_SECOND * (double)direct_nanoseconds) end_direct();
    direct_bytes = 0;
    direct_nanoseconds = 0;
}

// Writes all parts; they are changed.
static int write_out(struct iovec *parts, int number, int64_t place, int is_direct) {
    while (number > 0) {
        int descriptor = is_direct && direct >= 0 ? direct : writer;
        int64_t start = descriptor == direct ? now() : 0;
        ssize_t written = syscall(SYS_pwritev, descriptor, parts, (long)number, (long)place, 0L);
        if (written < 0 && errno == EINTR) continue;
        // A disk with larger blocks, and filesystems that say so only now.
        if (written < 0 && errno == EINVAL && descriptor == direct) {
            end_direct();
            continue;
        }
        if (written > 0 && descriptor == direct) judge(written, now() - start);
        if (written == 0) errno = EIO;
        if (written <= 0) return -1;
        place += written;
        while (number > 0 && (size_t)written >= parts->iov_len) {
            written -= (ssize_t)parts->iov_len;
            parts++;
            number--;
        }
        if (number > 0) {
            parts->iov_base = (char *)parts->iov_base + written;
            parts->iov_len -= (size_t)written;
        }
    }
    return 0;
}

// Whether a file's content begins there that is long enough to be written by itself.
static int begins_content(const int32_t *dirty, int32_t at, int32_t number) {
    if (direct < 0 || at + FEWEST_DIRECT > number) return 0;
    for (int32_t next = at; next < at + FEWEST_DIRECT; next++)
        if (blocks[dirty[next]].again || blocks[dirty[next]].number != blocks[dirty[at]].number + next - at) return 0;
    return 1;
}

// Writes what was changed and forgets everything. -1 and errno where that fails: whoever asked reports it.
static int flush(void) {
    static int32_t dirty[CAPACITY];
    struct iovec parts[PARTS];
    int32_t number = 0;
    for (int32_t index = 0; index < count; index++)
        if (blocks[index].dirty) dirty[number++] = index;
    qsort(dirty, (size_t)number, sizeof dirty[0], by_number);
    for (int32_t at = 0; at < number;) {
        int64_t start = blocks[dirty[at]].number;
        size_t length = 0;
        int used = 0;
        int is_direct = begins_content(dirty, at, number);
        while (at < number && length < LARGEST && blocks[dirty[at]].number == start + (int64_t)(length / BLOCK)) {
            if (length > 0 && is_direct && blocks[dirty[at]].again) break;
            if (length > 0 && !is_direct && begins_content(dirty, at, number)) break;
            char *bytes = content(dirty[at]);
            if (used > 0 && (char *)parts[used - 1].iov_base + parts[used - 1].iov_len == bytes)
                parts[used - 1].iov_len += BLOCK;
            else if (used < PARTS)
                parts[used++] = (struct iovec){bytes, BLOCK};
            else
                break;
            length += BLOCK;
            at++;
        }
        if (write_out(parts, used, start * BLOCK, is_direct) != 0) return -1;
    }
    count = 0;
    dirty_count = 0;
    memset(first_of, 0xff, sizeof first_of);
    return 0;
}

// What is read otherwise is read from the kernel.
static int flush_changes(void) { return dirty_count > 0 ? flush() : 0; }

// A place for a block that is not there yet; -1 where there is none.
static int32_t add(int64_t number) {
    if (count == CAPACITY && flush() != 0) return -1;
    int32_t index = count++;
    blocks[index] = (struct block){number, first_of[hash(number)], 0, 0};
    first_of[hash(number)] = index;
    return index;
}

static int is_block(size_t size, off64_t place) { return size == BLOCK && place >= 0 && place % BLOCK == 0; }

static ssize_t read_at(int descriptor, void *bytes, size_t size, off64_t place) {
    if (is_disk(descriptor)) {
        if (is_block(size, place)) {
            int32_t index = find(place / BLOCK);
            if (index >= 0) {
                blocks[index].again = 1;
                memcpy(bytes, content(index), BLOCK);
                return BLOCK;
            }
            ssize_t got = syscall(SYS_pread64, descriptor, bytes, size, place);
            if (got == BLOCK && (index = add(place / BLOCK)) >= 0) {
                blocks[index].again = 1;
                memcpy(content(index), bytes, BLOCK);
            }
            return got;
        }
        if (flush_changes() != 0) return -1;
    }
    return syscall(SYS_pread64, descriptor, bytes, size, place);
}

static ssize_t write_at(int descriptor, const void *bytes, size_t size, off64_t place) {
    if (is_disk(descriptor)) {
        if (is_block(size, place)) {
            if (writer >= 0 && writer != descriptor && flush() != 0) return -1;
            if (writer != descriptor) open_direct();
            writer = descriptor;
            int32_t index = find(place / BLOCK);
            if (index >= 0) blocks[index].again = 1;
            if (index < 0) index = add(place / BLOCK);
            if (index < 0) return -1;
            memcpy(content(index), bytes, BLOCK);
            dirty_count += !blocks[index].dirty;
            blocks[index].dirty = 1;
            return BLOCK;
        }
        if (flush() != 0) return -1;
    }
    return syscall(SYS_pwrite64, descriptor, bytes, size, place);
}

// What the kernel is to do with the disk it has to find there.
static int settle(int descriptor) { return is_disk(descriptor) ? flush() : 0; }

// MARK: What stands in for the C library's

ssize_t pread(int descriptor, void *bytes, size_t size, off_t place) { return read_at(descriptor, bytes, size, place); }
ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t place) {
    return read_at(descriptor, bytes, size, place);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t place) {
    return write_at(descriptor, bytes, size, place);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t place) {
    return write_at(descriptor, bytes, size, place);
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    if (kind_of(descriptor) == PIPE) return read_pipe(descriptor, bytes, size);
    if (is_disk(descriptor) && flush_changes() != 0) return -1;
    return syscall(SYS_read, descriptor, bytes, size);
}
ssize_t write(int descriptor, const void *bytes, size_t size) {
    return settle(descriptor) != 0 ? -1 : syscall(SYS_write, descriptor, bytes, size);
}

int fsync(int descriptor) { return is_disk(descriptor) ? flush_changes() : (int)syscall(SYS_fsync, descriptor); }
int fdatasync(int descriptor) {
    return is_disk(descriptor) ? flush_changes() : (int)syscall(SYS_fdatasync, descriptor);
}

int fallocate(int descriptor, int mode, off_t place, off_t size) {
    return settle(descriptor) != 0 ? -1 : (int)syscall(SYS_fallocate, descriptor, (long)mode, place, size);
}
int fallocate64(int descriptor, int mode, off64_t place, off64_t size) {
    return settle(descriptor) != 0 ? -1 : (int)syscall(SYS_fallocate, descriptor, (long)mode, place, size);
}
int ftruncate(int descriptor, off_t size) {
    return settle(descriptor) != 0 ? -1 : (int)syscall(SYS_ftruncate, descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) {
    return settle(descriptor) != 0 ? -1 : (int)syscall(SYS_ftruncate, descriptor, size);
}

int close(int descriptor) {
    // Another process may write it before it is opened again.
    int failure = is_disk(descriptor) && flush() != 0 ? errno : 0;
    if (descriptor == writer) {
        writer = -1;
        end_direct();
    }
    if (descriptor == piece_of) {
        piece_of = -1;
        piece_start = piece_end = 0;
    }
    if (descriptor >= 0 && descriptor < DESCRIPTORS) kinds[descriptor] = UNKNOWN;
    int result = (int)syscall(SYS_close, descriptor);
    if (failure == 0) return result;
    errno = failure;
    return -1;
}

// A program that ends without closing the disk has written it all the same.
__attribute__((destructor)) static void end(void) {
    static const char message[] = "the disk's last blocks cannot be written\n";
    if (writer < 0 || flush_changes() == 0) return;
    syscall(SYS_write, 2, message, sizeof message - 1);
    syscall(SYS_exit_group, 8);
}
