/*
 * nearest.c - finds the known word nearest to a mistyped one (Damerau-Levenshtein, restricted to
 * swaps of neighbours).
 *
 * Pure; any thread; owns nothing. Words over WP_CONF_NEAREST_MAX bytes have no neighbours, which
 * bounds the cost whatever a file contains. Not here: deciding whether a word is wrong.
 */
#include "nearest.h"

#define COLUMNS (WP_CONF_NEAREST_MAX + 1)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t wp_conf_nearest_distance(struct wp_slice a, struct wp_slice b)
{
    size_t rows[3][COLUMNS];
    size_t i, j;

    if (a.len > WP_CONF_NEAREST_MAX || b.len > WP_CONF_NEAREST_MAX) {
        return SIZE_MAX;
    }
    for (j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *above2 = rows[(i + 1) % 3];
        char ca = wp_ascii_lower(a.ptr[i - 1]);

        row[0] = i;
        for (j = 1; j <= b.len; j++) {
            char cb = wp_ascii_lower(b.ptr[j - 1]);

            row[j] = least(above[j] + 1, row[j - 1] + 1);
            row[j] = least(row[j], above[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == wp_ascii_lower(b.ptr[j - 2]) &&
                cb == wp_ascii_lower(a.ptr[i - 2])) {
                row[j] = least(row[j], above2[j - 2] + 1);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

void wp_conf_nearest_init(struct wp_conf_nearest *nearest, struct wp_slice wanted)
{
    nearest->wanted = wanted;
    nearest->best = NULL;
    /* A third of the letters may be wrong, at least one and at most three: farther is a guess. */
    nearest->distance = least(wanted.len / 3 > 0 ? wanted.len / 3 : 1, 3) + 1;
}

void wp_conf_nearest_offer(struct wp_conf_nearest *nearest, const char *candidate)
{
    size_t distance = wp_conf_nearest_distance(nearest->wanted, wp_slice_cstr(candidate));

    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = candidate;
    }
}
