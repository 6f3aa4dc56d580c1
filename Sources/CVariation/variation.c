// Preloaded into the second build of `stonebake build --verify-reproducible`, and into everything that it starts: makes
// the clock, the order in which directories are read, and the host's name other ones. What the environment does not
// ask for is passed on unchanged. Needs nothing but the C library, so that it loads into every appliance with glibc.
//
//     STONEBAKE_VARY_CLOCK    seconds that are added to the real time
//     STONEBAKE_VARY_ORDER    1: entries come in the reverse of the order in which the kernel gives them
//     STONEBAKE_VARY_HOST     the host's name
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

// The C library's own function of that name.
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != 0 ? value : NULL;
}

// MARK: The clock

static long offset(void) {
    const char *value = setting("STONEBAKE_VARY_CLOCK");
    return value != NULL ? strtol(value, NULL, 10) : 0;
}

static int is_real_time(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static __typeof__(&clock_gettime) next;
    if (next == NULL) next = NEXT(clock_gettime);
    int result = next(clock, now);
    if (result == 0 && is_real_time(clock)) now->tv_sec += offset();
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    static int (*next)(struct timeval *restrict, void *restrict);
    if (next == NULL) next = (int (*)(struct timeval *restrict, void *restrict))dlsym(RTLD_NEXT, "gettimeofday");
    int result = next(now, zone);
    if (result == 0) now->tv_sec += offset();
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
    if (result != NULL) *result = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
    if (base != TIME_UTC) return 0;
    return clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

// Who waits until a point in time has computed it from our clock, and the kernel knows the real one. Points on the
// monotonic clock are far smaller numbers than any on the real one.
static struct timespec real(const struct timespec *until) {
    struct timespec result = *until;
    if (result.tv_sec > 1000000000) result.tv_sec -= offset();
    return result;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    static __typeof__(&pthread_cond_timedwait) next;
    // Without its version, dlsym may find the function of LinuxThreads, whose condition variables are others.
    if (next == NULL) next = (__typeof__(&pthread_cond_timedwait))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (next == NULL) next = NEXT(pthread_cond_timedwait);
    struct timespec point = real(until);
    return next(condition, mutex, &point);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    static __typeof__(&pthread_mutex_timedlock) next;
    if (next == NULL) next = NEXT(pthread_mutex_timedlock);
    struct timespec point = real(until);
    return next(mutex, &point);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    static __typeof__(&sem_timedwait) next;
    if (next == NULL) next = NEXT(sem_timedwait);
    struct timespec point = real(until);
    return next(semaphore, &point);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *rest) {
    static __typeof__(&clock_nanosleep) next;
    if (next == NULL) next = NEXT(clock_nanosleep);
    if ((flags & TIMER_ABSTIME) == 0 || !is_real_time(clock)) return next(clock, flags, until, rest);
    struct timespec point = real(until);
    return next(clock, flags, &point, rest);
}

// MARK: The order of directories

// What has been read of an open directory ahead of its reader, last entry first.
struct listing {
    DIR *directory;
    struct dirent64 **entries;
    size_t count, position;
    int error;
    struct listing *next;
};

static struct listing *listings;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// A process that is forked while another thread reads a directory must not find the lock held.
static void hold(void) { pthread_mutex_lock(&lock); }
static void release(void) { pthread_mutex_unlock(&lock); }
__attribute__((constructor)) static void prepare(void) { pthread_atfork(hold, release, release); }

static void empty(struct listing *listing) {
    for (size_t index = 0; index < listing->count; index++) free(listing->entries[index]);
    free(listing->entries);
    listing->entries = NULL;
    listing->count = listing->position = 0;
}

static void forget(DIR *directory) {
    pthread_mutex_lock(&lock);
    for (struct listing **place = &listings; *place != NULL; place = &(*place)->next) {
        if ((*place)->directory != directory) continue;
        struct listing *found = *place;
        *place = found->next;
        empty(found);
        free(found);
        break;
    }
    pthread_mutex_unlock(&lock);
}

static struct listing *listing_of(DIR *directory) {
    for (struct listing *each = listings; each != NULL; each = each->next) {
        if (each->directory == directory) return each;
    }
    struct listing *made = calloc(1, sizeof *made);
    if (made == NULL) return NULL;
    __typeof__(&readdir64) next = NEXT(readdir64);
    struct dirent64 *entry;
    int before = errno;
    errno = 0;
    while ((entry = next(directory)) != NULL) {
        struct dirent64 **larger = realloc(made->entries, (made->count + 1) * sizeof *larger);
        if (larger == NULL) break;
        made->entries = larger;
        struct dirent64 *copy = malloc(sizeof *copy);
        if (copy == NULL) break;
        memset(copy, 0, sizeof *copy);
        memcpy(copy, entry, entry->d_reclen < sizeof *copy ? entry->d_reclen : sizeof *copy);
        made->entries[made->count++] = copy;
        errno = 0;
    }
    made->error = errno;
    errno = before;
    for (size_t index = 0; index < made->count / 2; index++) {
        struct dirent64 *other = made->entries[made->count - 1 - index];
        made->entries[made->count - 1 - index] = made->entries[index];
        made->entries[index] = other;
    }
    made->directory = directory;
    made->next = listings;
    listings = made;
    return made;
}

struct dirent64 *readdir64(DIR *directory) {
    if (setting("STONEBAKE_VARY_ORDER") == NULL) return NEXT(readdir64)(directory);
    pthread_mutex_lock(&lock);
    struct dirent64 *result = NULL;
    struct listing *listing = listing_of(directory);
    if (listing == NULL) {
        errno = ENOMEM;
    } else if (listing->position < listing->count) {
        result = listing->entries[listing->position++];
    } else if (listing->error != 0) {
        errno = listing->error;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

// On 64-bit Linux both are the same structure.
_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "a 64-bit system");
struct dirent *readdir(DIR *directory) { return (struct dirent *)readdir64(directory); }

int closedir(DIR *directory) {
    forget(directory);
    return NEXT(closedir)(directory);
}

void rewinddir(DIR *directory) {
    forget(directory);
    NEXT(rewinddir)(directory);
}

// MARK: The host's name

int uname(struct utsname *name) {
    int result = NEXT(uname)(name);
    const char *host = setting("STONEBAKE_VARY_HOST");
    if (result == 0 && host != NULL) {
        strncpy(name->nodename, host, sizeof name->nodename - 1);
        name->nodename[sizeof name->nodename - 1] = 0;
    }
    return result;
}

int gethostname(char *name, size_t size) {
    struct utsname all;
    if (uname(&all) != 0) return -1;
    if (strlen(all.nodename) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(name, all.nodename);
    return 0;
}
