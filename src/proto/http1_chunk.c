/*
 * http1_chunk.c - the chunked transfer coding, byte-exact and incremental (RFC 9112 section 7.1).
 *
 * Thread: any; pure. The decoder is the caller's; payload is handed out as slices of the input,
 * never copied.
 *
 * What could be read in two ways is refused: sizes with sign, "0x", padding or more than 13 digits
 * (which a double still holds exactly), bare LF, data not followed by CRLF, extensions that are not
 * ";name[=token or quoted string]". A quoted string is followed to its end, so that a CRLF inside
 * it cannot pass for the end of the line.
 *
 * Not here: which trailer fields are let through (http1_trailer.c).
 */
#include "wakeproxy/proto/http1_chunk.h"

#include "http1_internal.h"

#define SIZE_DIGITS_MAX   13
#define EXTENSION_MAX     256
#define TRAILER_BYTES_MAX 8192

enum state {
    STATE_SIZE,           /* hex digits                       -> EXT_*, SIZE_LF */
    STATE_SIZE_LF,        /* LF of the size line              -> DATA, TRAILER */
    STATE_EXT_BEFORE,     /* whitespace, then ';'             -> EXT_NAME_START */
    STATE_EXT_NAME_START, /* whitespace, then a tchar         -> EXT_NAME */
    STATE_EXT_NAME,     /* tchars                           -> EXT_NAME_END, EXT_VALUE_START, ... */
    STATE_EXT_NAME_END, /* whitespace, then ';' or '='      -> EXT_NAME_START, EXT_VALUE_START */
    STATE_EXT_VALUE_START, /* whitespace, then tchar or quote -> EXT_VALUE, EXT_QUOTED */
    STATE_EXT_VALUE,       /* tchars                           -> EXT_BEFORE, SIZE_LF, ... */
    STATE_EXT_QUOTED,      /* up to the closing quote          -> EXT_QUOTED_PAIR, EXT_QUOTED_END */
    STATE_EXT_QUOTED_PAIR, /* the byte after a backslash      -> EXT_QUOTED */
    STATE_EXT_QUOTED_END,  /* after the closing quote          -> EXT_BEFORE, SIZE_LF, ... */
    STATE_DATA,            /* `left` payload bytes             -> DATA_CR */
    STATE_DATA_CR,         /* CR after the payload             -> DATA_LF */
    STATE_DATA_LF,         /* LF after it                      -> SIZE */
    STATE_TRAILER,         /* at the start of a trailer line   -> TRAILER, END */
    STATE_END,
};

void wp_chunk_init(struct wp_chunk_decoder *decoder)
{
    *decoder = (struct wp_chunk_decoder){.state = STATE_SIZE};
}

