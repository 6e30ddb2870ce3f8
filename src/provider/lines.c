/*
 * lines.c - lines out of chunks.
 *
 * Thread:    any; pure but for memory.
 * Owns:      at most one partial line; a stream at rest that ended in a newline owns nothing.
 * Invariant: no byte is told twice, and none is lost but those beyond the limit of a line.
 * Not here:  reading descriptors (child.c), logging (output_log.c).
 */
#include "lines.h"

#include <stdlib.h>

#include "wakeproxy/base/mem.h"

static void emit(struct wp_slice line, bool is_cut, wp_lines_fn each, void *context)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    each(context, line, is_cut);
}

/* Appends what fits; the rest marks the line as cut. */
static void keep(struct wp_lines *lines, const char *bytes, size_t count)
{
    size_t room;

    if (count == 0) {
        return;
    }
    if (lines->partial == NULL) {
        lines->partial = wp_malloc(WP_LINE_MAX_BYTES);
        lines->used = 0;
    }
    room = WP_LINE_MAX_BYTES - lines->used;
    if (count > room) {
        count = room;
        lines->is_cut = true;
    }
    memcpy(lines->partial + lines->used, bytes, count);
    lines->used += count;
}

static void flush(struct wp_lines *lines, wp_lines_fn each, void *context)
{
    struct wp_slice line = {lines->partial, lines->used};
    bool is_cut = lines->is_cut;

    lines->partial = NULL;
    lines->used = 0;
    lines->is_cut = false;
    emit(line, is_cut, each, context);
    free((char *)line.ptr);
}

void wp_lines_feed(struct wp_lines *lines, struct wp_slice bytes, wp_lines_fn each, void *context)
{
    while (bytes.len > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t length = end != NULL ? (size_t)(end - bytes.ptr) : bytes.len;

        if (end == NULL) {
            keep(lines, bytes.ptr, length);
            return;
        }
        if (lines->partial == NULL && length <= WP_LINE_MAX_BYTES) {
            emit((struct wp_slice){bytes.ptr, length}, false, each, context);
        } else {
            keep(lines, bytes.ptr, length);
            flush(lines, each, context);
        }
        bytes.ptr += length + 1;
        bytes.len -= length + 1;
    }
}

void wp_lines_end(struct wp_lines *lines, wp_lines_fn each, void *context)
{
    if (lines->partial != NULL) {
        flush(lines, each, context);
    }
}
