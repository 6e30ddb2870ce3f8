/*
 * conf_check_text.c - the grammar of names, hosts, addresses, methods and paths in a configuration,
 * each with the reason and the cure for what does not fit.
 *
 * Pure; any thread; owns nothing; the reasons are static.
 * Not here: what the names refer to (conf_check.c), and requests (proto has its own grammar: this
 * room may not include it, and errs on the strict side).
 */
#include "conf_text.h"

#define HOST_BYTES_MAX  255
#define LABEL_BYTES_MAX 63
#define NAME_BYTES_MAX  64

static bool is_alnum(char c)
{
    c = wp_ascii_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Visible ASCII: what may go into a request line or a field as it is. */
static bool is_visible(struct wp_slice text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

bool wp_conf_is_token(struct wp_slice text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (!is_alnum(text.ptr[i]) &&
            (text.ptr[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", text.ptr[i]))) {
            return false;
        }
    }
    return text.len > 0;
}

const char *wp_conf_check_filled(struct wp_slice text)
{
    return text.len == 0 ? "is empty; write a value or remove the key" : NULL;
}

const char *wp_conf_check_name(struct wp_slice text)
{
    size_t i;

    if (text.len == 0 || text.len > NAME_BYTES_MAX) {
        return "is not a name; write 1 to 64 letters, digits, '-', '_' or '.'";
    }
    for (i = 0; i < text.len; i++) {
        if (!is_alnum(text.ptr[i]) && (i == 0 || !memchr("-_.", text.ptr[i], 3))) {
            return "is not a name; write letters, digits, '-', '_' or '.', the first a letter or "
                   "digit";
        }
    }
    return NULL;
}

/* Labels of letters, digits, '-' and '_', separated by single dots. */
static const char *check_labels(struct wp_slice text)
{
    size_t i, label = 0;

    for (i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80) {
            return "is not ASCII; write an international name in its xn-- form";
        }
        if (text.ptr[i] == '.') {
            if (label == 0) {
                return "has an empty label; write single dots between names";
            }
            label = 0;
            continue;
        }
        if (!is_alnum(text.ptr[i]) && text.ptr[i] != '-' && text.ptr[i] != '_') {
            return "is not a host name; write one such as app.example.com or \"*.example.com\"";
        }
        if (++label > LABEL_BYTES_MAX) {
            return "has a label of more than 63 characters; shorten it";
        }
    }
    return NULL;
}

const char *wp_conf_check_host_pattern(struct wp_slice text)
{
    struct wp_slice rest = text;

    if (text.len == 0) {
        return "is empty; write a host name such as app.example.com";
    }
    if (wp_slice_contains(text, WP_SLICE("://"))) {
        return "is a URL; write only the host name";
    }
    if (memchr(text.ptr, '/', text.len)) {
        return "holds a path; write only the host name";
    }
    if (memchr(text.ptr, ':', text.len)) {
        return "holds a port; a trace's hosts are matched without one";
    }
    if (text.len >= 2 && text.ptr[0] == '*' && text.ptr[1] == '.') {
        rest.ptr += 2;
        rest.len -= 2;
    }
    if (rest.len > 0 && rest.ptr[rest.len - 1] == '.') {
        rest.len--;
    }
    if (rest.len == 0) {
        return "names no host; write one such as app.example.com or \"*.example.com\"";
    }
    if (memchr(rest.ptr, '*', rest.len)) {
        return "is not a wildcard; only a whole first label can be one, as in \"*.example.com\"";
    }
    if (text.len > HOST_BYTES_MAX) {
        return "is longer than 255 characters; shorten it";
    }
    return check_labels(rest);
}

/* A host that can be connected to: a name, an IPv4 address, or an IPv6 address without brackets. */
static const char *check_target_host(struct wp_slice host)
{
    struct wp_addr addr;

    if (host.len == 0) {
        return "has no host; write host:port";
    }
    if (wp_addr_parse_ip(host, 0, &addr) == 0) {
        return NULL;
    }
    if (memchr(host.ptr, ':', host.len)) {
        return "is not an IPv6 address; write one such as [2001:db8::1]:8080";
    }
    if (memchr(host.ptr, '*', host.len)) {
        return "holds a wildcard; write the one host to connect to";
    }
    return wp_conf_check_host_pattern(host);
}

const char *wp_conf_check_authority(struct wp_slice text)
{
    struct wp_slice host;
    uint16_t port;

    if (!is_visible(text)) {
        return "is not a host; write host or host:port";
    }
    if (wp_addr_split(text, &host, &port) == 0) {
        return check_target_host(host);
    }
    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']') {
        return check_target_host((struct wp_slice){text.ptr + 1, text.len - 2});
    }
    return wp_conf_check_host_pattern(text);
}

const char *wp_conf_check_upstream(struct wp_slice text)
{
    struct wp_slice host;
    uint16_t port;

    if (wp_slice_contains(text, WP_SLICE("://"))) {
        return "is a URL; write host:port";
    }
    if (wp_addr_split(text, &host, &port) != 0) {
        return "is not an address; write host:port, such as 127.0.0.1:8080 or [::1]:8080";
    }
    if (port == 0) {
        return "has port 0; write the port the application listens on";
    }
    return check_target_host(host);
}

const char *wp_conf_check_method(struct wp_slice text)
{
    size_t i;

    if (!wp_conf_is_token(text) || text.len > 32) {
        return "is not a method; write one such as GET";
    }
    for (i = 0; i < text.len; i++) {
        if (text.ptr[i] >= 'a' && text.ptr[i] <= 'z') {
            return "is in lower case; methods are case-sensitive, write one such as GET";
        }
    }
    return NULL;
}

const char *wp_conf_check_path(struct wp_slice text)
{
    if (text.len == 0 || text.ptr[0] != '/') {
        return "is not a path; write one that starts with /";
    }
    if (!is_visible(text) || memchr(text.ptr, '#', text.len)) {
        return "is not a path; percent-encode spaces and other special characters";
    }
    return text.len > 2000 ? "is longer than 2000 characters; shorten it" : NULL;
}

const char *wp_conf_check_glob(struct wp_slice text)
{
    if (text.len == 0 || (text.ptr[0] != '/' && text.ptr[0] != '*')) {
        return "can match no path; start it with / or *";
    }
    if (memchr(text.ptr, '?', text.len)) {
        return "can match no path: queries are not looked at; end it before the ?";
    }
    return is_visible(text) ? NULL : "can match no path; percent-encode special characters";
}

const char *wp_conf_check_env_name(struct wp_slice text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if ((!is_alnum(text.ptr[i]) && text.ptr[i] != '_') ||
            (i == 0 && text.ptr[0] >= '0' && text.ptr[0] <= '9')) {
            break;
        }
    }
    return i == text.len && i > 0
               ? NULL
               : "is not the name of an environment variable; write letters, digits and _";
}
