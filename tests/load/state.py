#!/usr/bin/env python3
"""state: is what onced keeps on disk what the input says? The judge of LMDB beside check.py.

It reads a dump of the topics (tests/load/dump) and copies of environments (mdb_copy), makes the
state of every partition from the input by check.py's rules, and compares at the offset X of each
checkpoint. Of onced it knows the layout of the rows alone (src/io/lmdb_codec.h); they are read
by LMDB's own tools, the ids hashed by libsodium.

  state.py --group G --input T [--whole] DUMP ENVIRONMENT...
  state.py --self-test      a hand-written state, harmed in one way each, must be found out

Findings: ahead (X above the committed offset), time (log time, its markers, or the hash of the log
is another, in the state or in the committed metadata), missing (a mark that can still make a
repeat; amid a rebuild, of those since its begin), wrong (a mark of another record), unknown (a
mark that no record made), pages (the file has pages that belong to nothing, or far more than its
rows need).

Not judged, but counted: partitions (skipped) and committed offsets (unread) of another cluster,
without dedup, with a gap, a base above 0, or no metadata of ours; rows of numbers that were given
up and are not swept yet (leftover). --whole: there is something to judge, and nothing is skipped or
unread. The last line is machine-readable. Exit status: 0 all is as it must be, 1 something was
found, 2 cannot be judged.
"""
import contextlib
import ctypes
import io
import json
import struct
import subprocess
import sys
from collections import defaultdict

import check
from check import SHOWN, LogTime, Uncheckable, judge, lines_of, records_of, unescape

FINDINGS = ("ahead", "time", "missing", "wrong", "unknown", "pages")
TALLY = ("environments", "partitions", "marks", "leftover", "skipped", "offsets", "unread")
MARKERS = 20
PAGE = 4096
ROW_BYTES_MAX, FREE_BYTES = 1000, 16 << 20  # of the file: a row, and what may be free besides

sodium = ctypes.CDLL("libsodium.so.23")


def hash64(data, key=bytes(16)):
    out = ctypes.create_string_buffer(8)
    sodium.crypto_shorthash_siphash24(out, data, ctypes.c_ulonglong(len(data)), key)
    return int.from_bytes(out.raw, "little")


def hash128(key, data):
    out = ctypes.create_string_buffer(16)
    sodium.crypto_shorthash_siphashx24(out, data, ctypes.c_ulonglong(len(data)), key)
    return out.raw


# ---- reading the state --------------------------------------------------------------------------


class Checkpoint:
    """A row of `partitions`: key is group, topic (each closed by a zero byte), partition."""

    LAYOUT = struct.Struct("<4I q 2i q Q Q 3q 3q Q 2q")
    MARKER = struct.Struct("<3q Q")

    def __init__(self, key, value):
        group, topic, rest = key.split(b"\0", 2)
        self.group, self.at = group, (topic, struct.unpack(">I", rest)[0])
        fields = self.LAYOUT.unpack_from(value)
        _, self.number, flags, count = fields[:4]
        self.exists, self.gap = bool(flags & 1), bool(flags & 2)
        self.x, self.cluster, _, _, self.base, self.window = fields[7:13]
        self.t, self.p, _, self.h = fields[13:17]
        self.markers = [
            self.MARKER.unpack_from(value, self.LAYOUT.size + i * self.MARKER.size)
            for i in range(count)
        ]
        assert count <= MARKERS
        assert self.LAYOUT.size + MARKERS * self.MARKER.size + 8 == len(value)


