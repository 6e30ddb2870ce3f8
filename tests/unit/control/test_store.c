/*
 * test_store.c - what control keeps in its state directory, and what it makes of what it finds.
 */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "house.h"
#include "test.h"
#include "wakeproxy/base/clock.h"

struct place {
    struct house house;
    char directory[64], path[96];
};

static int setup(void **state)
{
    struct place *place = wp_calloc(1, sizeof(*place));

    strcpy(place->directory, "/tmp/wakeproxy-store-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->path, sizeof(place->path), "%s/state.json", place->directory);
    house_upstream_up(&place->house);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    house_upstream_down(&place->house);
    unlink(place->path);
    rmdir(place->directory);
    free(place);
    return 0;
}

static void write_file(const struct place *place, const char *text)
{
    FILE *file = fopen(place->path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* The whole file, or "" when there is none; static memory. */
static const char *read_file(const struct place *place)
{
    static char text[4096];
    FILE *file = fopen(place->path, "r");
    size_t length = 0;

    if (file) {
        length = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return text;
}

static uint64_t kept_ms(const char *text)
{
    const char *key = strstr(text, "\"last_activity_ms\":");

    return key ? strtoull(key + strlen("\"last_activity_ms\":"), NULL, 10) : 0;
}

static void open_house(struct place *place)
{
    char *yaml = wp_asprintf("listen: {http: [\"127.0.0.1:0\"]}\n"
                             "state_dir: %s\n"
                             "traces:\n"
                             "  a:\n"
                             "    hosts: [a.test]\n"
                             "    parts: {app: {sim: {boot: 10ms, stop: 10ms}}}\n"
                             "    upstream: {address: \"127.0.0.1:%u\"}\n",
                             place->directory, house_port(&place->house));

    house_open(&place->house, house_conf(yaml));
    free(yaml);
}

/* The file is replaced by a rename, which the directory tells. */
static void wait_for_text(const struct place *place, const char *part)
{
    int fd = inotify_init1(IN_CLOEXEC);
    char events[4096];

    assert_in_range(inotify_add_watch(fd, place->directory, IN_MOVED_TO), 0, INT_MAX);
    while (!strstr(read_file(place), part)) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 10000) <= 0 || read(fd, events, sizeof(events)) <= 0) {
            fail_msg("waited in vain for %s in %s", part, read_file(place));
        }
    }
    close(fd);
}

static void keeps_the_last_activity(void **state)
{
    struct place *place = *state;
    uint64_t before_ms = wp_clock_wall_ms();
    uint64_t last_ms;

    open_house(place);
    house_wake(&place->house, 0, 0);
    house_wait_view(&place->house, 0, WP_VIEW_AWAKE);
    atomic_store(&wp_activity_slot(place->house.bus->activity, 1, 0)->last_ms, wp_clock_mono_ms());
    house_close(&place->house);
    assert_non_null(strstr(read_file(place), "\"clean\":true"));
    last_ms = kept_ms(read_file(place));
    assert_in_range(last_ms, before_ms - 1000, wp_clock_wall_ms());
}

static void is_unclean_while_it_runs(void **state)
{
    struct place *place = *state;

    write_file(place,
               "{\"version\":1,\"clean\":true,\"traces\":{\"a\":{\"last_activity_ms\":12345}}}");
    open_house(place);
    wait_for_text(place, "\"clean\":false");
    assert_int_equal(kept_ms(read_file(place)), 12345);
    house_close(&place->house);
    assert_non_null(strstr(read_file(place), "\"clean\":true"));
    assert_int_equal(kept_ms(read_file(place)), 12345); /* nobody came: still what is known */
}

static void an_unclean_end_hides_moments(void **state)
{
    struct place *place = *state;
    uint64_t now_ms = wp_clock_wall_ms();

    write_file(place,
               "{\"version\":1,\"clean\":false,\"traces\":{\"a\":{\"last_activity_ms\":12345}}}");
    open_house(place);
    house_close(&place->house);
    /* The file was written now: what happened until a little later may be missing in it. */
    assert_in_range(kept_ms(read_file(place)), now_ms + 5000, now_ms + 30000);
}

static void garbage_is_no_state(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"version\":2,\"clean\":true,\"traces\":{\"a\":{\"last_activity_ms\":5}}}",
        "{\"version\":1,\"clean\":true,\"traces\":[]}",
        "{\"version\":1,\"clean\":true,\"traces\":{\"a\":{\"last_activity_ms\":-5}}}",
        "{\"version\":1,\"clean\":true,\"traces\":{\"a\":{\"last_activity_ms\":\"x\"}}}",
        "{\"version\":1,\"clean\":true,\"traces\":{\"a\":7}}",
    };
    struct place *place = *state;

    for (size_t i = 0; i < WP_ARRAY_SIZE(bad); i++) {
        write_file(place, bad[i]);
        open_house(place);
        house_wait_view(&place->house, 0, WP_VIEW_HOLD);
        house_close(&place->house);
        assert_string_equal(read_file(place), "{\"clean\":true,\"traces\":{},\"version\":1}");
    }
}

static void a_directory_that_cannot_be_is_refused(void **state)
{
    struct place *place = *state;
    struct wp_conf *conf;
    struct wp_bus *bus = wp_bus_new(1);
    struct wp_err err = {.text = ""};
    char *yaml = wp_asprintf("listen: {http: [\"127.0.0.1:0\"]}\n"
                             "state_dir: %s/state.json/below\n"
                             "traces:\n"
                             "  a: {hosts: [a.test], upstream: {address: \"127.0.0.1:1\"}}\n",
                             place->directory);

    write_file(place, "");
    conf = house_conf(yaml);
    free(yaml);
    assert_null(wp_control_new(bus, conf, &err));
    assert_non_null(strstr(err.text, "state_dir"));
    wp_conf_unref(&conf);
    wp_bus_free(&bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_the_last_activity, setup, teardown),
        cmocka_unit_test_setup_teardown(is_unclean_while_it_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unclean_end_hides_moments, setup, teardown),
        cmocka_unit_test_setup_teardown(garbage_is_no_state, setup, teardown),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_is_refused, setup, teardown),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
