/*
 * conf_eq.c - whether a part is defined alike in two configurations.
 *
 * Pure; any thread. Places in the file do not matter.
 * Not here: what a reload does with the answer (room control).
 */
#include "conf_fields.h"

static bool text_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool strings_eq(const struct wp_conf_strings *a, const struct wp_conf_strings *b)
{
    size_t i;

    if (a->count != b->count) {
        return false;
    }
    for (i = 0; i < a->count; i++) {
        if (!text_eq(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool env_eq(const struct wp_conf_pair *a, size_t a_count, const struct wp_conf_pair *b,
                   size_t b_count)
{
    size_t i;

    if (a_count != b_count) {
        return false;
    }
    for (i = 0; i < a_count; i++) {
        if (!text_eq(a[i].name, b[i].name) || !text_eq(a[i].value, b[i].value)) {
            return false;
        }
    }
    return true;
}

static bool process_eq(const struct wp_conf_process *a, const struct wp_conf_process *b)
{
    return strings_eq(&a->command, &b->command) &&
           env_eq(a->env, a->env_count, b->env, b->env_count) &&
           text_eq(a->directory, b->directory) && a->stop_signal == b->stop_signal &&
           a->stop_timeout_ms == b->stop_timeout_ms && a->outlive == b->outlive;
}

static bool exec_eq(const struct wp_conf_exec *a, const struct wp_conf_exec *b)
{
    return strings_eq(&a->start, &b->start) && strings_eq(&a->stop, &b->stop) &&
           strings_eq(&a->status, &b->status) &&
           env_eq(a->env, a->env_count, b->env, b->env_count) &&
           text_eq(a->directory, b->directory) && a->start_timeout_ms == b->start_timeout_ms &&
           a->stop_timeout_ms == b->stop_timeout_ms &&
           a->status_timeout_ms == b->status_timeout_ms && a->interval_ms == b->interval_ms &&
           a->fast_interval_ms == b->fast_interval_ms;
}

static bool sim_eq(const struct wp_conf_sim *a, const struct wp_conf_sim *b)
{
    return a->boot_ms == b->boot_ms && a->stop_ms == b->stop_ms &&
           a->fail_starts == b->fail_starts && text_eq(a->fail_reason, b->fail_reason) &&
           a->crash_after_ms == b->crash_after_ms && a->running == b->running;
}

static bool ready_eq(const struct wp_conf_ready *a, const struct wp_conf_ready *b)
{
    if (!a || !b) {
        return a == b;
    }
    return a->kind == b->kind && text_eq(a->address, b->address) && text_eq(a->method, b->method) &&
           text_eq(a->path, b->path) && text_eq(a->host, b->host) &&
           a->status_min == b->status_min && a->status_max == b->status_max &&
           text_eq(a->header_name, b->header_name) && text_eq(a->header_value, b->header_value) &&
           text_eq(a->body, b->body) && a->consecutive == b->consecutive &&
           a->timeout_ms == b->timeout_ms;
}

static bool provider_eq(const struct wp_conf_part *a, const struct wp_conf_part *b)
{
    if (a->provider != b->provider) {
        return false;
    }
    switch (a->provider) {
    case WP_PROVIDER_PROCESS:
        return process_eq(&a->process, &b->process);
    case WP_PROVIDER_EXEC:
        return exec_eq(&a->exec, &b->exec);
    case WP_PROVIDER_SIM:
        return sim_eq(&a->sim, &b->sim);
    }
    return false;
}

bool wp_conf_part_eq(const struct wp_conf_part *a, const struct wp_conf_part *b)
{
    return text_eq(a->name, b->name) && provider_eq(a, b) && a->after_count == b->after_count &&
           (a->after_count == 0 ||
            memcmp(a->after, b->after, a->after_count * sizeof(a->after[0])) == 0) &&
           ready_eq(a->ready, b->ready);
}