class Environment:
    def __init__(self, path):
        self.path, self.secret, self.next = path, None, 1
        self.checkpoints, self.marks = [], {}

    @staticmethod
    def pairs(path, name):
        """mdb_dump writes a row as two lines, each a blank and the bytes in hex."""
        command = ["mdb_dump", "-s", name, path]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as dump:
            lines = (line for line in dump.stdout if line.startswith(b" "))
            for key in lines:
                yield bytes.fromhex(key.decode()), bytes.fromhex(next(lines).decode())
        if dump.returncode:
            raise Uncheckable(f"{path}: mdb_dump -s {name} ended with {dump.returncode}")

    def read(self):
        for _, value in self.pairs(self.path, "meta"):
            self.next, self.secret = int.from_bytes(value[12:16], "little"), value[40:56]
        if not self.secret:
            raise Uncheckable(f"{self.path}: no header")
        self.checkpoints = [Checkpoint(*pair) for pair in self.pairs(self.path, "partitions")]
        for key, value in self.pairs(self.path, "dedup"):
            number, entry = int.from_bytes(key[:4], "big"), struct.unpack_from("<2q", value)
            self.marks.setdefault(number, {})[key[4:]] = entry
        return self

    def pages(self):
        """(used, those that belong to nothing)"""
        said = subprocess.run(
            ["mdb_stat", "-efa", self.path], stdout=subprocess.PIPE, check=True, text=True
        ).stdout
        used = owned = 0
        for line in said.splitlines():
            name, _, number = line.strip().partition(": ")
            if name == "Number of pages used":
                used = int(number)
            elif name in ("Free pages", "Branch pages", "Leaf pages", "Overflow pages"):
                owned += int(number)
        return used, used - owned - 2


# ---- the model ----------------------------------------------------------------------------------


