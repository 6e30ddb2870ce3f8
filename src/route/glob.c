/*
 * glob.c - matches patterns with '*', in a loop.
 *
 * Pure; any thread; owns nothing. Only the last '*' is ever retried, so the cost is at most the
 * product of both lengths, and neither is larger than a request target.
 * Not here: '?', sets and escapes; a path has no use for them.
 */
#include "glob.h"

bool wp_glob_match(struct wp_slice pattern, struct wp_slice text)
{
    size_t p = 0, t = 0, retry_p = SIZE_MAX, retry_t = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            retry_p = ++p;
            retry_t = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (retry_p != SIZE_MAX) {
            p = retry_p;
            t = ++retry_t;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') {
        p++;
    }
    return p == pattern.len;
}
