#!/usr/bin/env python3
"""never_back GROUP DUMP: did a committed offset of the group ever go back?

Reads a dump of __consumer_offsets (tests/load/dump), in its order: a group's commits are all in one
partition of it. Only what was committed is in the dump. Exit status: 0 never, 1 it did, 2 nothing to
judge.
"""
import re
import struct
import sys

OFFSET_KEYS = (0, 1)  # versions of a key that stands for a committed offset


def bytes_of(field):
    return re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), field)


def text_at(data, pos):
    (size,) = struct.unpack_from(">h", data, pos)
    return data[pos + 2 : pos + 2 + size].decode(), pos + 2 + size


def main(group, path):
    last, seen, back = {}, 0, 0
    with open(path, "rb") as stream:
        for line in stream:
            fields = line.rstrip(b"\n").split(b"\t")
            if fields[0] != b"R" or fields[1] != b"__consumer_offsets" or fields[5] == rb"\N":
                continue
            key = bytes_of(fields[5])
            if struct.unpack_from(">h", key)[0] not in OFFSET_KEYS:
                continue
            name, pos = text_at(key, 2)
            topic, pos = text_at(key, pos)
            if name != group or fields[6] == rb"\N":
                continue
            place = (topic, *struct.unpack_from(">i", key, pos))
            (offset,) = struct.unpack_from(">q", bytes_of(fields[6]), 2)
            seen += 1
            if offset < last.get(place, 0):
                back += 1
                print(f"{place[0]}/{place[1]}: committed {offset} after {last[place]}")
            last[place] = offset
    print(f"never_back: {seen} commits, {back} went back")
    return 1 if back else 0 if seen else 2


sys.exit(main(*sys.argv[1:]))
