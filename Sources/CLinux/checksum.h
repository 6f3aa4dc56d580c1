// CRC-32C by the processor's own instruction. The compiler's builtins, as its header of them is a module of its own that
// Swift would import with this one.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define SB_CRC32C_TARGET __attribute__((target("sse4.2")))
#define sb_crc32c_byte(value, byte) __builtin_ia32_crc32qi(value, byte)
#define sb_crc32c_word(value, word) (uint32_t)__builtin_ia32_crc32di(value, word)
/// Whether the processor has the instruction.
static inline int sb_has_crc32c(void) { return __builtin_cpu_supports("sse4.2") != 0; }
#elif defined(__aarch64__)
#include <sys/auxv.h>
#define SB_CRC32C_TARGET __attribute__((target("crc")))
#define sb_crc32c_byte(value, byte) __builtin_arm_crc32cb(value, byte)
#define sb_crc32c_word(value, word) __builtin_arm_crc32cd(value, word)
/// Whether the processor has the instruction, which ARMv8.0 leaves open: HWCAP_CRC32.
static inline int sb_has_crc32c(void) { return (getauxval(AT_HWCAP) & 1 << 7) != 0; }
#endif

#ifdef SB_CRC32C_TARGET
/// The register after these bytes. Only where `sb_has_crc32c` says so.
SB_CRC32C_TARGET static inline uint32_t sb_crc32c(uint32_t value, const void *bytes, size_t count) {
    const unsigned char *next = (const unsigned char *)bytes;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        value = sb_crc32c_word(value, word);
    }
    for (; count > 0; count--) value = sb_crc32c_byte(value, *next++);
    return value;
}
#else
static inline int sb_has_crc32c(void) { return 0; }
static inline uint32_t sb_crc32c(uint32_t value, const void *bytes, size_t count) { return value; }
#endif
