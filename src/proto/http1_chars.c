/*
 * http1_chars.c - the character classes of HTTP and URIs as one table.
 *
 * Thread: any; constant data.
 *
 * One 256-byte table with a bit per class stays in four cache lines and turns each grammar rule
 * into one load and one test. Bytes not listed (CTL, SP, 0x7f-0xff) belong to no class.
 */
#include "http1_internal.h"

#define T WP_CHAR_TOKEN
#define G WP_CHAR_TARGET
#define R WP_CHAR_REG_NAME
#define X WP_CHAR_HEX

const uint8_t wp_http1_chars[256] = {
    ['!'] = T | G | R,
    ['"'] = G,
    ['#'] = T,
    ['$'] = T | G | R,
    ['%'] = T | G,
    ['&' ... '\''] = T | G | R,
    ['(' ... ')'] = G | R,
    ['*' ... '+'] = T | G | R,
    [','] = G | R,
    ['-' ... '.'] = T | G | R,
    ['/'] = G,
    ['0' ... '9'] = T | G | R | X,
    [':'] = G,
    [';'] = G | R,
    ['<'] = G,
    ['='] = G | R,
    ['>' ... '@'] = G,
    ['A' ... 'F'] = T | G | R | X,
    ['G' ... 'Z'] = T | G | R,
    ['[' ... ']'] = G,
    ['^'] = T | G,
    ['_'] = T | G | R,
    ['`'] = T | G,
    ['a' ... 'f'] = T | G | R | X,
    ['g' ... 'z'] = T | G | R,
    ['{'] = G,
    ['|'] = T | G,
    ['}'] = G,
    ['~'] = T | G | R,
};

bool wp_is_token(struct wp_slice text)
{
    return text.len > 0 &&
           wp_http1_skip_token(text.ptr, text.ptr + text.len) == text.ptr + text.len;
}
