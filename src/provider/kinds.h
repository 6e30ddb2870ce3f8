/*
 * kinds.h - the constructors of the built-in providers, for the registry in provider.c.
 */
#ifndef WP_PROVIDER_KINDS_H
#define WP_PROVIDER_KINDS_H

#include "wakeproxy/provider/provider.h"

/* As wp_provider_new(), of one kind each. */
struct wp_provider *wp_process_provider_new(struct wp_loop *loop,
                                            const struct wp_provider_sink *sink,
                                            const char *state_dir);
struct wp_provider *wp_exec_provider_new(struct wp_loop *loop, const struct wp_provider_sink *sink);
struct wp_provider *wp_sim_provider_new(struct wp_loop *loop, const struct wp_provider_sink *sink);

#endif
