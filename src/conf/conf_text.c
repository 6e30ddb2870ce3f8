/*
 * conf_text.c - reads and writes single values as people write them.
 *
 * Pure; any thread; owns nothing. Every reader is total: any bytes give a value or a verdict.
 * Invariant: what a writer here produces, the reader here takes back to the same value.
 * Not here:  names and addresses (conf_check_text.c), bounds, and which key has which type.
 */
#include "conf_text.h"

#include <signal.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits off the front; values are capped, not wrapped. False when there are none. */
static bool take_number(struct wp_slice *text, uint64_t *ret_value)
{
    const uint64_t cap = (uint64_t)1 << 50;
    uint64_t value = 0;
    size_t i = 0;

    while (i < text->len && is_digit(text->ptr[i])) {
        value = value * 10 + (uint64_t)(text->ptr[i] - '0');
        value = value > cap ? cap : value;
        i++;
    }
    text->ptr += i;
    text->len -= i;
    *ret_value = value;
    return i > 0;
}

static bool take_word(struct wp_slice *text, struct wp_slice *ret_word)
{
    size_t i = 0;

    while (i < text->len && !is_digit(text->ptr[i])) {
        i++;
    }
    *ret_word = (struct wp_slice){text->ptr, i};
    text->ptr += i;
    text->len -= i;
    return i > 0;
}

enum wp_conf_text wp_conf_text_duration(struct wp_slice text, uint64_t *ret_ms)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    const uint64_t cap = UINT64_MAX / 4;
    uint64_t total = 0, value, part;
    struct wp_slice word;
    size_t unit = 0;

    if (text.len == 0) {
        return WP_CONF_TEXT_BAD;
    }
    while (text.len > 0) {
        if (!take_number(&text, &value)) {
            return WP_CONF_TEXT_BAD;
        }
        if (!take_word(&text, &word)) {
            return total == 0 && unit == 0 ? WP_CONF_TEXT_NO_UNIT : WP_CONF_TEXT_BAD;
        }
        while (unit < WP_ARRAY_SIZE(units) && !wp_slice_eq(word, wp_slice_cstr(units[unit].name))) {
            unit++;
        }
        if (unit == WP_ARRAY_SIZE(units)) {
            return WP_CONF_TEXT_BAD;
        }
        part = value > cap / units[unit].ms ? cap : value * units[unit].ms;
        total = total + part > cap ? cap : total + part;
        unit++;
    }
    *ret_ms = total;
    return WP_CONF_TEXT_OK;
}

enum wp_conf_text wp_conf_text_size(struct wp_slice text, uint64_t *ret_bytes)
{
    static const struct {
        const char *name;
        unsigned shift;
    } units[] = {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
    const uint64_t cap = (uint64_t)1 << 60;
    uint64_t value;
    size_t i;

    if (!take_number(&text, &value)) {
        return WP_CONF_TEXT_BAD;
    }
    for (i = 0; i < WP_ARRAY_SIZE(units); i++) {
        if (wp_slice_eq(text, wp_slice_cstr(units[i].name))) {
            *ret_bytes = value > (cap >> units[i].shift) ? cap : value << units[i].shift;
            return WP_CONF_TEXT_OK;
        }
    }
    return WP_CONF_TEXT_BAD;
}

const char *wp_conf_size_text(uint64_t bytes, char ret_text[32])
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    size_t unit = 0;

