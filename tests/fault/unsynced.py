#!/usr/bin/env python3
"""unsynced.py SEED UNDO DATA: the power is lost: of what was written to DATA and not synced, each
block of 512 bytes reached the disk or did not, by SEED. UNDO is what unsynced.so kept, newest last;
it is emptied. Prints "N of M": how many of the blocks did not.
"""
import os
import random
import struct
import sys

BLOCK = 512  # what a disk writes whole


def main(seed, undo_path, data_path):
    rng = random.Random(int(seed))
    entries = []
    with open(undo_path, "rb") as undo:
        while head := undo.read(16):
            at, size = struct.unpack("=qq", head)
            old = undo.read(size)
            if len(old) == size:  # a last one may be cut: its write had not begun
                entries.append((at, old))
    taken = blocks = 0
    everything = rng.random() < 0.3  # often nothing at all has reached it
    with open(data_path, "r+b") as data:
        for at, old in reversed(entries):
            pos = 0
            while pos < len(old):
                size = min(BLOCK - (at + pos) % BLOCK, len(old) - pos)
                blocks += 1
                if everything or rng.random() < 0.5:
                    taken += 1
                    data.seek(at + pos)
                    data.write(old[pos : pos + size])
                pos += size
    os.truncate(undo_path, 0)
    print(f"{taken} of {blocks}")


main(*sys.argv[1:])
