#include "CDecompress.h"

#include <stdlib.h>
#include <string.h>

#ifdef FL_WITH_ZLIB
#include <zlib.h>
#endif
#ifdef FL_WITH_ZSTD
#include <zstd.h>
#endif

struct fl_decompressor {
    fl_compression kind;
    bool is_whole;
#ifdef FL_WITH_ZLIB
    z_stream gzip;
#endif
#ifdef FL_WITH_ZSTD
    ZSTD_DStream *zstd;
#endif
};

bool fl_can_decompress(fl_compression kind) {
#ifdef FL_WITH_ZLIB
    if (kind == FL_COMPRESSION_GZIP) return true;
#endif
#ifdef FL_WITH_ZSTD
    if (kind == FL_COMPRESSION_ZSTD) return true;
#endif
    (void)kind;
    return false;
}

static bool start(fl_decompressor *stream) {
#ifdef FL_WITH_ZLIB
    // 15 bits of window, and 16 for the header of gzip.
    if (stream->kind == FL_COMPRESSION_GZIP) return inflateInit2(&stream->gzip, 15 + 16) == Z_OK;
#endif
#ifdef FL_WITH_ZSTD
    if (stream->kind == FL_COMPRESSION_ZSTD) {
        stream->zstd = ZSTD_createDStream();
        return stream->zstd != NULL;
    }
#endif
    (void)stream;
    return false;
}

fl_decompressor *fl_decompress_start(fl_compression kind) {
    fl_decompressor *stream = calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    stream->kind = kind;
    if (start(stream)) return stream;
    free(stream);
    return NULL;
}

void fl_decompress_end(fl_decompressor *stream) {
#ifdef FL_WITH_ZLIB
    if (stream->kind == FL_COMPRESSION_GZIP) inflateEnd(&stream->gzip);
#endif
#ifdef FL_WITH_ZSTD
    if (stream->kind == FL_COMPRESSION_ZSTD) ZSTD_freeDStream(stream->zstd);
#endif
    free(stream);
}

#ifdef FL_WITH_ZLIB
static fl_decompressed inflate_some(fl_decompressor *stream, const void *input, size_t input_bytes, void *output,
                                    size_t output_bytes) {
    z_stream *z = &stream->gzip;
    // zlib counts in 32 bits.
    const size_t most = 1u << 30;
    if (input_bytes > most) input_bytes = most;
    if (output_bytes > most) output_bytes = most;
    z->next_in = (Bytef *)(size_t)input;
    z->avail_in = (uInt)input_bytes;
    z->next_out = output;
    z->avail_out = (uInt)output_bytes;
    fl_decompressed result = {0};
    const int status = inflate(z, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
        stream->is_whole = true;
        inflateReset(z);
    } else if (z->avail_in < input_bytes || z->avail_out < output_bytes) {
        stream->is_whole = false;
    }
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        result.mistake = z->msg != NULL ? z->msg : "the data are damaged";
    result.used = input_bytes - z->avail_in;
    result.made = output_bytes - z->avail_out;
    result.is_whole = stream->is_whole;
    return result;
}
#endif

#ifdef FL_WITH_ZSTD
static fl_decompressed unzstd_some(fl_decompressor *stream, const void *input, size_t input_bytes, void *output,
                                   size_t output_bytes) {
    ZSTD_inBuffer in = {input, input_bytes, 0};
    ZSTD_outBuffer out = {output, output_bytes, 0};
    fl_decompressed result = {0};
    const size_t status = ZSTD_decompressStream(stream->zstd, &out, &in);
    if (ZSTD_isError(status)) {
        result.mistake = ZSTD_getErrorName(status);
    } else if (in.pos > 0 || out.pos > 0) {
        stream->is_whole = status == 0;
    }
    result.used = in.pos;
    result.made = out.pos;
    result.is_whole = stream->is_whole;
    return result;
}
#endif

fl_decompressed fl_decompress(fl_decompressor *stream, const void *input, size_t input_bytes, void *output,
                              size_t output_bytes) {
#ifdef FL_WITH_ZLIB
    if (stream->kind == FL_COMPRESSION_GZIP) return inflate_some(stream, input, input_bytes, output, output_bytes);
#endif
#ifdef FL_WITH_ZSTD
    if (stream->kind == FL_COMPRESSION_ZSTD) return unzstd_some(stream, input, input_bytes, output, output_bytes);
#endif
    (void)stream, (void)input, (void)input_bytes, (void)output, (void)output_bytes;
    return (fl_decompressed){.mistake = "built without the library for it"};
}
