/*
 * id.c - request ids: a random prefix per source and a counter.
 *
 * Thread:    a source belongs to one thread; different sources are independent.
 * Invariant: two ids of one source differ until the counter has gone round (2^64); two sources
 *            differ by their 64 random bits.
 * Not here:  secrets. Whoever has seen one id can guess the next.
 */
#include "wakeproxy/base/id.h"

#include "wakeproxy/base/hash.h"

void wp_id_source_init(struct wp_id_source *source)
{
    wp_random_fill(&source->prefix, sizeof(source->prefix));
    /* Starting anywhere keeps an id from telling how many requests were served. */
    wp_random_fill(&source->counter, sizeof(source->counter));
}

static void write_hex(uint64_t value, char *ret_digits)
{
    static const char digits[] = "0123456789abcdef";

    for (int i = 15; i >= 0; i--) {
        ret_digits[i] = digits[value & 15];
        value >>= 4;
    }
}

void wp_id_next(struct wp_id_source *source, char ret_id[WP_ID_LEN])
{
    write_hex(source->prefix, ret_id);
    write_hex(source->counter++, ret_id + WP_ID_LEN / 2);
}
