/*
 * resolve.c - asks evdns for the addresses of a name.
 *
 * Thread:    control.
 * Owns:      the evdns base, which exists only while a question is open: at rest there is neither
 *            a socket nor a timer, and /etc/hosts and /etc/resolv.conf are read anew at each wake.
 * Owns:      questions, until they are answered or cancelled.
 * Invariant: `done` runs in a later callback, never inside wp_resolve_start(), also when evdns
 *            answers at once from /etc/hosts.
 * Invariant: a cancelled question stays allocated until evdns has let go of it.
 * Not here:  numeric addresses (callers parse those), caching, choosing among addresses.
 */
#include "resolve.h"

#include <event2/dns.h>
#include <event2/util.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "wakeproxy/base/list.h"

#define ADDRESSES_MAX 16u

struct wp_resolver {
    struct wp_loop *loop;
    struct evdns_base *dns;
    struct wp_list open; /* questions evdns still holds, or whose answer waits for delivery */
    struct wp_timer retire;
    bool is_freed;
};

struct wp_resolve {
    struct wp_list link; /* in resolver->open */
    struct wp_resolver *resolver;
    struct evdns_getaddrinfo_request *request;
    wp_resolve_fn done;
    void *context;
    bool is_cancelled, is_answered;
    struct wp_timer deliver;
    const char *error;
    struct wp_addr addrs[ADDRESSES_MAX];
    size_t count;
};

static void retire(struct wp_timer *timer)
{
    struct wp_resolver *resolver = WP_CONTAINER_OF(timer, struct wp_resolver, retire);

    if (wp_list_is_empty(&resolver->open) && resolver->dns) {
        evdns_base_free(resolver->dns, 1);
        resolver->dns = NULL;
    }
}

static void question_free(struct wp_resolve *resolve)
{
    struct wp_resolver *resolver = resolve->resolver;

    wp_list_remove(&resolve->link);
    wp_timer_fini(&resolve->deliver);
    free(resolve);
    if (wp_list_is_empty(&resolver->open) && !resolver->is_freed) {
        /* Not from inside a callback of evdns. */
        wp_timer_set(&resolver->retire, wp_loop_now_ms(resolver->loop));
    }
}

static void deliver(struct wp_timer *timer)
{
    struct wp_resolve *resolve = WP_CONTAINER_OF(timer, struct wp_resolve, deliver);

    resolve->done(resolve->context, resolve->addrs, resolve->count, resolve->error);
    question_free(resolve);
}

/* What a person can act on. */
static const char *explain(int result)
{
    switch (result) {
    case 0:
        return "it has no address";
    case EVUTIL_EAI_NONAME:
    case EVUTIL_EAI_NODATA:
        return "there is no such name";
    case EVUTIL_EAI_AGAIN:
        return "no name server answers";
    case EVUTIL_EAI_FAIL:
        return "the name server failed";
    default:
        return evutil_gai_strerror(result);
    }
}

static void take_addresses(struct wp_resolve *resolve, const struct evutil_addrinfo *answer)
{
    for (; answer && resolve->count < ADDRESSES_MAX; answer = answer->ai_next) {
        struct wp_addr *addr = &resolve->addrs[resolve->count];
        if ((answer->ai_family == AF_INET || answer->ai_family == AF_INET6) &&
            answer->ai_addrlen <= sizeof(*addr)) {
            memcpy(addr, answer->ai_addr, answer->ai_addrlen);
            resolve->count++;
        }
    }
}

static void answered(int result, struct evutil_addrinfo *answer, void *context)
{
    struct wp_resolve *resolve = context;

    resolve->request = NULL;
    resolve->is_answered = true;
    if (result == 0) {
        take_addresses(resolve, answer);
    }
    if (answer) {
        evutil_freeaddrinfo(answer);
    }
    if (resolve->is_cancelled) {
        question_free(resolve);
        return;
    }
    if (resolve->count == 0) {
        resolve->error = explain(result);
    }
    wp_timer_set(&resolve->deliver, wp_loop_now_ms(resolve->resolver->loop));
}

static bool open_dns(struct wp_resolver *resolver)
{
    if (resolver->dns) {
        return true;
    }
    resolver->dns = evdns_base_new(wp_loop_base(resolver->loop), EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (!resolver->dns) {
        return false;
    }
    /* A missing or empty resolv.conf leaves the defaults; /etc/hosts works in any case. */
    evdns_base_resolv_conf_parse(resolver->dns, DNS_OPTIONS_ALL, "/etc/resolv.conf");
    return true;
}

struct wp_resolve *wp_resolve_start(struct wp_resolver *resolver, struct wp_slice host,
                                    uint16_t port, wp_resolve_fn done, void *context)
{
    struct wp_resolve *resolve = wp_calloc(1, sizeof(*resolve));
    struct evutil_addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_protocol = IPPROTO_TCP,
        .ai_flags = EVUTIL_AI_NUMERICSERV,
    };
    char service[8];
    char *name = wp_strndup(host.ptr, host.len);

    resolve->resolver = resolver;
    resolve->done = done;
    resolve->context = context;
    wp_timer_init(&resolve->deliver, resolver->loop, deliver);
    wp_list_init(&resolve->link);
    wp_list_append(&resolver->open, &resolve->link);
    snprintf(service, sizeof(service), "%u", (unsigned)port);
    if (open_dns(resolver)) {
        struct evdns_getaddrinfo_request *request =
            evdns_getaddrinfo(resolver->dns, name, service, &hints, answered, resolve);
        if (!resolve->is_answered) {
            resolve->request = request;
        }
    } else {
        resolve->is_answered = true;
        resolve->error = "the resolver cannot be set up";
        wp_timer_set(&resolve->deliver, wp_loop_now_ms(resolver->loop));
    }
    free(name);
    return resolve;
}

void wp_resolve_cancel(struct wp_resolve **ref)
{
    struct wp_resolve *resolve = *ref;

    if (!resolve) {
        return;
    }
    *ref = NULL;
    resolve->is_cancelled = true;
    if (resolve->is_answered) {
        question_free(resolve);
    } else if (resolve->request) {
        evdns_getaddrinfo_cancel(resolve->request); /* answered() comes, now or later */
    }
}

struct wp_resolver *wp_resolver_new(struct wp_loop *loop)
{
    struct wp_resolver *resolver = wp_calloc(1, sizeof(*resolver));

    resolver->loop = loop;
    wp_list_init(&resolver->open);
    wp_timer_init(&resolver->retire, loop, retire);
    return resolver;
}

void wp_resolver_free(struct wp_resolver **ref)
{
    struct wp_resolver *resolver = *ref;
    struct wp_list *link, *next;

    if (!resolver) {
        return;
    }
    *ref = NULL;
    resolver->is_freed = true;
    for (link = resolver->open.next; link != &resolver->open; link = next) {
        struct wp_resolve *resolve = WP_CONTAINER_OF(link, struct wp_resolve, link);
        next = link->next;
        if (!resolve->is_cancelled) {
            wp_resolve_cancel(&resolve);
        }
    }
    if (resolver->dns) {
        evdns_base_free(resolver->dns, 1);
        resolver->dns = NULL;
    }
    /* evdns answers what it failed from callbacks of the loop. */
    for (int i = 0; i < 16 && !wp_list_is_empty(&resolver->open); i++) {
        event_base_loop(wp_loop_base(resolver->loop), EVLOOP_NONBLOCK);
    }
    wp_timer_fini(&resolver->retire);
    free(resolver);
}
