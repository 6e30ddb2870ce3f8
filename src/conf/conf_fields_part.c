/*
 * conf_fields_part.c - the table's sections for parts, their providers, and readiness checks.
 *
 * Constant data; any thread. Help texts are Markdown and end up in docs/config.md.
 * Not here: what the providers do (room provider).
 */
#include "conf_decode.h"

#define AT(member)         offsetof(struct wp_conf_part, member)
#define AT_PROCESS(member) offsetof(struct wp_conf_process, member)
#define AT_EXEC(member)    offsetof(struct wp_conf_exec, member)
#define AT_SIM(member)     offsetof(struct wp_conf_sim, member)
#define AT_READY(member)   offsetof(struct wp_conf_ready, member)
#define HOUR_MS            ((uint64_t)3600 * 1000)
#define DAY_MS             (24 * HOUR_MS)

static const struct wp_conf_field ready_fields[] = {
    {
        .key = "tcp",
        .type = WP_CONF_PROBE_TCP,
        .shown_standard = "`true` without `http`",
        .help = "A connection that is accepted is enough.",
    },
    {
        .key = "http",
        .type = WP_CONF_PROBE_HTTP,
        .help = "A request for this path must be answered as the keys below say.",
    },
    {
        .key = "method",
        .type = WP_CONF_TEXT,
        .at = AT_READY(method),
        .standard = "GET",
        .check = wp_conf_check_method,
        .is_http_only = true,
        .help = "The method of that request.",
    },
    {
        .key = "host",
        .type = WP_CONF_TEXT,
        .at = AT_READY(host),
        .check = wp_conf_check_authority,
        .is_http_only = true,
        .shown_standard = "the trace's first host, or the address",
        .help = "Its `Host`.",
    },
    {
        .key = "status",
        .type = WP_CONF_STATUSES,
        .at = AT_READY(status_min),
        .at2 = AT_READY(status_max),
        .standard = "200-399",
        .is_http_only = true,
        .help = "The status that means ready.",
    },
    {
        .key = "header",
        .type = WP_CONF_HEADER,
        .at = AT_READY(header_name),
        .at2 = AT_READY(header_value),
        .is_http_only = true,
        .help =
            "A field the answer must have, and a text its value must contain when one is given.",
    },
    {
        .key = "body",
        .type = WP_CONF_TEXT,
        .at = AT_READY(body),
        .check = wp_conf_check_filled,
        .is_http_only = true,
        .help = "A text that must be in the first 64 KiB of the answer's body.",
    },
    {
        .key = "consecutive",
        .type = WP_CONF_NUMBER,
        .at = AT_READY(consecutive),
        .standard = "1",
        .min = 1,
        .max = 100,
        .help = "Successes in a row that make it ready.",
    },
    {
        .key = "timeout",
        .type = WP_CONF_DURATION,
        .at = AT_READY(timeout_ms),
        .standard = "5s",
        .min = 10,
        .max = HOUR_MS,
        .is_http_only = true,
        .help =
            "For one request. Attempts to connect have short timeouts of their own and overlap.",
    },
};

const struct wp_conf_section wp_conf_ready_section = {
    .name = "ready",
    .title = "ready",
    .help = "What the upstream must do before requests reach it, checked many times a second while "
            "the trace wakes. A `ready` in a trace replaces that of `defaults` as a whole.",
    .example = "ready: {http: /healthz, status: 200, body: '\"db\":\"up\"', consecutive: 2}\n",
    .fields = ready_fields,
    .field_count = WP_ARRAY_SIZE(ready_fields),
    .size_bytes = sizeof(struct wp_conf_ready),
    .finish = wp_conf_finish_ready,
};

static const struct wp_conf_field part_ready_fields[] = {
    {
        .key = "address",
        .type = WP_CONF_TEXT,
        .at = AT_READY(address),
        .check = wp_conf_check_upstream,
        .is_required = true,
        .cure = "add address: host:port",
        .help = "`host:port` of this part.",
    },
};

const struct wp_conf_section wp_conf_part_ready_section = {
    .name = "ready of a part",
    .title = "ready of a part",
    .help = "When a part is ready, so that those `after` it may start. The keys of `ready` (above) "
            "and:",
    .example = "db:\n"
               "  exec: {start: ./db up, stop: ./db down, status: ./db status}\n"
               "  ready: {tcp: true, address: \"10.0.0.9:5432\"}\n",
    .fields = part_ready_fields,
    .field_count = WP_ARRAY_SIZE(part_ready_fields),
    .include = &wp_conf_ready_section,
    .size_bytes = sizeof(struct wp_conf_ready),
    .finish = wp_conf_finish_ready,
};

