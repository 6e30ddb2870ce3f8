/*
 * view.c - immutable, counted views of a trace.
 *
 * Thread:    made by control; referenced and dropped by any.
 * Owns:      its strings and upstreams, freed with the last reference.
 * Invariant: nothing but `refs` is written once a view has been handed on. Dropping releases, and
 *            the last drop acquires, so that the free comes after every reader's last look.
 * Not here:  deciding what a view says (engine).
 */
#include "wakeproxy/bus/view.h"

#include <stdlib.h>

#include "wakeproxy/base/mem.h"

struct wp_view *wp_view_new(uint32_t trace, enum wp_view_status status, uint64_t epoch,
                            uint32_t upstream_count)
{
    struct wp_view *view =
        wp_calloc(1, sizeof(*view) + (size_t)upstream_count * sizeof(view->upstreams[0]));

    atomic_init(&view->refs, 1);
    view->trace = trace;
    view->status = status;
    view->epoch = epoch;
    view->upstream_count = upstream_count;
    return view;
}

struct wp_view *wp_view_ref(struct wp_view *view)
{
    atomic_fetch_add_explicit(&view->refs, 1, memory_order_relaxed);
    return view;
}

void wp_view_unref(struct wp_view **view)
{
    struct wp_view *dropped = *view;

    *view = NULL;
    if (dropped == NULL || atomic_fetch_sub_explicit(&dropped->refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    free(dropped->phase);
    free(dropped->reason);
    free(dropped->wake_stages);
    free(dropped);
}
