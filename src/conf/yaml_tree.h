/*
 * yaml_tree.h - one YAML document as a small tree with places. Private to the room.
 */
#ifndef WP_CONF_YAML_TREE_H
#define WP_CONF_YAML_TREE_H

#include "arena.h"
#include "findings.h"

#define WP_YAML_DEPTH_MAX 32
#define WP_YAML_NODES_MAX 2000000u
#define WP_YAML_BYTES_MAX ((size_t)16 * 1024 * 1024)

enum wp_yaml_kind {
    WP_YAML_NULL, /* nothing was written: `key:`, ~ or null */
    WP_YAML_SCALAR,
    WP_YAML_LIST,
    WP_YAML_MAP,
    WP_YAML_BAD, /* already reported; say nothing more about it */
};

struct wp_yaml_pair {
    struct wp_yaml_node *key, *value; /* the key is a SCALAR, and unique */
};

struct wp_yaml_node {
    enum wp_yaml_kind kind;
    struct wp_conf_place place;
    union {
        struct wp_slice text; /* UTF-8 without NUL; NUL-terminated behind its end */
        struct {
            size_t count;
            union {
                struct wp_yaml_node **items;
                struct wp_yaml_pair *pairs;
            };
        };
    };
};

/*
 * Reads the only document of `yaml` into `arena`. Whatever is wrong goes to `findings`; NULL when
 * the text could not be read to its end. Aliases, anchors and tags are refused.
 */
struct wp_yaml_node *wp_yaml_read(struct wp_slice yaml, struct wp_conf_arena *arena,
                                  struct wp_conf_findings *findings);

/* The value of `key` in a MAP; NULL when absent or when `node` is something else. */
struct wp_yaml_node *wp_yaml_get(const struct wp_yaml_node *node, const char *key);
/* The place of the key `key` in a MAP, or the node's own. */
struct wp_conf_place wp_yaml_place(const struct wp_yaml_node *node, const char *key);
/* "a list", "a mapping", "text", "nothing". */
const char *wp_yaml_kind_name(enum wp_yaml_kind kind);

/*
 * Whether the bytes are text: UTF-8 without control characters other than tab and line ends.
 * Reports the first fault. (yaml_bytes.c)
 */
bool wp_yaml_check_bytes(struct wp_slice yaml, struct wp_conf_findings *findings);

#endif
