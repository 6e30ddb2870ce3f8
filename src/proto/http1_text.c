/*
 * http1_text.c - small questions about HTTP's words: method properties, reason phrases, dates, and
 * which of two formats an Accept prefers.
 *
 * Thread: any; pure. The date is computed from the time given, in UTC, without the C library's
 * calendar, which would look at the environment.
 */
#include <stdio.h>

#include "wakeproxy/proto/http1_write.h"

bool wp_method_is_safe(enum wp_http_method method)
{
    return method == WP_METHOD_GET || method == WP_METHOD_HEAD || method == WP_METHOD_OPTIONS ||
           method == WP_METHOD_TRACE;
}

bool wp_method_is_idempotent(enum wp_http_method method)
{
    return wp_method_is_safe(method) || method == WP_METHOD_PUT || method == WP_METHOD_DELETE;
}

/* qvalue = "0" [ "." 0*3DIGIT ] / "1" [ "." 0*3("0") ], in thousandths; malformed counts as 1. */
static unsigned read_qvalue(struct wp_slice text)
{
    if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1') ||
        (text.len > 1 && text.ptr[1] != '.')) {
        return 1000;
    }
    unsigned value = (unsigned)(text.ptr[0] - '0') * 1000;
    unsigned weight = 100;
    for (size_t i = 2; i < text.len; i++, weight /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return 1000;
        }
        value += (unsigned)(text.ptr[i] - '0') * weight;
    }
    return value > 1000 ? 1000 : value;
}

/* Splits "range;a=b;q=0.5" into the range and its quality. */
static struct wp_slice read_range(struct wp_slice element, unsigned *ret_quality)
{
    const char *semicolon = memchr(element.ptr, ';', element.len);
    struct wp_slice range = element;
    *ret_quality = 1000;
    if (semicolon != NULL) {
        range.len = (size_t)(semicolon - element.ptr);
    }
    while (semicolon != NULL) {
        const char *at = semicolon + 1;
        size_t left = (size_t)(element.ptr + element.len - at);
        semicolon = memchr(at, ';', left);
        struct wp_slice parameter = wp_slice_trim(
            (struct wp_slice){at, semicolon != NULL ? (size_t)(semicolon - at) : left});
        if (wp_slice_starts_nocase(parameter, WP_SLICE("q="))) {
            *ret_quality = read_qvalue((struct wp_slice){parameter.ptr + 2, parameter.len - 2});
        }
    }
    return wp_slice_trim(range);
}

/* How well one media type is liked so far: by the most specific range that covers it. */
struct liking {
    struct wp_slice exact, type; /* "text/html", "text" + slash and star */
    unsigned specificity;        /* 0 none, 1 any type, 2 the type, 3 exact */
    unsigned quality;
};

static void consider(struct liking *liking, struct wp_slice range, unsigned quality)
{
    unsigned specificity = 0;
    if (wp_slice_eq_nocase(range, liking->exact)) {
        specificity = 3;
    } else if (wp_slice_eq_nocase(range, liking->type)) {
        specificity = 2;
    } else if (wp_slice_eq(range, WP_SLICE("*/*"))) {
        specificity = 1;
    }
    if (specificity > liking->specificity) {
        liking->specificity = specificity;
        liking->quality = quality;
    }
}

bool wp_accept_prefers_html(struct wp_slice accept)
{
    struct liking html = {.exact = WP_SLICE("text/html"), .type = WP_SLICE("text/*")};
    struct liking json = {.exact = WP_SLICE("application/json"), .type = WP_SLICE("application/*")};
    struct liking problem = {.exact = WP_SLICE("application/problem+json"),
                             .type = WP_SLICE("application/*")};
    struct wp_slice element;
    while (wp_slice_list_next(&accept, &element)) {
        unsigned quality;
        struct wp_slice range = read_range(element, &quality);
        consider(&html, range, quality);
        consider(&json, range, quality);
        consider(&problem, range, quality);
    }
    return html.quality > json.quality && html.quality > problem.quality;
}

static const char *success_phrase(unsigned status)
{
    switch (status) {
    case 100:
        return "Continue";
    case 101:
        return "Switching Protocols";
    case 102:
        return "Processing";
    case 103:
        return "Early Hints";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 203:
        return "Non-Authoritative Information";
    case 204:
        return "No Content";
    case 205:
        return "Reset Content";
    case 206:
        return "Partial Content";
    case 300:
        return "Multiple Choices";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 305:
        return "Use Proxy";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    default:
        return "Unknown";
    }
}

static const char *client_error_phrase(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 402:
        return "Payment Required";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 407:
        return "Proxy Authentication Required";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Range Not Satisfiable";
    case 417:
        return "Expectation Failed";
    case 421:
        return "Misdirected Request";
    case 422:
        return "Unprocessable Content";
    case 425:
        return "Too Early";
    case 426:
        return "Upgrade Required";
    case 428:
        return "Precondition Required";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return "Unknown";
    }
}

static const char *server_error_phrase(unsigned status)
{
    switch (status) {
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    case 505:
        return "HTTP Version Not Supported";
    case 507:
        return "Insufficient Storage";
    case 508:
        return "Loop Detected";
    case 511:
        return "Network Authentication Required";
    default:
        return "Unknown";
    }
}

const char *wp_status_phrase(unsigned status)
{
    if (status < 400) {
        return success_phrase(status);
    }
    return status < 500 ? client_error_phrase(status) : server_error_phrase(status);
}

/* Days since 1970-01-01 to year, month (1-12) and day: eras of 400 years that start in March, so
 * that the leap day is the last of its year. */
static void civil_from_days(uint64_t days, unsigned *ret_year, unsigned *ret_month,
                            unsigned *ret_day)
{
    uint64_t shifted = days + 719468; /* since 0000-03-01 */
    uint64_t era = shifted / 146097;
    unsigned day_of_era = (unsigned)(shifted % 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153; /* 0 is March */
    *ret_day = day_of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = (unsigned)(era * 400) + year_of_era + (*ret_month <= 2);
}

void wp_http_date(uint64_t wall_ms, char ret_text[WP_HTTP_DATE_SIZE])
{
    static const char day_names[7][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const uint64_t last_s = 253402300799u; /* 9999-12-31 23:59:59: the year has four digits */
    uint64_t seconds = wall_ms / 1000 < last_s ? wall_ms / 1000 : last_s;
    uint64_t days = seconds / 86400;
    unsigned of_day = (unsigned)(seconds % 86400);
    unsigned year;
    unsigned month;
    unsigned day;
    civil_from_days(days, &year, &month, &day);
    snprintf(ret_text, WP_HTTP_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT",
             day_names[days % 7], day % 100, month_names[(month - 1) % 12], year % 10000,
             of_day / 3600 % 100, of_day / 60 % 60, of_day % 60);
}
