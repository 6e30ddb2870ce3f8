/*
 * conf_fields.h - the one table of everything a configuration can say. Private to the room.
 *
 * Reader, writer, defaults, bounds, reload rule, reference and JSON Schema all walk it; nothing
 * about a key is written down anywhere else but in the struct it fills.
 */
#ifndef WP_CONF_FIELDS_H
#define WP_CONF_FIELDS_H

#include "conf_text.h"
#include "yaml_tree.h"

/* What a value looks like and what it fills: `at` and `at2` are offsets into the object. */
enum wp_conf_type {
    WP_CONF_BOOL,       /* bool */
    WP_CONF_NUMBER,     /* uint32_t; `off` is 0 */
    WP_CONF_PORT,       /* uint16_t; 0 is "not given" */
    WP_CONF_SIZE,       /* uint32_t, bytes */
    WP_CONF_DURATION,   /* uint64_t, ms; `off` is WP_NEVER */
    WP_CONF_ENUM,       /* an enum whose values index `names` */
    WP_CONF_TEXT,       /* char *, judged by `check` */
    WP_CONF_TEXTS,      /* struct wp_conf_strings: one or a list, each judged by `check` */
    WP_CONF_HOSTS,      /* the same, normalised and unique in the file */
    WP_CONF_COMMAND,    /* struct wp_conf_strings: argv, or one line for /bin/sh -c */
    WP_CONF_ENV,        /* struct wp_conf_pair * and, at2, size_t */
    WP_CONF_CIDRS,      /* struct wp_cidr * and, at2, size_t */
    WP_CONF_LISTEN,     /* struct wp_conf_listen * and, at2, size_t */
    WP_CONF_WORKERS,    /* uint32_t or `auto` */
    WP_CONF_SIGNAL,     /* int */
    WP_CONF_STATUSES,   /* uint16_t min and, at2, max */
    WP_CONF_HEADER,     /* char *name and, at2, char *value */
    WP_CONF_ANSWER,     /* enum wp_answer and, at2, uint16_t status */
    WP_CONF_CLASSES,    /* struct wp_conf_strings of class names */
    WP_CONF_PROBE_TCP,  /* struct wp_conf_ready: the object itself */
    WP_CONF_PROBE_HTTP, /* the same */
    WP_CONF_AFTER,      /* names of parts; resolved when the trace is complete */
    WP_CONF_PART_NAME,  /* the same, one */
    WP_CONF_SECTION,    /* a struct, `section` */
    WP_CONF_OPTIONAL,   /* a pointer to one, NULL when the key is absent */
    WP_CONF_PROVIDER,   /* a struct in a part's union; `choice` goes to its provider, at2 */
    WP_CONF_NAMED,      /* an array of `section` by name and, at2, size_t */
    WP_CONF_RULES,      /* struct wp_conf_rule * and, at2, size_t */
};

struct wp_conf_decoder;

struct wp_conf_field {
    const char *key;
    enum wp_conf_type type;
    size_t at, at2;
    const char *standard;                       /* the default as it would be written; NULL: none */
    const char *shown_standard;                 /* what the reference says instead */
    uint64_t min, max;                          /* of NUMBER, SIZE and DURATION; items of NAMED */
    const char *const *names;                   /* of ENUM, ended by NULL */
    const char *(*check)(struct wp_slice text); /* of TEXT and TEXTS; NULL: any text */
    const struct wp_conf_section *section;
    enum wp_provider_kind choice;
    bool can_be_off;
    bool is_required;
    const char *cure;   /* what to write when a required key is missing */
    bool needs_restart; /* a reload does not apply a change; only keys of the root, not sections */
    bool is_late;       /* decoded after the section's other keys */
    bool is_http_only;  /* of a readiness check */
    const char *help;
};

struct wp_conf_section {
    const char *name;                   /* "trace": in messages and as an anchor */
    const char *title, *help, *example; /* of the reference */
    const struct wp_conf_field *fields;
    size_t field_count;
    const struct wp_conf_section *include; /* whose fields belong to this one as well */
    size_t size_bytes;                     /* of one object */
    bool is_named;                         /* its objects start with `name` and `place` below */
    size_t name_at, place_at;
    /* Cross-checks once all keys are read; NULL: none. Called also when some were bad. */
    void (*finish)(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node, void *object);
};

/* A rule as written, before its classes are expanded: the rule comes first. */
struct wp_conf_rule_draft {
    struct wp_conf_rule rule;
    struct wp_conf_strings classes;
};

extern const struct wp_conf_section wp_conf_root_section;
extern const struct wp_conf_section wp_conf_listen_section;
extern const struct wp_conf_section wp_conf_limits_section;
extern const struct wp_conf_section wp_conf_log_section;
extern const struct wp_conf_section wp_conf_policy_section;
extern const struct wp_conf_section wp_conf_trace_section;
extern const struct wp_conf_section wp_conf_upstream_section;
extern const struct wp_conf_section wp_conf_ready_section;
extern const struct wp_conf_section wp_conf_part_ready_section;
extern const struct wp_conf_section wp_conf_rule_section;
extern const struct wp_conf_section wp_conf_part_section;
extern const struct wp_conf_section wp_conf_process_section;
extern const struct wp_conf_section wp_conf_exec_section;
extern const struct wp_conf_section wp_conf_sim_section;

/* All of the above in the order of the reference; NULL past the last. */
const struct wp_conf_section *wp_conf_section_at(size_t index);
/* The n-th field, then the included ones; NULL past the last. */
const struct wp_conf_field *wp_conf_field_at(const struct wp_conf_section *section, size_t index);
/* What a value of this field must be: "a duration such as 15m". */
void wp_conf_field_expects(const struct wp_conf_field *field, char *ret_text, size_t size_bytes);
/* "100ms to 365d"; empty when the field has no bounds. */
void wp_conf_field_bounds(const struct wp_conf_field *field, char *ret_text, size_t size_bytes);
/* A bound or value of a NUMBER, SIZE or DURATION. */
void wp_conf_field_value_text(const struct wp_conf_field *field, uint64_t value, char *ret_text,
                              size_t size_bytes);

/* What one match of a class of requests is made of; the members that are NULL match anything. */
struct wp_conf_class_match {
    const char *const *paths, *const *user_agents; /* each ended by NULL */
    const char *header_name, *header_value;
};

/* A ready-made set of matches for rules (conf_classes.c). */
struct wp_conf_class {
    const char *name, *help;
    uint16_t status; /* the answer when a rule names no other */
    const struct wp_conf_class_match *matches;
    size_t match_count;
};

const struct wp_conf_class *wp_conf_class_at(size_t index); /* NULL past the last */

#endif
