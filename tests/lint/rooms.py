#!/usr/bin/env python3
"""Rooms: who may include whom (rooms.txt), private headers stay private, link_with agrees."""
import os
import re

from lintlib import ROOT, files, main, read

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
LINK_WITH = re.compile(r"link_with:\s*\[([^\]]*)\]")


def table(root):
    path = "tests/lint/rooms.txt"
    text = read(root if os.path.exists(os.path.join(root, path)) else ROOT, path)
    rooms = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, may = line.partition(":")
            rooms[name.strip()] = may.split()
    return {r: set(rooms) if "*" in may else set(may) | {r} for r, may in rooms.items()}


def room_of(path):
    parts = path.split("/")
    if parts[0] == "include":
        return parts[2] if len(parts) > 3 else None
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else "app"  # src/main.c
    return parts[2] if parts[:2] == ["tests", "unit"] and len(parts) > 3 else None


def includes_of(root, path, rooms):
    room = room_of(path)
    is_test = path.startswith("tests/")
    problems = []
    if room not in rooms:
        return [] if is_test else [f"{path}: no room \"{room}\" in tests/lint/rooms.txt"]
    text = read(root, path)
    for match in INCLUDE.finditer(text):
        target = match.group(1)
        where = f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
        parts = target.split("/")
        if parts[0] == "wakeproxy":
            if not os.path.exists(os.path.join(root, "include", target)):
                problems.append(f"{where}: no header include/{target}")
            elif not is_test and parts[1] not in rooms[room]:
                problems.append(f"{where}: {room} may not include {parts[1]} ({target})")
            continue
        here = os.path.dirname(path)
        beside = os.path.normpath(os.path.join(here, target))
        candidates = [beside, os.path.join("src", room, target), os.path.join("src", target),
                      os.path.join("tests", target), target]
        hit = next((c for c in candidates if os.path.exists(os.path.join(root, c))), None)
        if hit is None:
            problems.append(f"{where}: \"{target}\" is neither a public header (wakeproxy/...) nor "
                            f"a private one of {room}")
        elif hit.startswith("src/") and room_of(hit) != room and room != "app":
            problems.append(f"{where}: {hit} is private to {room_of(hit)}")
    return problems


def links_of(root, room, may):
    path = f"src/{room}/meson.build"
    if room == "app" or not os.path.exists(os.path.join(root, path)):
        return []
    match = LINK_WITH.search(read(root, path))
    if not match:
        return [f"{path}: no link_with: [...]"]
    linked = {x.strip().removesuffix("_lib") for x in match.group(1).split(",") if x.strip()}
    wanted = may - {room}
    problems = [f"{path}: {room} links with {x}, which rooms.txt does not allow"
                for x in sorted(linked - wanted)]
    return problems + [f"{path}: {room} does not link with {x}, which rooms.txt allows"
                       for x in sorted(wanted - linked)]


def cycle_of(rooms):
    """The table itself must be a DAG, or the libraries could not be linked one by one."""
    left = {r: set(may) - {r} for r, may in rooms.items()}
    while left:
        free = [r for r, may in left.items() if not may]
        if not free:
            return [f"rooms.txt: a cycle among {', '.join(sorted(left))}"]
        for r in free:
            del left[r]
        for may in left.values():
            may.difference_update(free)
    return []


def check(root):
    rooms = table(root)
    problems = cycle_of(rooms)
    for path in files(root, ".c", ".h", under=("src", "include", "tests/unit")):
        problems += includes_of(root, path, rooms)
    for room, may in rooms.items():
        problems += links_of(root, room, may)
    return problems


TABLE = "base:\nproto: base\nworker: base proto\ncontrol: base\napp: *\n"
H = {"include/wakeproxy/control/c.h": "", "include/wakeproxy/base/b.h": "",
     "include/wakeproxy/proto/p.h": "", "tests/lint/rooms.txt": TABLE}
FIXTURES = {
    "worker includes control": (
        {**H, "src/worker/w.c": '#include "wakeproxy/control/c.h"\n'}, "may not include control"),
    "a header includes upwards": (
        {**H, "include/wakeproxy/base/x.h": '#  include "wakeproxy/proto/p.h"\n'},
        "base may not include proto"),
    "a private header of another room": (
        {**H, "src/proto/private.h": "", "src/worker/w.c": '#include "../proto/private.h"\n'},
        "is private to proto"),
    "an include of nothing": (
        {**H, "src/worker/w.c": '#include "gone.h"\n'}, "neither a public header"),
    "a library linked too much": (
        {**H, "src/control/meson.build": "x = static_library('c', link_with: [base_lib, "
         "proto_lib])\n"}, "control links with proto"),
    "a library linked too little": (
        {**H, "src/worker/meson.build": "x = static_library('c', link_with: [base_lib])\n"},
        "worker does not link with proto"),
    "a cycle in the table": ({"tests/lint/rooms.txt": "a: b\nb: a\n"}, "a cycle among a, b"),
    "a good room": (
        {**H, "src/worker/w.h": "", "src/main.c": '#include "wakeproxy/control/c.h"\n',
         "src/worker/w.c": '#include "w.h"\n#include "wakeproxy/proto/p.h"\n'}, None),
}

if __name__ == "__main__":
    main("rooms", check, FIXTURES)
