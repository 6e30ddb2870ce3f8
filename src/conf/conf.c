/*
 * conf.c - loads a configuration: file -> bytes -> tree -> objects -> checks, and counts
 * references.
 *
 * Thread:    load and parse block and run where nothing waits (start, the reload's own thread); ref
 *            and unref on any thread.
 * Owns:      the arena with every string and array of the configuration. The tree has an arena of
 *            its own, which ends with the load.
 * Invariant: a configuration that comes out has no problem; with any problem none comes out.
 * Not here:  formats (yaml_tree.c), keys (conf_fields*.c), values (decode_*.c), meaning
 *            (conf_check*.c).
 */
#include "wakeproxy/conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf_decode.h"

static void conf_free(struct wp_conf *conf)
{
    struct wp_conf_arena *arena = conf->arena;

    wp_conf_arena_free(&arena); /* the object itself lies in it */
}

static struct wp_conf *conf_new(const char *name)
{
    struct wp_conf_arena *arena = wp_conf_arena_new();
    struct wp_conf *conf = wp_conf_arena_alloc(arena, 1, sizeof(*conf));

    conf->arena = arena;
    conf->path = wp_conf_arena_text(arena, wp_slice_cstr(name));
    atomic_init(&conf->refs, 1);
    return conf;
}

static void decode(struct wp_conf *conf, const struct wp_yaml_node *root,
                   struct wp_conf_findings *findings)
{
    struct wp_conf_decoder decoder = {
        .arena = conf->arena,
        .findings = findings,
        .conf = conf,
        .hosts = wp_map_new(),
    };

    if (root->kind == WP_YAML_MAP) {
        wp_conf_section_init(&decoder, &wp_conf_trace_section, &decoder.standard);
        wp_conf_section_init(&decoder, &wp_conf_root_section, conf);
        wp_conf_section_decode(&decoder, &wp_conf_root_section, root, conf);
    } else if (root->kind != WP_YAML_BAD) {
        wp_conf_findings_add(findings, root->place,
                             "a configuration must be a mapping of keys such as \"traces:\", found "
                             "%s",
                             wp_yaml_kind_name(root->kind));
    }
    wp_map_free(&decoder.hosts);
}

struct wp_conf *wp_conf_parse(const char *name, struct wp_slice yaml,
                              struct wp_conf_problems *ret_problems)
{
    struct wp_conf_findings findings = {.name = name};
    struct wp_conf_arena *tree_arena = wp_conf_arena_new();
    struct wp_conf *conf = conf_new(name);
    const struct wp_yaml_node *root;

    root = wp_yaml_read(yaml, tree_arena, &findings);
    if (root) {
        decode(conf, root, &findings);
    }
    wp_conf_arena_free(&tree_arena);
    if (findings.count > 0) {
        conf_free(conf);
        conf = NULL;
    }
    wp_conf_findings_finish(&findings, ret_problems);
    return conf;
}

/* Reads to the end of the file, at most one byte more than is allowed. 0 or -errno. */
static int read_all(int fd, char **ret_bytes, size_t *ret_length)
{
    size_t capacity = 0, length = 0;
    char *bytes = NULL;
    ssize_t got = 1;

    while (got > 0 && length <= WP_YAML_BYTES_MAX) {
        bytes = wp_grow(bytes, &capacity, length + 65536, 1);
        got = read(fd, bytes + length, capacity - length);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        if (got > 0) {
            length += (size_t)got;
        }
    }
    if (got < 0) {
        free(bytes);
        return -errno;
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}

struct wp_conf *wp_conf_load(const char *path, struct wp_conf_problems *ret_problems)
{
    struct wp_conf_findings findings = {.name = path};
    struct wp_conf *conf = NULL;
    char *bytes = NULL;
    size_t length = 0;
    int fd, error;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    error = fd < 0 ? -errno : read_all(fd, &bytes, &length);
    if (error == 0) {
        conf = wp_conf_parse(path, (struct wp_slice){bytes, length}, ret_problems);
    } else {
        wp_conf_findings_add(&findings, (struct wp_conf_place){0, 0}, "cannot be read: %s",
                             strerror(-error));
        wp_conf_findings_finish(&findings, ret_problems);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(bytes);
    return conf;
}

void wp_conf_problems_fini(struct wp_conf_problems *problems)
{
    size_t i;

    for (i = 0; i < problems->count; i++) {
        free(problems->lines[i]);
    }
    free(problems->lines);
    *problems = (struct wp_conf_problems){NULL, 0};
}

struct wp_conf *wp_conf_ref(struct wp_conf *conf)
{
    atomic_fetch_add_explicit(&conf->refs, 1, memory_order_relaxed);
    return conf;
}

void wp_conf_unref(struct wp_conf **conf)
{
    if (*conf && atomic_fetch_sub_explicit(&(*conf)->refs, 1, memory_order_acq_rel) == 1) {
        conf_free(*conf);
    }
    *conf = NULL;
}