    while (unit + 1 < WP_ARRAY_SIZE(units) && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(ret_text, 32, "%llu%s", (unsigned long long)bytes, units[unit]);
    return ret_text;
}

bool wp_conf_text_statuses(struct wp_slice text, uint16_t *ret_min, uint16_t *ret_max)
{
    uint64_t low, high;

    text = wp_slice_trim(text);
    if (!take_number(&text, &low)) {
        return false;
    }
    high = low;
    if (text.len > 0) {
        text = wp_slice_trim(text);
        if (text.ptr[0] != '-') {
            return false;
        }
        text.ptr++;
        text.len--;
        text = wp_slice_trim(text);
        if (!take_number(&text, &high) || text.len > 0) {
            return false;
        }
    }
    if (low < 100 || low > 599 || high < 100 || high > 599) {
        return false;
    }
    *ret_min = (uint16_t)low;
    *ret_max = (uint16_t)high;
    return true;
}

static const struct {
    const char *name;
    int signal;
} signals[] = {
    {"TERM", SIGTERM}, {"INT", SIGINT},   {"HUP", SIGHUP},   {"QUIT", SIGQUIT},
    {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"WINCH", SIGWINCH},
};

int wp_conf_text_signal(struct wp_slice text)
{
    size_t i;

    if (wp_slice_starts_nocase(text, WP_SLICE("SIG"))) {
        text.ptr += 3;
        text.len -= 3;
    }
    for (i = 0; i < WP_ARRAY_SIZE(signals); i++) {
        if (wp_slice_eq_nocase(text, wp_slice_cstr(signals[i].name))) {
            return signals[i].signal;
        }
    }
    return 0;
}

const char *wp_conf_signal_name(int signal)
{
    size_t i;

    for (i = 0; i < WP_ARRAY_SIZE(signals); i++) {
        if (signals[i].signal == signal) {
            return signals[i].name;
        }
    }
    return NULL;
}

const char *wp_conf_signal_at(size_t index)
{
    return index < WP_ARRAY_SIZE(signals) ? signals[index].name : NULL;
}

void wp_conf_cidr_text(const struct wp_cidr *cidr, char ret_text[WP_CONF_CIDR_SIZE])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    bool is_v4 = cidr->bits >= 96 && memcmp(cidr->bytes, mapped, sizeof(mapped)) == 0;
    unsigned bits = is_v4 ? cidr->bits - 96u : cidr->bits;
    struct wp_addr addr = {0};
    char ip[WP_ADDR_SIZE];

    if (is_v4) {
        addr.in.sin_family = AF_INET;
        memcpy(&addr.in.sin_addr, cidr->bytes + 12, 4);
    } else {
        addr.in6.sin6_family = AF_INET6;
        memcpy(&addr.in6.sin6_addr, cidr->bytes, 16);
    }
    wp_addr_ip_text(&addr, ip);
    if (bits == (is_v4 ? 32u : 128u)) {
        snprintf(ret_text, WP_CONF_CIDR_SIZE, "%s", ip);
    } else {
        snprintf(ret_text, WP_CONF_CIDR_SIZE, "%s/%u", ip, bits);
    }
}

/* Whether a text can stand unquoted anywhere, flow lists included, and stay that text. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on"};
    size_t i;

    for (i = 0; text[i]; i++) {
        char c = wp_ascii_lower(text[i]);

        if (!(c >= 'a' && c <= 'z') && !is_digit(c) && c != '_' &&
            !(i > 0 && (c == '-' || c == '.' || c == '/')) && !(i == 0 && c == '/')) {
            return false;
        }
    }
    for (i = 0; i < WP_ARRAY_SIZE(words); i++) {
        if (wp_slice_eq_nocase(wp_slice_cstr(text), wp_slice_cstr(words[i]))) {
            return false;
        }
    }
    return text[0] != '\0';
}

/* What a double-quoted string cannot hold as it is, beyond ASCII: NEL and other C1 controls, line
 * and paragraph separators, the byte order mark, and the two non-characters. */
static bool needs_escape(const unsigned char *p, uint32_t *ret_code, size_t *ret_length)
{
    if (p[0] == 0xc2 && p[1] < 0xa0) {
        *ret_code = p[1];
        *ret_length = 2;
        return true;
    }
    if ((p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9)) ||
        (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) ||
        (p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)) {
        *ret_code = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3fu);
        *ret_length = 3;
        return true;
    }
    return false;
}

void wp_conf_quote(FILE *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    uint32_t code;
    size_t length;

    if (is_plain(text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    while (*p) {
        length = 1;
        if (*p == '"' || *p == '\\') {
            fprintf(out, "\\%c", *p);
        } else if (*p < 0x20 || *p == 0x7f) {
            fprintf(out, "\\x%02x", *p);
        } else if (*p >= 0x80 && needs_escape(p, &code, &length)) {
            fprintf(out, "\\u%04x", code);
        } else {
            fputc(*p, out);
        }
        p += length;
    }
    fputc('"', out);
}
