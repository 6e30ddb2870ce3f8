/*
 * yaml_bytes.c - refuses bytes that are not text before the YAML parser sees them, and says where.
 * (libyaml finds them too, but only gives an offset.)
 *
 * Thread:   the one that loads. Owns nothing.
 * Not here: anything about YAML itself.
 */
#include "yaml_tree.h"

/* The length of the well-formed UTF-8 character at the start of `p` (RFC 3629), or 0. */
static size_t char_length(const unsigned char *p, size_t left)
{
    size_t length, i;
    uint32_t code;

    if (p[0] < 0x80) {
        return 1;
    }
    length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < length) {
        return 0;
    }
    code = p[0] & (0xffu >> (length + 1));
    for (i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (p[i] & 0x3fu);
    }
    if ((length == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
        (length == 4 && (code < 0x10000 || code > 0x10ffff))) {
        return 0;
    }
    return length;
}

static bool is_control(const unsigned char *p, size_t length)
{
    if (length == 1) {
        return (p[0] < 0x20 && p[0] != '\t' && p[0] != '\n' && p[0] != '\r') || p[0] == 0x7f;
    }
    /* C1 controls but NEL; U+FFFE and U+FFFF are no characters. */
    return (length == 2 && p[0] == 0xc2 && p[1] < 0xa0 && p[1] != 0x85) ||
           (length == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

bool wp_yaml_check_bytes(struct wp_slice yaml, struct wp_conf_findings *findings)
{
    const unsigned char *p = (const unsigned char *)yaml.ptr;
    struct wp_conf_place place = {1, 1};
    size_t i = 0, length;

    if (yaml.len >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
        wp_conf_findings_add(findings, place, "the file is UTF-16; save it as UTF-8");
        return false;
    }
    while (i < yaml.len) {
        length = char_length(p + i, yaml.len - i);
        if (length == 0) {
            wp_conf_findings_add(findings, place,
                                 "byte 0x%02x is not UTF-8 text; save the file as UTF-8", p[i]);
            return false;
        }
        if (is_control(p + i, length)) {
            wp_conf_findings_add(findings, place,
                                 "control character (byte 0x%02x); remove it, or write it in "
                                 "double quotes as an escape such as \"\\e\"",
                                 p[i + length - 1]);
            return false;
        }
        if (p[i] == '\n' || (p[i] == '\r' && (i + 1 == yaml.len || p[i + 1] != '\n'))) {
            place.line++;
            place.column = 1;
        } else if (p[i] != '\r') {
            place.column++;
        }
        i += length;
    }
    return true;
}
