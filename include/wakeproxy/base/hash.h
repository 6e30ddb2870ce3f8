/*
 * hash.h - a keyed hash (SipHash-1-3) and the seeds for it. Any thread.
 */
#ifndef WAKEPROXY_BASE_HASH_H
#define WAKEPROXY_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Whoever does not know the seed cannot choose inputs that collide. */
struct wp_hash_seed {
    uint64_t k0, k1;
};

/* Fills `bytes` from getrandom(2); ends the process when the kernel has none to give. */
void wp_random_fill(void *bytes, size_t size_bytes);

uint64_t wp_hash_bytes(const struct wp_hash_seed *seed, const void *bytes, size_t size_bytes);

#endif
