// Streams that gzip and zstd compressed, as they are read.
#ifndef FAULTLINE_DECOMPRESS_H
#define FAULTLINE_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum fl_compression { FL_COMPRESSION_GZIP = 1, FL_COMPRESSION_ZSTD = 2 } fl_compression;

// Whether the package was built with the library for it.
bool fl_can_decompress(fl_compression kind);

typedef struct fl_decompressor fl_decompressor;

// NULL where there is no library or no memory for it.
fl_decompressor *_Nullable fl_decompress_start(fl_compression kind);
void fl_decompress_end(fl_decompressor *_Nonnull stream);

typedef struct fl_decompressed {
    size_t used, made;
    bool is_whole;  // the bytes so far end where a compressed stream does
    // What is wrong with the input, to be read before the next call; NULL if nothing is.
    const char *_Nullable mistake;
} fl_decompressed;

// Goes on with the next bytes; streams may follow one another.
fl_decompressed fl_decompress(fl_decompressor *_Nonnull stream, const void *_Nullable input, size_t input_bytes,
                              void *_Nonnull output, size_t output_bytes);

#endif
