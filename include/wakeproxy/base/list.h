/*
 * list.h - intrusive doubly linked list. An unlinked node points at itself, so removing twice is
 * harmless and "is it on a list" is a question the node can answer.
 */
#ifndef WAKEPROXY_BASE_LIST_H
#define WAKEPROXY_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct wp_list {
    struct wp_list *next, *prev;
};

static inline void wp_list_init(struct wp_list *node)
{
    node->next = node->prev = node;
}

static inline bool wp_list_is_empty(const struct wp_list *node)
{
    return node->next == node;
}

static inline void wp_list_remove(struct wp_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    wp_list_init(node);
}

/* Appends `node`, which must be unlinked. */
static inline void wp_list_append(struct wp_list *head, struct wp_list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

static inline void wp_list_prepend(struct wp_list *head, struct wp_list *node)
{
    node->next = head->next;
    node->prev = head;
    head->next->prev = node;
    head->next = node;
}

/* The first node, or NULL when the list is empty. */
static inline struct wp_list *wp_list_first(struct wp_list *head)
{
    return head->next == head ? NULL : head->next;
}

/* Moves all of `from` to the end of `to`; `from` is empty afterwards. */
static inline void wp_list_splice(struct wp_list *to, struct wp_list *from)
{
    if (wp_list_is_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    wp_list_init(from);
}

#endif