def canonical(ident):
    """An id as it is hashed: compact JSON, keys in order, 1.0 is 1 and -0 is 0."""

    def plain(value):
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e17:
            return int(value)
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    text = json.dumps(plain(ident), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f").encode()


class Partition:
    """state(offset) of one partition, as its records come."""

    def __init__(self):
        self.time, self.h, self.marks = LogTime(), 0, {}

    def place(self):
        """(T, p, h) before the next record."""
        previous = self.time.previous
        return self.time.now, -1 if previous is None else previous, self.h

    def add(self, offset, timestamp, value):
        time = self.time.advance(timestamp)
        self.h = hash64(struct.pack("<Qqq", self.h, offset, timestamp))
        kind, parsed = judge(value)
        if kind == "live":
            self.marks[canonical(parsed["id"])] = (*time, offset)

    def alive(self, window):
        """The offsets whose marks can still make a repeat."""
        return (offset for t, _, offset in self.marks.values() if self.time.now - t <= window)


class State:
    def __init__(self, options):
        self.group, self.whole = options.group.encode(), options.whole
        self.inputs = {topic.encode() for topic in options.input}
        self.counts = dict.fromkeys(FINDINGS, 0)
        self.tally = dict.fromkeys(TALLY, 0)
        self.committed, self.meta = {}, {}
        self.model = defaultdict(Partition)  # of (topic, partition)
        self.due = defaultdict(list)  # (offset, what to compare before that offset's record)

    def report(self, finding, text):
        self.counts[finding] += 1
        if self.counts[finding] <= SHOWN:
            print(f"state: {finding}: {text}")

    def at(self, part, offset, what):
        self.due[part].append((offset, what))

    def read_facts(self, path):
        for group, topic, partition, offset, text in lines_of(path, b"C"):
            if group != self.group or topic not in self.inputs:
                continue
            part = topic, int(partition)
            self.committed[part] = int(offset)
            fields = (unescape(text) or b"").decode("latin-1").split()
            if fields[:1] == ["onced1"]:
                self.meta[part] = dict(field.split("=", 1) for field in fields[1:])

    def expect_meta(self):
        """What travels with C lets a host without state begin: it must be true as well."""
        for part, committed in self.committed.items():
            meta = self.meta.get(part, {})
            window = int(meta.get("v", 0))
            if window == 0 or "a" in meta or meta["b"] != "0":
                self.tally["unread"] += committed >= 0
                continue
            self.tally["offsets"] += 1
            name = f"M of {part[0].decode()}/{part[1]}"
            told = int(meta["T"]), int(meta["p"]), int(meta["h"], 16)
            self.at(part, committed, lambda p, t=told, n=name: self.same_time(n, p, t))
            w = None
            if "w" in meta:
                offset, t, p, h = meta["w"].split(":")
                w = int(offset)
                self.expect_marker(part, name, (w, int(t), int(p), int(h, 16)))
            self.at(part, committed, lambda p, w=w, v=window, n=name: self.covers(n, p, w, v))

    def expect_marker(self, part, name, marker):
        offset, *told = marker
        name += f", marker {offset}"
        self.at(part, offset, lambda p: self.same_time(name, p, tuple(told)))

    def same_time(self, name, model, told):
        if model.place() != told:
            self.report("time", f"{name}: {told} instead of {model.place()}")

    def covers(self, name, model, w, window):
        """A replay from w must make every mark that is alive. Without w there are none."""
        oldest = min(model.alive(window), default=None)
        if oldest is not None and (w is None or oldest < w):
            self.report("time", f"{name}: begins at {w}, not below the mark at {oldest}")

    def expect_environment(self, environment):
        self.tally["environments"] += 1
        self.expect_numbers(environment)
        self.expect_pages(environment)
        for k in environment.checkpoints:
            meta = self.meta.get(k.at, {})
            ours = k.group == self.group and int(meta.get("k", "0"), 16) == k.cluster
            name = f"{environment.path}, {k.at[0].decode()}/{k.at[1]}"
            if not k.exists:  # it died before its first checkpoint
                if k.number in environment.marks:
                    self.report("unknown", f"{name}: marks without a checkpoint")
                continue
            if not ours or k.gap or k.base or not k.window:
                self.tally["skipped"] += 1
                continue
            if k.x > self.committed[k.at]:
                self.report("ahead", f"{name}: {k.x}, committed is {self.committed[k.at]}")
                continue
            self.tally["partitions"] += 1
            self.at(k.at, k.x, lambda p, k=k, n=name: self.compare(environment, k, n, p))
            for marker in k.markers:
                self.expect_marker(k.at, name, marker)

    def expect_numbers(self, environment):
        """A partition that is reset gets another number; the sweep takes the old one's rows."""
        known = {k.number for k in environment.checkpoints}
        for number, rows in environment.marks.items():
            if number >= environment.next:
                self.report("unknown", f"{environment.path}: {len(rows)} rows of number {number}")
            elif number not in known:
                self.tally["leftover"] += len(rows)

    def expect_pages(self, environment):
        used, lost = environment.pages()
        if lost:
            self.report("pages", f"{environment.path}: {lost} of {used} belong to nothing")
        rows = sum(map(len, environment.marks.values()))
        if used * PAGE > rows * ROW_BYTES_MAX + FREE_BYTES:
            self.report("pages", f"{environment.path}: {used} for {rows} rows")

    def is_amid_rebuild(self, k):
        """A rebuild begins at the w of its C; until it is there it has nothing older. Of use, and
        right, is such a state only where C, now, needs no more than that."""
        w = self.meta[k.at].get("w", "").partition(":")[0]
        return bool(k.markers and w and k.markers[0][0] <= int(w) and k.x < self.committed[k.at])

    def compare(self, environment, k, name, model):
        self.same_time(name, model, (k.t, k.p, k.h))
        begins = k.markers[0][0] if k.markers else None
        amid = self.is_amid_rebuild(k)
        if not amid:
            self.covers(name, model, begins, k.window)
        rows = dict(environment.marks.get(k.number, {}))
        for ident, (t, timestamp, offset) in model.marks.items():
            found = rows.pop(hash128(environment.secret, ident), None)
            self.tally["marks"] += found is not None
            if found is None and k.t - t <= k.window and not (amid and offset < begins):
                self.report("missing", f"{name}: the mark of {offset}, at {k.x}")
            elif found is not None and found != (t, timestamp):
                self.report("wrong", f"{name}: the mark of {offset} is {found}, not {t, timestamp}")
        for entry in rows.values():
            self.report("unknown", f"{name}: {entry}, at {k.x}")

    def run(self, path, environments):
        self.expect_meta()
        for environment in environments:
            self.expect_environment(environment)
        for due in self.due.values():
            due.sort(key=lambda one: one[0], reverse=True)  # the next one is the last
        for topic, partition, offset, timestamp, _, value, _ in records_of(path, self.inputs):
            part = topic, partition
            due, model = self.due[part], self.model[part]
            while due and due[-1][0] <= offset:
                due.pop()[1](model)
            model.add(offset, timestamp, value)
        for part, due in self.due.items():  # behind the last record
            for _, what in reversed(due):
                what(self.model[part])
        numbers = {**self.tally, **self.counts}
        partly = self.whole and not self.is_whole()
        if partly:
            print("state: not all of it could be judged, or nothing was there")
        print("state", *(f"{name}={value}" for name, value in numbers.items()))
        return 1 if partly or any(self.counts.values()) else 0

    def is_whole(self):
        tally = self.tally
        return tally["partitions"] and tally["offsets"] and not tally["skipped"] + tally["unread"]


# ---- the self-test ------------------------------------------------------------------------------


def self_test():
    import tempfile

    assert hash64(bytes(range(15)), bytes(range(16))) == 0xA129CA6149BE45E5  # its authors' vector
    texts = {"a\x7f": rb'"a\u007f"', 1.0: b"1", -0.0: b"0", "\u00e9": '"\u00e9"'.encode()}
    assert all(canonical(value) == text for value, text in texts.items())
    assert canonical({"b": [1.0], "a": False}) == b'{"a":false,"b":[1]}'

    hour, t0, secret = check.HOUR, check.T0, b"0123456789abcdef"
    rows = [row for row in check.fixture() if row[0] != "C"]
    times = [int(row.split("\t")[4]) for row in rows if row.startswith("R\tin\t0")]

    def log_hash(count):
        h = 0
        for offset in range(count):
            h = hash64(struct.pack("<Qqq", h, offset, times[offset]))
        return h

    def at(hours):
        return t0 + int(hours * hour)

    w6 = 6, at(1), at(1), log_hash(6)

    def harmed(
        x=10, t=49, p=49, h=log_hash(10), w=w6, marks=(), *, cluster=5, base=0, flags=1,
        pages=(20, 0)
    ):
        """The state at 10, and at 24 hours: 7 renewed x, 8 made y; b of 3 is too old to matter."""
        k = Checkpoint(
            b"g\0in\0" + bytes(4),
            Checkpoint.LAYOUT.pack(
                *(1, 7, flags, 1 if w else 0), *(0, 0, 0), *(x, cluster, 0),
                *(0, base, 24 * hour), *(at(t), at(p), 0), h, 0, 0
            )
            + Checkpoint.MARKER.pack(*w or (0, 0, 0, 0))
            + bytes(19 * 32 + 8),
        )
        environment = Environment("state")
        environment.secret, environment.checkpoints, environment.next = secret, [k], 9
        environment.pages = lambda: pages
        entries = {"x": (24.5, 49), "y": (49, 49), **dict(marks)}
        entries = {
            hash128(secret, canonical(name)): tuple(map(at, entry))
            for name, entry in entries.items()
            if entry
        }
        environment.marks = {7: entries} if entries else {}
        return environment

    meta = (
        f"onced1 k=5 n=1 i=0 d=0 g=0 b=0 v={24 * hour} T={at(49)} p={at(49)} "
        f"x=0 h={log_hash(10):x} w=6:{at(1)}:{at(1)}:{log_hash(6):x}"
    )
    no_w = meta.partition(" w=")[0]
    first = 1, 0, 0, log_hash(1), (0, 0, -1, 0)
    behind = harmed(*first, marks={"x": (0, 0), "y": None})
    amid = 7, 1, 24.5, log_hash(7)
    w7 = 7, at(1), at(24.5), log_hash(7)
    late = harmed(8, 24.5, 49, log_hash(8), w7, {"x": (24.5, 49), "y": None, "b": (1, 1)})
    all_of_it = dict(partitions=1, offsets=1, skipped=0, unread=0, leftover=0)
    no_k = dict(partitions=0, offsets=1, skipped=1, unread=0)
    no_m = dict(partitions=1, offsets=0, skipped=0, unread=1)
    none = {"x": None, "y": None}
    cases = [
        ("as it must be", harmed(), meta, None, all_of_it),
        ("nothing kept yet", harmed(flags=0, marks=none), meta, None, dict(partitions=0)),
        ("marks without a checkpoint", harmed(flags=0), meta, "unknown"),
        ("no marker", harmed(w=None), meta, "time"),
        ("M without w", harmed(), no_w, "time"),
        ("rows of a number given up", swept := harmed(), meta, None, dict(leftover=1)),
        ("rows of no number", strange := harmed(), meta, "unknown"),
        ("pages of nothing", harmed(pages=(20, 1)), meta, "pages"),
        ("far more pages than rows", harmed(pages=(4100, 0)), meta, "pages"),
        ("another cluster is not judged", harmed(cluster=6, w=None), meta, None, no_k),
        ("a base above 0 is not judged", harmed(base=1, w=None), meta, None, no_k),
        ("a gap is not judged", harmed(flags=3, w=None), meta, None, no_k),
        ("M with a base is not judged", harmed(), no_w.replace("b=0", "b=1"), None, no_m),
        ("M with a gap is not judged", harmed(), no_w + " a=1:1", None, no_m),
        ("no M of ours is not judged", harmed(), "hello", None, dict(skipped=1, unread=1)),
        ("an old mark not swept yet", harmed(marks={"b": (1, 1)}), meta, None),
        ("behind, with its own marks", behind, meta, None),
        ("behind, with marks of later", harmed(*first, marks={"y": None}), meta, "wrong"),
        ("amid a rebuild", harmed(*amid, marks={**none, "x": (1, 24.5)}), meta, None),
        ("amid one, without a mark of its own", harmed(*amid, marks=none), meta, "missing"),
        ("amid one that began too late", late, meta, "time"),
        ("ahead of C", harmed(x=11), meta, "ahead"),
        ("a mark gone", harmed(marks={"y": None}), meta, "missing"),
        ("a mark not renewed", harmed(marks={"x": (1, 24.5)}), meta, "wrong"),
        ("a mark of nothing", harmed(marks={"z": (49, 49)}), meta, "unknown"),
        ("an old mark with another time", harmed(marks={"b": (1, 2)}), meta, "wrong"),
        ("another log time", harmed(t=48), meta, "time"),
        ("another log", harmed(h=1), meta, "time"),
        ("another marker", harmed(w=(6, at(1), at(2), log_hash(6))), meta, "time"),
        ("a marker too late", harmed(w=(9, at(49), at(49), log_hash(9))), meta, "time"),
        ("M of another time", harmed(), meta.replace(f"p={at(49)}", "p=7"), "time"),
        ("M of another log", harmed(), meta.replace(f"h={log_hash(10):x}", "h=7"), "time"),
        ("M that begins too late", harmed(), meta.replace("w=6:", "w=9:"), "time"),
    ]
    swept.marks[8] = strange.marks[9] = {bytes(16): (1, 1)}
    failed = 0
    for name, environment, text, finding, *tally in cases:
        with tempfile.NamedTemporaryFile("w") as stream:
            stream.write("\n".join([f"C\tg\tin\t0\t10\t{text}", *rows]) + "\n")
            stream.flush()
            state = State(options_of(["--group", "g", "--input", "in", "--whole", stream.name]))
            with contextlib.redirect_stdout(io.StringIO()):
                state.read_facts(stream.name)
                status = state.run(stream.name, [environment])
        found = {one for one, count in state.counts.items() if count}
        partly = not (state.tally["partitions"] and state.tally["offsets"])
        right = found == ({finding} if finding else set()) and status == bool(finding or partly)
        if not right or any(state.tally[one] != count for one, count in dict(*tally).items()):
            failed += 1
            print(f"self-test: {name}: expected {finding} {tally}, not {found} {state.tally}")
    return check.summary(len(cases), failed)


def options_of(arguments):
    parser = check.parser_of(__doc__)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("environments", nargs="*")
    return parser.parse_args(arguments)


def run(arguments):
    options = options_of(arguments)
    state = State(options)
    state.read_facts(options.dump)
    environments = [Environment(path).read() for path in options.environments]
    return state.run(options.dump, environments)


if __name__ == "__main__":
    sys.exit(check.main("state", self_test, run))