static const struct wp_conf_field part_fields[] = {
    {
        .key = "process",
        .type = WP_CONF_PROVIDER,
        .at = AT(process),
        .at2 = AT(provider),
        .section = &wp_conf_process_section,
        .choice = WP_PROVIDER_PROCESS,
        .help = "A program on this machine that wakeproxy runs.",
    },
    {
        .key = "exec",
        .type = WP_CONF_PROVIDER,
        .at = AT(exec),
        .at2 = AT(provider),
        .section = &wp_conf_exec_section,
        .choice = WP_PROVIDER_EXEC,
        .help = "Commands that start, stop and look at something elsewhere.",
    },
    {
        .key = "sim",
        .type = WP_CONF_PROVIDER,
        .at = AT(sim),
        .at2 = AT(provider),
        .section = &wp_conf_sim_section,
        .choice = WP_PROVIDER_SIM,
        .help = "Nothing real: a part that pretends, for trying things out.",
    },
    {
        .key = "after",
        .type = WP_CONF_AFTER,
        .help = "Parts of the same trace that must be ready before this one starts. Parts stop in "
                "the exact reverse order; those that do not depend on each other start together.",
    },
    {
        .key = "ready",
        .type = WP_CONF_OPTIONAL,
        .at = AT(ready),
        .section = &wp_conf_part_ready_section,
        .shown_standard = "as soon as it runs",
        .help = "When this part is ready.",
    },
};

const struct wp_conf_section wp_conf_part_section = {
    .name = "part",
    .title = "parts",
    .help =
        "One thing that can be started and stopped. Exactly one of `process`, `exec` and `sim`. "
        "A part that a reload leaves unchanged is left alone.",
    .example = "parts:\n"
               "  db: {process: {command: [postgres, -D, ./data]}}\n"
               "  cache: {process: {command: [redis-server]}}\n"
               "  app: {process: {command: ./run.sh}, after: [db, cache]}\n",
    .fields = part_fields,
    .field_count = WP_ARRAY_SIZE(part_fields),
    .size_bytes = sizeof(struct wp_conf_part),
    .is_named = true,
    .name_at = AT(name),
    .place_at = AT(place),
    .finish = wp_conf_finish_part,
};

static const struct wp_conf_field process_fields[] = {
    {
        .key = "command",
        .type = WP_CONF_COMMAND,
        .at = AT_PROCESS(command),
        .is_required = true,
        .cure = "add command: [program, argument]",
        .help = "The program and its arguments. One text is run by `/bin/sh -c`; it should `exec` "
                "the program, so that signals reach it.",
    },
    {
        .key = "env",
        .type = WP_CONF_ENV,
        .at = AT_PROCESS(env),
        .at2 = AT_PROCESS(env_count),
        .help = "Environment variables added to wakeproxy's own.",
    },
    {
        .key = "directory",
        .type = WP_CONF_TEXT,
        .at = AT_PROCESS(directory),
        .check = wp_conf_check_filled,
        .shown_standard = "wakeproxy's own",
        .help = "The working directory.",
    },
    {
        .key = "stop_signal",
        .type = WP_CONF_SIGNAL,
        .at = AT_PROCESS(stop_signal),
        .standard = "TERM",
        .help = "Sent to the whole process group to stop it.",
    },
    {
        .key = "stop_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_PROCESS(stop_timeout_ms),
        .standard = "10s",
        .min = 0,
        .max = DAY_MS,
        .help = "After that the group is sent KILL.",
    },
    {
        .key = "outlive",
        .type = WP_CONF_BOOL,
        .at = AT_PROCESS(outlive),
        .standard = "false",
        .help = "Keep it running when wakeproxy ends, and adopt it at the next start. Needs "
                "`state_dir`.",
    },
};

const struct wp_conf_section wp_conf_process_section = {
    .name = "process",
    .title = "process",
    .help = "A supervised child process in a process group of its own. What it writes goes to the "
            "log.",
    .example = "process:\n"
               "  command: [python3, -m, http.server, \"9001\"]\n"
               "  env: {PYTHONUNBUFFERED: \"1\"}\n"
               "  directory: /srv/docs\n",
    .fields = process_fields,
    .field_count = WP_ARRAY_SIZE(process_fields),
    .size_bytes = sizeof(struct wp_conf_process),
};

