/*
 * test_resolve.c - names to addresses: what /etc/hosts knows, what nobody knows, and questions that
 * are forgotten. Nothing here needs a name server: without one the answer is an error as well.
 */
#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "test.h"
#include "wakeproxy/base/clock.h"

struct answer {
    struct wp_loop *loop;
    unsigned count; /* of answers */
    size_t addresses;
    struct wp_addr first;
    char error[128];
};

static void done(void *context, const struct wp_addr *addrs, size_t count, const char *error)
{
    struct answer *answer = context;

    answer->count++;
    answer->addresses = count;
    if (count > 0) {
        answer->first = addrs[0];
    }
    strcpy(answer->error, error ? error : "");
    wp_loop_stop(answer->loop);
}

static void overdue(struct wp_timer *timer)
{
    wp_loop_stop(timer->loop);
}

static void run_for(struct wp_loop *loop, uint64_t duration_ms)
{
    struct wp_timer timer;

    wp_timer_init(&timer, loop, overdue);
    wp_timer_set(&timer, wp_clock_mono_ms() + duration_ms);
    wp_loop_run(loop);
    wp_timer_fini(&timer);
}

static void hosts_file_answers(void **state)
{
    struct answer answer = {.loop = wp_loop_new()};
    struct wp_resolver *resolver = wp_resolver_new(answer.loop);

    for (unsigned i = 1; i <= 3; i++) { /* the resolver is set up and retired each time */
        wp_resolve_start(resolver, WP_SLICE("localhost"), 8080, done, &answer);
        assert_int_equal(answer.count, i - 1); /* never inside the call */
        run_for(answer.loop, 10000);
        assert_int_equal(answer.count, i);
        assert_in_range(answer.addresses, 1, 16);
        assert_int_equal(wp_addr_port(&answer.first), 8080);
        assert_string_equal(answer.error, "");
        run_for(answer.loop, 5);
    }
    wp_resolver_free(&resolver);
    wp_loop_free(&answer.loop);
}

static void what_is_no_name_is_an_error(void **state)
{
    struct answer answer = {.loop = wp_loop_new()};
    struct wp_resolver *resolver = wp_resolver_new(answer.loop);
    static const char label[] = "a-label-of-a-host-name-may-have-up-to-sixty-three-bytes-and-this-"
                                "one-has-more.invalid";

    wp_resolve_start(resolver, WP_SLICE(label), 80, done, &answer);
    run_for(answer.loop, 30000);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.addresses, 0);
    assert_true(strlen(answer.error) > 0);
    wp_resolver_free(&resolver);
    wp_loop_free(&answer.loop);
}

static void a_cancelled_question_is_not_answered(void **state)
{
    struct answer answer = {.loop = wp_loop_new()};
    struct wp_resolver *resolver = wp_resolver_new(answer.loop);
    struct wp_resolve *local, *remote;

    local = wp_resolve_start(resolver, WP_SLICE("localhost"), 80, done, &answer);
    remote = wp_resolve_start(resolver, WP_SLICE("wakeproxy.invalid"), 80, done, &answer);
    wp_resolve_cancel(&local);
    wp_resolve_cancel(&remote);
    assert_null(local);
    wp_resolve_cancel(&local); /* harmless */
    run_for(answer.loop, 50);
    assert_int_equal(answer.count, 0);
    wp_resolver_free(&resolver);
    wp_loop_free(&answer.loop);
}

static void an_open_question_ends_with_the_resolver(void **state)
{
    struct answer answer = {.loop = wp_loop_new()};
    struct wp_resolver *resolver = wp_resolver_new(answer.loop);
    struct wp_resolve *cancelled;

    wp_resolve_start(resolver, WP_SLICE("one.invalid"), 80, done, &answer);
    wp_resolve_start(resolver, WP_SLICE("localhost"), 80, done, &answer);
    cancelled = wp_resolve_start(resolver, WP_SLICE("two.invalid"), 80, done, &answer);
    wp_resolve_cancel(&cancelled);
    wp_resolver_free(&resolver);
    assert_int_equal(answer.count, 0);
    wp_loop_free(&answer.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_file_answers),
        cmocka_unit_test(what_is_no_name_is_an_error),
        cmocka_unit_test(a_cancelled_question_is_not_answered),
        cmocka_unit_test(an_open_question_ends_with_the_resolver),
    };

    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