static bool fail(struct wp_chunk_decoder *decoder, const char *reason)
{
    decoder->reason = reason;
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* What may follow a complete extension, or the size when there is none. */
static bool take_after_value(struct wp_chunk_decoder *decoder, char c)
{
    if (c == '\r') {
        decoder->state = STATE_SIZE_LF;
    } else if (c == ';') {
        decoder->state = STATE_EXT_NAME_START;
    } else if (c == ' ' || c == '\t') {
        decoder->state = STATE_EXT_BEFORE;
    } else {
        return fail(decoder, "chunk size line with a character not allowed");
    }
    return true;
}

static bool take_size(struct wp_chunk_decoder *decoder, char c)
{
    int digit = hex_digit(c);
    if (digit < 0) {
        decoder->line_bytes = 1;
        return decoder->digits > 0 ? take_after_value(decoder, c)
                                   : fail(decoder, "chunk size is not a hexadecimal number");
    }
    if (++decoder->digits > SIZE_DIGITS_MAX) {
        return fail(decoder, "chunk size has too many digits");
    }
    decoder->left = decoder->left << 4 | (unsigned)digit;
    return true;
}

static bool take_size_lf(struct wp_chunk_decoder *decoder, char c)
{
    if (c != '\n') {
        return fail(decoder, "bare CR in a chunk size line");
    }
    decoder->state = decoder->left > 0 ? STATE_DATA : STATE_TRAILER;
    decoder->digits = 0;
    decoder->line_bytes = 0;
    return true;
}

/* In an extension's name, or behind it. */
static bool take_name(struct wp_chunk_decoder *decoder, char c)
{
    bool is_open = decoder->state == STATE_EXT_NAME;
    if (is_open && wp_http1_is(c, WP_CHAR_TOKEN)) {
        return true;
    }
    if (c == '=') {
        decoder->state = STATE_EXT_VALUE_START;
    } else if (c == ';') {
        decoder->state = STATE_EXT_NAME_START;
    } else if (c == ' ' || c == '\t') {
        decoder->state = STATE_EXT_NAME_END;
    } else if (is_open && c == '\r') {
        decoder->state = STATE_SIZE_LF;
    } else {
        return fail(decoder, "malformed chunk extension");
    }
    return true;
}

/* Whitespace, or the first byte of a name or value. */
static bool take_start(struct wp_chunk_decoder *decoder, char c)
{
    bool is_value = decoder->state == STATE_EXT_VALUE_START;
    if (c == ' ' || c == '\t') {
        return true;
    }
    if (is_value && c == '"') {
        decoder->state = STATE_EXT_QUOTED;
        return true;
    }
    if (!wp_http1_is(c, WP_CHAR_TOKEN)) {
        return fail(decoder, "malformed chunk extension");
    }
    decoder->state = is_value ? STATE_EXT_VALUE : STATE_EXT_NAME;
    return true;
}

static bool take_quoted(struct wp_chunk_decoder *decoder, char c)
{
    unsigned char byte = (unsigned char)c;
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
        return fail(decoder, "control character in a quoted chunk extension");
    }
    if (decoder->state == STATE_EXT_QUOTED_PAIR) {
        decoder->state = STATE_EXT_QUOTED;
    } else if (c == '\\') {
        decoder->state = STATE_EXT_QUOTED_PAIR;
    } else if (c == '"') {
        decoder->state = STATE_EXT_QUOTED_END;
    }
    return true;
}

static bool take_extension(struct wp_chunk_decoder *decoder, char c)
{
    if (c != '\r' && ++decoder->line_bytes > EXTENSION_MAX) {
        return fail(decoder, "chunk extensions too long");
    }
    switch ((enum state)decoder->state) {
    case STATE_EXT_BEFORE:
        return c == '\r' ? fail(decoder, "whitespace before the end of a chunk size line")
                         : take_after_value(decoder, c);
    case STATE_EXT_NAME_START:
    case STATE_EXT_VALUE_START:
        return take_start(decoder, c);
    case STATE_EXT_NAME:
    case STATE_EXT_NAME_END:
        return take_name(decoder, c);
    case STATE_EXT_VALUE:
        return wp_http1_is(c, WP_CHAR_TOKEN) || take_after_value(decoder, c);
    case STATE_EXT_QUOTED:
    case STATE_EXT_QUOTED_PAIR:
        return take_quoted(decoder, c);
    case STATE_EXT_QUOTED_END:
        return take_after_value(decoder, c);
    case STATE_SIZE:
    case STATE_SIZE_LF:
    case STATE_DATA:
    case STATE_DATA_CR:
    case STATE_DATA_LF:
    case STATE_TRAILER:
    case STATE_END:
        break;
    }
    return fail(decoder, "chunk decoder in no state");
}

/* One byte outside payload and trailers; false when it breaks the grammar. */
static bool take_byte(struct wp_chunk_decoder *decoder, char c)
{
    switch ((enum state)decoder->state) {
    case STATE_SIZE:
        return take_size(decoder, c);
    case STATE_SIZE_LF:
        return take_size_lf(decoder, c);
    case STATE_DATA_CR:
        decoder->state = STATE_DATA_LF;
        return c == '\r' || fail(decoder, "chunk data is not followed by CRLF");
    case STATE_DATA_LF:
        decoder->state = STATE_SIZE;
        return c == '\n' || fail(decoder, "chunk data is not followed by CRLF");
    case STATE_EXT_BEFORE:
    case STATE_EXT_NAME_START:
    case STATE_EXT_NAME:
    case STATE_EXT_NAME_END:
    case STATE_EXT_VALUE_START:
    case STATE_EXT_VALUE:
    case STATE_EXT_QUOTED:
    case STATE_EXT_QUOTED_PAIR:
    case STATE_EXT_QUOTED_END:
        return take_extension(decoder, c);
    case STATE_DATA:
    case STATE_TRAILER:
    case STATE_END:
        break;
    }
    return fail(decoder, "chunk decoder in no state");
}