static const struct wp_conf_field exec_fields[] = {
    {
        .key = "start",
        .type = WP_CONF_COMMAND,
        .at = AT_EXEC(start),
        .is_required = true,
        .cure = "add start: ./up.sh",
        .help = "Starts it: exit status 0 when the start was accepted.",
    },
    {
        .key = "stop",
        .type = WP_CONF_COMMAND,
        .at = AT_EXEC(stop),
        .is_required = true,
        .cure = "add stop: ./down.sh",
        .help = "Stops it: exit status 0 when the stop was accepted.",
    },
    {
        .key = "status",
        .type = WP_CONF_COMMAND,
        .at = AT_EXEC(status),
        .is_required = true,
        .cure = "add status: ./status.sh",
        .help = "Looks at it: exit status 0 is running, 3 is stopped, as in LSB init scripts.",
    },
    {
        .key = "env",
        .type = WP_CONF_ENV,
        .at = AT_EXEC(env),
        .at2 = AT_EXEC(env_count),
        .help = "Environment variables added to wakeproxy's own.",
    },
    {
        .key = "directory",
        .type = WP_CONF_TEXT,
        .at = AT_EXEC(directory),
        .check = wp_conf_check_filled,
        .shown_standard = "wakeproxy's own",
        .help = "The working directory of the commands.",
    },
    {
        .key = "start_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_EXEC(start_timeout_ms),
        .standard = "5m",
        .min = 100,
        .max = DAY_MS,
        .help = "A `start` that runs longer is killed and has failed.",
    },
    {
        .key = "stop_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_EXEC(stop_timeout_ms),
        .standard = "5m",
        .min = 100,
        .max = DAY_MS,
        .help = "The same for `stop`.",
    },
    {
        .key = "status_timeout",
        .type = WP_CONF_DURATION,
        .at = AT_EXEC(status_timeout_ms),
        .standard = "30s",
        .min = 100,
        .max = DAY_MS,
        .help = "The same for `status`; then nothing is known until the next one.",
    },
    {
        .key = "interval",
        .type = WP_CONF_DURATION,
        .at = AT_EXEC(interval_ms),
        .standard = "60s",
        .min = 100,
        .max = DAY_MS,
        .help = "Between two `status` calls at rest.",
    },
    {
        .key = "fast_interval",
        .type = WP_CONF_DURATION,
        .at = AT_EXEC(fast_interval_ms),
        .standard = "1s",
        .min = 10,
        .max = HOUR_MS,
        .help = "The same while the part starts or stops.",
    },
};

const struct wp_conf_section wp_conf_exec_section = {
    .name = "exec",
    .title = "exec",
    .help = "Hooks anything with a command line: Terraform, libvirt, Wake-on-LAN, a cloud's own "
            "tools. Each command is a list of arguments, or one text for `/bin/sh -c`.",
    .example = "exec:\n"
               "  start: virsh start qa-box\n"
               "  stop: virsh shutdown qa-box\n"
               "  status: virsh domstate qa-box | grep -q running || exit 3\n"
               "  interval: 30s\n",
    .fields = exec_fields,
    .field_count = WP_ARRAY_SIZE(exec_fields),
    .size_bytes = sizeof(struct wp_conf_exec),
};

static const struct wp_conf_field sim_fields[] = {
    {
        .key = "boot",
        .type = WP_CONF_DURATION,
        .at = AT_SIM(boot_ms),
        .standard = "2s",
        .min = 0,
        .max = DAY_MS,
        .help = "From start to running.",
    },
    {
        .key = "stop",
        .type = WP_CONF_DURATION,
        .at = AT_SIM(stop_ms),
        .standard = "500ms",
        .min = 0,
        .max = DAY_MS,
        .help = "From stop to stopped.",
    },
    {
        .key = "fail_starts",
        .type = WP_CONF_NUMBER,
        .at = AT_SIM(fail_starts),
        .standard = "0",
        .min = 0,
        .max = 1000000,
        .help = "So many starts fail before the first succeeds.",
    },
    {
        .key = "fail_reason",
        .type = WP_CONF_TEXT,
        .at = AT_SIM(fail_reason),
        .standard = "simulated failure",
        .check = wp_conf_check_filled,
        .help = "The reason those starts give.",
    },
    {
        .key = "crash_after",
        .type = WP_CONF_DURATION,
        .at = AT_SIM(crash_after_ms),
        .standard = "off",
        .min = 0,
        .max = WP_CONF_DURATION_MAX_MS,
        .can_be_off = true,
        .help = "It stops by itself so long after it was running.",
    },
    {
        .key = "running",
        .type = WP_CONF_BOOL,
        .at = AT_SIM(running),
        .standard = "false",
        .help = "Whether it runs when wakeproxy starts.",
    },
};

const struct wp_conf_section wp_conf_sim_section = {
    .name = "sim",
    .title = "sim",
    .help = "A part that takes its time and fails on demand.",
    .example = "sim: {boot: 5s, fail_starts: 1, fail_reason: no capacity}\n",
    .fields = sim_fields,
    .field_count = WP_ARRAY_SIZE(sim_fields),
    .size_bytes = sizeof(struct wp_conf_sim),
};
