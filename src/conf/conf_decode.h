/*
 * conf_decode.h - fills objects from YAML nodes by the table of fields. Private to the room.
 */
#ifndef WP_CONF_DECODE_H
#define WP_CONF_DECODE_H

#include "conf_fields.h"
#include "wakeproxy/base/map.h"

struct wp_conf_decoder {
    struct wp_conf_arena *arena; /* of the configuration */
    struct wp_conf_findings *findings;
    struct wp_conf *conf;
    struct wp_conf_trace standard; /* built-in defaults, then those of the file */
    struct wp_map *hosts;          /* host name -> the struct wp_conf_place of its first use */
};

/* Gives every field its default; what has none stays as it is (zero in a new object). */
void wp_conf_section_init(struct wp_conf_decoder *decoder, const struct wp_conf_section *section,
                          void *object);
/* Reads the keys of a mapping into an object that has its defaults. */
void wp_conf_section_decode(struct wp_conf_decoder *decoder, const struct wp_conf_section *section,
                            const struct wp_yaml_node *node, void *object);
/* Reads one value. A bad one is reported and leaves the object as it was. */
void wp_conf_field_decode(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, void *object);

/* "\"idle\" must be a duration such as 15m, found a list". Silent for what is already reported. */
void wp_conf_report_type(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node);
/* The text of a scalar, or a report. */
bool wp_conf_want_text(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                       const struct wp_yaml_node *node, struct wp_slice *ret_text);
/* Judges a text by a check function, with a report. */
bool wp_conf_judge(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                   const struct wp_yaml_node *node, const char *(*check)(struct wp_slice text));
/* The items of a value that is one scalar or a list: item `index`, NULL past the last. A mapping or
 * nothing is reported by the caller through wp_conf_want_items(). */
bool wp_conf_want_items(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                        const struct wp_yaml_node *node, size_t *ret_count);
const struct wp_yaml_node *wp_conf_item(const struct wp_yaml_node *node, size_t index);

/* The types with a file of their own. */
void wp_conf_decode_scalar(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, void *object);
void wp_conf_decode_listen(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                           const struct wp_yaml_node *node, void *object);
void wp_conf_decode_list(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                         const struct wp_yaml_node *node, void *object);
void wp_conf_decode_rules(struct wp_conf_decoder *decoder, const struct wp_conf_field *field,
                          const struct wp_yaml_node *node, void *object);

/* The cross-checks that sections name as `finish` (conf_check.c, conf_check_trace.c). */
void wp_conf_finish_root(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                         void *object);
void wp_conf_finish_limits(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                           void *object);
void wp_conf_finish_policy(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                           void *object);
void wp_conf_finish_trace(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                          void *object);
void wp_conf_finish_ready(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                          void *object);
void wp_conf_finish_part(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                         void *object);
void wp_conf_finish_rule(struct wp_conf_decoder *decoder, const struct wp_yaml_node *node,
                         void *object);

#endif