/* An incomplete line is taken only when it is whole: the caller offers it again with more. */
static enum wp_chunk_event take_trailer(struct wp_chunk_decoder *decoder, const char **at,
                                        const char *end, struct wp_slice *ret_data)
{
    while (*at < end && **at != '\r') {
        const char *line = *at;
        size_t room = TRAILER_BYTES_MAX - decoder->trailer_bytes;
        const char *limit = (size_t)(end - line) > room ? line + room : end;
        bool is_dropped;
        enum wp_parse parse = wp_http1_trailer_line(at, limit, &is_dropped, &decoder->reason);
        if (parse == WP_PARSE_MORE && (size_t)(end - line) >= room) {
            decoder->reason = "trailer section too large";
            return WP_CHUNK_BAD;
        }
        if (parse != WP_PARSE_OK) {
            return parse == WP_PARSE_MORE ? WP_CHUNK_MORE : WP_CHUNK_BAD;
        }
        decoder->trailer_bytes += (uint32_t)(*at - line);
        if (!is_dropped) {
            *ret_data = (struct wp_slice){line, (size_t)(*at - line)};
            return WP_CHUNK_TRAILER;
        }
    }
    enum wp_parse parse = wp_http1_crlf(*at, end);
    if (parse == WP_PARSE_BAD) {
        decoder->reason = "bare CR in the trailer section";
        return WP_CHUNK_BAD;
    }
    if (parse == WP_PARSE_MORE) {
        return WP_CHUNK_MORE;
    }
    decoder->state = STATE_END;
    *at += 2;
    return WP_CHUNK_END;
}

static struct wp_slice take_data(struct wp_chunk_decoder *decoder, const char *at, const char *end)
{
    size_t count = (size_t)(end - at);
    if (count > decoder->left) {
        count = (size_t)decoder->left;
    }
    decoder->left -= count;
    decoder->total += count;
    if (decoder->left == 0) {
        decoder->state = STATE_DATA_CR;
    }
    return (struct wp_slice){at, count};
}

enum wp_chunk_event wp_chunk_next(struct wp_chunk_decoder *decoder, struct wp_slice input,
                                  size_t *ret_used, struct wp_slice *ret_data)
{
    const char *at = input.ptr;
    const char *end = at + input.len;
    enum wp_chunk_event event = WP_CHUNK_MORE;
    while (at < end && event == WP_CHUNK_MORE) {
        if (decoder->state == STATE_DATA) {
            *ret_data = take_data(decoder, at, end);
            at += ret_data->len;
            event = WP_CHUNK_DATA;
        } else if (decoder->state == STATE_TRAILER) {
            event = take_trailer(decoder, &at, end, ret_data);
            break;
        } else if (decoder->state == STATE_END) {
            break;
        } else if (take_byte(decoder, *at)) {
            at++;
        } else {
            event = WP_CHUNK_BAD;
        }
    }
    *ret_used = (size_t)(at - input.ptr);
    return decoder->state == STATE_END ? WP_CHUNK_END : event;
}

size_t wp_chunk_write_head(uint64_t size, char ret_text[WP_CHUNK_HEAD_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = size == 0 ? 1 : (67 - (unsigned)__builtin_clzll(size)) / 4;
    for (size_t i = digits; i > 0; i--) {
        ret_text[i - 1] = hex[size & 15];
        size >>= 4;
    }
    ret_text[digits] = '\r';
    ret_text[digits + 1] = '\n';
    return digits + 2;
}
