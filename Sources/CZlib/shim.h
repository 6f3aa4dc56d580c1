#include <zlib.h>
/// deflateInit2(3), which is a macro: raw deflate, without a header of zlib's or gzip's.
static inline int sb_deflate_init_raw(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
}
