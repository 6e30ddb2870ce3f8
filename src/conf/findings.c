/*
 * findings.c - gathers problems in any order and hands them out in the order of the file.
 *
 * Thread:    the one that loads.
 * Owns:      the texts until wp_conf_findings_finish(), which gives them to the caller.
 * Invariant: every text is one line of valid text without control characters.
 * Not here:  deciding what is a problem.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_BYTES_MAX 80

void wp_conf_findings_add(struct wp_conf_findings *findings, struct wp_conf_place place,
                          const char *format, ...)
{
    struct wp_conf_finding *finding;
    va_list args;
    char text[1024];
    char *c;

    if (!wp_conf_findings_has_room(findings)) {
        findings->dropped++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
    findings->items = wp_grow(findings->items, &findings->capacity, findings->count + 1,
                              sizeof(findings->items[0]));
    finding = &findings->items[findings->count];
    finding->place = place;
    finding->order = findings->count;
    finding->text = wp_strdup(text);
    findings->count++;
}

bool wp_conf_findings_has_room(const struct wp_conf_findings *findings)
{
    return findings->count < WP_CONF_FINDINGS_MAX;
}

static int compare(const void *left, const void *right)
{
    const struct wp_conf_finding *a = left, *b = right;

    if (a->place.line != b->place.line) {
        return a->place.line < b->place.line ? -1 : 1;
    }
    if (a->place.column != b->place.column) {
        return a->place.column < b->place.column ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

void wp_conf_findings_finish(struct wp_conf_findings *findings,
                             struct wp_conf_problems *ret_problems)
{
    size_t count = findings->count, i;
    char **lines = NULL;

    if (count > 0) {
        qsort(findings->items, count, sizeof(findings->items[0]), compare);
        lines = wp_calloc(count + 1, sizeof(lines[0]));
    }
    for (i = 0; i < count; i++) {
        struct wp_conf_finding *finding = &findings->items[i];

        if (finding->place.line > 0) {
            lines[i] = wp_asprintf("%s:%u:%u: %s", findings->name, finding->place.line,
                                   finding->place.column, finding->text);
        } else {
            lines[i] = wp_asprintf("%s: %s", findings->name, finding->text);
        }
        free(finding->text);
    }
    if (findings->dropped > 0) {
        lines[count++] = wp_asprintf("%s: and %zu more problems; fix these first", findings->name,
                                     findings->dropped);
    }
    free(findings->items);
    ret_problems->lines = lines;
    ret_problems->count = count;
    *findings = (struct wp_conf_findings){.name = findings->name};
}

struct wp_slice wp_conf_shown(struct wp_slice text)
{
    if (text.len > SHOWN_BYTES_MAX) {
        text.len = SHOWN_BYTES_MAX;
        while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    return text;
}
