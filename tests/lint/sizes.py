#!/usr/bin/env python3
"""Sizes: 600 lines per .c, 200 per .h, 70 per function. Small files are found and understood."""
import re

from lintlib import files, main, read

LIMITS = {".c": 600, ".h": 200}
FUNCTION = 70

TOKEN = re.compile(r"""
    /\*.*?\*/ | //(?:\\\n|[^\n])* |          # comments
    "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' # strings and characters
    """, re.S | re.X)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*([a-z]*)(?:[^\n\\]|\\.|\\\n)*", re.M | re.S)


def blank(match):
    """The same number of newlines, no text: line numbers must not move."""
    text = match.group(0)
    mark = "" if text.startswith("/") else '""'
    return mark + re.sub(r"[^\n]+", "", text)


def code_only(text):
    """C without comments, literals and directives; of #if ... #else only the first branch, so that
    braces balance."""
    text = TOKEN.sub(blank, text)
    out, at, skip = [], 0, []  # skip: per open #if, whether its current branch is dropped
    for m in DIRECTIVE.finditer(text):
        chunk = text[at:m.start()]
        out.append(re.sub(r"[^\n]+", "", chunk) if any(skip) else chunk)
        word = m.group(1)
        if word in ("if", "ifdef", "ifndef"):
            skip.append(False)
        elif word in ("else", "elif") and skip:
            skip[-1] = True
        elif word == "endif" and skip:
            skip.pop()
        out.append(re.sub(r"[^\n]+", "", m.group(0)))
        at = m.end()
    out.append(text[at:])
    return "".join(out)


def name_of(head):
    """The function's name when `head` (what stands before a top-level brace) declares one."""
    head = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", " ", head).strip()
    if "(" not in head or not head.endswith(")") or re.search(r"(^|[^=!<>])=([^=]|$)", head):
        return None
    match = re.search(r"([A-Za-z_]\w*)\s*\(", head)
    return match.group(1) if match else None


def functions(text):
    """(name, first line, number of lines) of each function, from its declaration's first line to
    its closing brace."""
    code = code_only(text)
    found, depth, start, head = [], 0, 0, None
    for m in re.finditer(r"[{};]", code):
        c = m.group(0)
        if c == "{":
            if depth == 0:
                raw = code[start:m.start()]
                head = (name_of(raw), start + len(raw) - len(raw.lstrip()))
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                if head and head[0]:
                    first = code.count("\n", 0, head[1]) + 1
                    found.append((head[0], first, code.count("\n", 0, m.start()) + 2 - first))
                start, head = m.end(), None
        elif depth == 0:
            start = m.end()
    return found


def check(root):
    problems = []
    for path in files(root, ".c", ".h", under=("src", "include", "tests")):
        text = read(root, path)
        lines, limit = text.count("\n"), LIMITS[path[-2:]]
        if lines > limit:
            problems.append(f"{path}: {lines} lines, the limit is {limit}")
        for name, line, length in functions(text):
            if length > FUNCTION:
                problems.append(f"{path}:{line}: {name}() has {length} lines, the limit is "
                                f"{FUNCTION}")
    return problems


def body(n):
    return "    x();\n" * n


TRICKY = """
#define BRACE {
static const char *s = "{ } \\" /*";
struct a { int b[2]; } c = { { 1, 2 } };
char q = '{', r = '\\'';
__attribute__((format(printf, 1, 2))) static int
tricky(const char *format, ...)
{
    // } not the end \\
       } still a comment
#if A
    if (x) {
#else
    if (y) {
#endif
%s    }
}
"""
FIXTURES = {
    "a long .c": ({"src/a/a.c": "int a;\n" * 601}, "601 lines, the limit is 600"),
    "a long .h": ({"include/wakeproxy/a/a.h": "int a;\n" * 201}, "201 lines, the limit is 200"),
    "a long function": ({"src/a/a.c": "int f(void)\n{\n" + body(68) + "}\n"},
                        "src/a/a.c:1: f() has 71 lines"),
    "a long function among tricky text": ({"src/a/a.c": TRICKY % body(70)}, "tricky() has"),
    "a function of just the limit": ({"src/a/a.c": "int f(void)\n{\n" + body(67) + "}\n"}, None),
    "tricky text, short": ({"src/a/a.c": TRICKY % body(3) + "int g[] = {\n" + "1,\n" * 90 +
                            "};\n"}, None),
}

if __name__ == "__main__":
    main("sizes", check, FIXTURES)
