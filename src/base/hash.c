/*
 * hash.c - SipHash-1-3 (Aumasson, Bernstein) and the kernel's random bytes.
 *
 * Thread:    any; no state is kept here, seeds belong to the callers.
 * Invariant: the result depends only on the seed and the bytes, not on alignment or word order.
 * Not here:  cryptography. One compression and three finalisation rounds keep strangers from
 *            choosing collisions in a table; they authenticate nothing.
 */
#include "wakeproxy/base/hash.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void wp_random_fill(void *bytes, size_t size_bytes)
{
    char *at = bytes;

    while (size_bytes > 0) {
        ssize_t got = getrandom(at, size_bytes, 0);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            static const char text[] = "wakeproxy: getrandom failed\n";

            /* A guessable seed would be worse than no proxy. */
            if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) {
                abort();
            }
            abort();
        }
        at += got;
        size_bytes -= (size_t)got;
    }
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t value, unsigned count)
{
    return (value << count) | (value >> (64 - count));
}

static inline void sip_round(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    s->v0 ^= word;
}

uint64_t wp_hash_bytes(const struct wp_hash_seed *seed, const void *bytes, size_t size_bytes)
{
    struct sip s = {
        .v0 = seed->k0 ^ 0x736f6d6570736575u,
        .v1 = seed->k1 ^ 0x646f72616e646f6du,
        .v2 = seed->k0 ^ 0x6c7967656e657261u,
        .v3 = seed->k1 ^ 0x7465646279746573u,
    };
    const unsigned char *at = bytes;
    uint64_t last = (uint64_t)size_bytes << 56;
    size_t left = size_bytes;

    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;

        memcpy(&word, at, sizeof(word));
        sip_word(&s, le64toh(word));
    }
    for (size_t i = 0; i < left; i++) {
        last |= (uint64_t)at[i] << (8 * i);
    }
    sip_word(&s, last);
    s.v2 ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
