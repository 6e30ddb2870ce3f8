/*
 * provider.c - the registry: from the kind in the configuration to the code behind it.
 *
 * Thread:   the control loop.
 * Owns:     nothing.
 * Not here: what providers do. A new kind is a row in enum wp_provider_kind, a constructor in
 *           kinds.h and a case below (docs/providers.md).
 */
#include "wakeproxy/provider/provider.h"

#include <errno.h>

#include "kinds.h"

struct wp_provider *wp_provider_new(enum wp_provider_kind kind, struct wp_loop *loop,
                                    const struct wp_provider_sink *sink, const char *state_dir,
                                    struct wp_err *err)
{
    switch (kind) {
    case WP_PROVIDER_PROCESS:
        return wp_process_provider_new(loop, sink, state_dir);
    case WP_PROVIDER_EXEC:
        return wp_exec_provider_new(loop, sink);
    case WP_PROVIDER_SIM:
        return wp_sim_provider_new(loop, sink);
    }
    (void)wp_err_set(err, -EINVAL, "there is no provider number %d", (int)kind);
    return NULL;
}

void wp_provider_free(struct wp_provider **provider)
{
    struct wp_provider *freed = *provider;

    *provider = NULL;
    if (freed != NULL) {
        freed->ops->free(freed);
    }
}
