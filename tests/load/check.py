#!/usr/bin/env python3
"""check: does what came out follow from what went in? An independent judge of the payments example.

It reads a dump of the topics (tests/load/dump), recomputes by its own few rules what must have
come of every record below the committed offsets, and compares. Nothing of onced is used: neither
its code nor its log nor its state. The rules are those of examples/payments.yaml:

  a value that is no strict JSON object, or a payment without an id    -> dead letter
  type is not "payment", or amount is not above 0                      -> dropped
  an id that was marked within the window, same source partition       -> dropped, and marked anew
  a null value                                                         -> clean, as it is
  the rest: without "card", with "cents", keyed by account             -> clean; above 10000 also big

  check.py --group G --input T --clean T --big T --dead T [--within-s N] [--max-bytes N]
           [--complete] DUMP
  check.py --self-test        hand-written dumps, each tampered with in one way, must be found out

Findings: lost (expected, not there), repeated (there more than once), unexpected (must not be
there, or is from beyond the committed offset), altered (value, key, headers, timestamp or
partition), disorder (of one source partition within one output partition). The last line is
machine-readable. Exit status: 0 all is as it must be, 1 something was found, 2 cannot be judged.
"""
import argparse
import contextlib
import io
import json
import re
import sys
from decimal import Decimal

FINDINGS = ("lost", "repeated", "unexpected", "altered", "disorder")
SHOWN = 8  # examples of each finding
DEAD_PREFIX = b"onced.error."


class Uncheckable(Exception):
    """The dump does not hold what a judgement needs. That is never a pass."""


# ---- reading the dump ---------------------------------------------------------------------------


def unescape(field):
    if field == rb"\N":
        return None
    if b"\\" not in field:
        return field
    return re.sub(rb"\\x(..)", lambda m: bytes([int(m[1], 16)]), field)


def headers_of(field):
    """Pairs of bytes, sorted: their order says nothing, repeated names stay."""
    if not field:
        return []
    pairs = (pair.split(b"=", 1) for pair in field.split(b","))
    return sorted((unescape(name), unescape(value) or b"") for name, value in pairs)


def coordinates(field):
    """Of a dead letter. Its record may have had such headers of its own: onced's come last."""
    named = {}
    for pair in field.split(b","):
        name, _, value = pair.partition(b"=")
        named[unescape(name)] = unescape(value)
    return tuple(named[DEAD_PREFIX + name] for name in (b"topic", b"partition", b"offset"))


def lines_of(path, kind):
    prefix = kind + b"\t"
    with open(path, "rb") as stream:
        for line in stream:
            if line.startswith(prefix):
                yield line.rstrip(b"\n").split(b"\t")[1:]


def records_of(path, topics):
    """(topic, partition, offset, timestamp, key, value, raw headers), in the order of the dump."""
    for topic, partition, offset, timestamp, key, value, headers in lines_of(path, b"R"):
        if topic in topics:
            yield topic, int(partition), int(offset), int(timestamp), unescape(key), unescape(
                value
            ), headers


# ---- the rules ----------------------------------------------------------------------------------


def no_doubles(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key twice")
    return value


def exact(text):
    """A number that a double holds: else the engine would lose digits."""
    value = float(text)
    if value in (float("inf"), float("-inf")) or Decimal(repr(value)) != Decimal(text):
        raise ValueError("a number too precise")
    return value


def exact_int(text):
    return int(text) if len(text) < 16 else exact(text)


def refuse(text):
    raise ValueError(text)


STRICT = json.JSONDecoder(
    object_pairs_hook=no_doubles,
    parse_float=exact,
    parse_int=exact_int,
    parse_constant=refuse,
)


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def judge(value):
    """("dead", None), ("filtered", None) or ("live", the parsed value)."""
    if value is None:
        return "tombstone", None
    try:
        parsed = STRICT.decode(value.decode("utf-8"))
        json.dumps(parsed, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return "dead", None
    if parsed is None:
        return "filtered", None  # null.type is null in jq
    if not isinstance(parsed, dict):
        return "dead", None
    amount = parsed.get("amount")
    if parsed.get("type") != "payment" or amount is None or amount is False:
        return "filtered", None
    if number(amount) and amount <= 0:
        return "filtered", None
    if not number(amount) or parsed.get("id") is None:
        return "dead", None
    if not isinstance(parsed.get("account"), str) or not number(parsed.get("seq")):
        raise Uncheckable("a payment without account or seq")
    return "live", parsed


def identity(value):
    """Type and canonical form: "1" is not 1, and 1.0 is 1."""
    if isinstance(value, dict):
        return ("{}", *((name, identity(value[name])) for name in sorted(value)))
    if isinstance(value, list):
        return ("[]", *map(identity, value))
    return (isinstance(value, str), isinstance(value, bool), value)


def transformed(value):
    """What the map step makes of it."""
    value.pop("card", None)
    cents = value["amount"] * 100
    value["cents"] = int(cents + 0.5)
    return value


def same(a, b):
    """Equal as JSON: numbers by value, but True is not 1."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def murmur2(data):
    """The Java client's hash of a key, for its partition."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


class LogTime:
    """T of one partition: never falls, and one record with a wrong clock does not move it."""

    def __init__(self):
        self.now, self.previous = 0, None

    def advance(self, timestamp):
        """(T, the record's timestamp), both as they count for its mark."""
        if timestamp < 0:
            return self.now, self.now
        first = self.previous is None
        lower = timestamp if first else min(timestamp, self.previous)
        self.now = max(self.now, lower)
        self.previous = timestamp
        return self.now, timestamp


# ---- the judgement ------------------------------------------------------------------------------


class Check:
    def __init__(self, options):
        self.options = options
        self.within = options.within_s * 1000
        self.group = options.group.encode()
        self.inputs = {topic.encode() for topic in options.input}
        self.clean, self.big, self.dead = (
            topic.encode() for topic in (options.clean, options.big, options.dead)
        )
        self.committed = {}  # (topic, partition) -> C
        self.ends = {}  # (topic, partition) -> (log start, end)
        self.partitions = {}  # topic -> count
        self.expected = {}  # (output topic, seq) or (dead, source) -> record as it must be
        self.dropped = {}  # seq -> why nothing may come of it
        self.found = {finding: [] for finding in FINDINGS}
        self.counts = dict.fromkeys(FINDINGS, 0)
        self.tally = dict.fromkeys(
            ("records", "below", "clean", "big", "dead", "duplicates", "filtered", "renewed"), 0
        )

    def report(self, finding, text):
        self.counts[finding] += 1
        if len(self.found[finding]) < SHOWN:
            self.found[finding].append(text)

    def read_facts(self, path):
        for group, topic, partition, offset, _ in lines_of(path, b"C"):
            if group == self.group:
                self.committed[topic, int(partition)] = int(offset)
        for topic, partition, start, end in lines_of(path, b"E"):
            self.ends[topic, int(partition)] = (int(start), int(end))
            self.partitions[topic] = self.partitions.get(topic, 0) + 1
        for topic in self.inputs | {self.clean, self.big, self.dead}:
            if topic not in self.partitions:
                raise Uncheckable(f"topic {topic.decode()} is not in the dump")
        for (topic, partition), (start, _) in self.ends.items():
            if topic in self.inputs and start != 0:
                raise Uncheckable(f"{topic.decode()}/{partition} begins at {start}: input deleted")
            if topic in self.inputs and (topic, partition) not in self.committed:
                raise Uncheckable(f"no committed offset of {topic.decode()}/{partition} in the dump")

    def lag(self):
        return sum(
            end - max(self.committed[at], 0)
            for at, (_, end) in self.ends.items()
            if at[0] in self.inputs
        )

    def read_input(self, path):
        times, marks, seqs = {}, {}, set()
        for topic, partition, offset, timestamp, key, value, headers in records_of(path, self.inputs):
            at = (topic, partition)
            time = times.setdefault(at, LogTime()).advance(timestamp)
            self.tally["records"] += 1
            source = (topic, partition, offset)
            kind, parsed = judge(value)
            seq = parsed["seq"] if parsed else None
            if seq in seqs and seq is not None:
                raise Uncheckable(f"seq {seq} twice in the input")
            seqs.add(seq)
            if offset >= self.committed[at]:
                if seq is not None:
                    self.dropped[seq] = "it is not below the committed offset"
                continue
            self.tally["below"] += 1
            if kind == "tombstone":  # passes every step, its key is its name
                if key is None or (self.clean, key) in self.expected:
                    raise Uncheckable("a null value without a key of its own")
                self.tally["clean"] += 1
                self.expected[self.clean, key] = (source, timestamp, key, value, headers)
            elif kind == "filtered":
                self.tally["filtered"] += 1
            elif kind == "dead":
                self.tally["dead"] += 1
                self.expected[self.dead, source] = (source, timestamp, key, value, headers)
            else:
                self.read_payment(source, time, timestamp, key, headers, value, parsed, marks)

    def read_payment(self, source, time, timestamp, key, headers, value, parsed, marks):
        mark = (source[0], source[1], identity(parsed["id"]))
        before = marks.get(mark)
        marks[mark] = (*time, source[2])  # every record that reaches dedup marks, also a duplicate
        if before:
            if time[0] - before[0] <= self.within and time[1] - before[1] <= self.within:
                self.tally["duplicates"] += 1
                self.dropped[parsed["seq"]] = f"its id was marked at offset {before[2]}"
                return
            self.tally["renewed"] += 1
        if len(value) > self.options.max_bytes:  # refused by the outputs' broker
            self.tally["dead"] += 1
            # its dead letter takes the time of the refusal
            self.expected[self.dead, source] = (source, None, key, value, headers)
            self.dropped[parsed["seq"]] = "it is too large for its topics"
            return
        must = (source, timestamp, parsed["account"].encode(), value, headers)
        self.tally["clean"] += 1
        self.expected[self.clean, parsed["seq"]] = must
        if parsed["amount"] > 10000:
            self.tally["big"] += 1
            self.expected[self.big, parsed["seq"]] = must

    def read_outputs(self, path):
        seen, last, places = set(), {}, {}
        for record in records_of(path, {self.clean, self.big, self.dead}):
            topic, partition, offset, _, key, value, headers = record
            where = f"{topic.decode()}/{partition}/{offset}"
            name, parsed = self.name_of(topic, key, value, headers)
            headers = headers_of(headers)
            must = self.expected.get((topic, name))
            if must is None:
                why = self.dropped.get(name, "no input record gives this")
                self.report("unexpected", f"{where}: {why}")
                continue
            if (topic, name) in seen:
                self.report("repeated", f"{where}: result of {self.place(must[0])} again")
                continue
            seen.add((topic, name))
            wrong = self.differences(record, parsed, headers, must)
            if key is not None:
                if key not in places:
                    places[key] = murmur2(key)
                if places[key] % self.partitions[topic] != partition:
                    wrong.append("partition")
            if wrong:
                self.report("altered", f"{where}: {', '.join(wrong)}, from {self.place(must[0])}")
            chain = (topic, partition, must[0][0], must[0][1])
            if last.get(chain, -1) > must[0][2]:
                self.report("disorder", f"{where}: {self.place(must[0])} after {last[chain]}")
            last[chain] = max(last.get(chain, -1), must[0][2])
        for (topic, name), must in self.expected.items():
            if (topic, name) not in seen:
                self.report("lost", f"{self.place(must[0])} is not in {topic.decode()}")

    def name_of(self, topic, key, value, headers):
        """What tells an output's source: seq, a tombstone's key, a dead letter's coordinates."""
        if topic == self.dead:
            try:
                source, partition, offset = coordinates(headers)
                return (source, int(partition), int(offset)), None
            except (KeyError, ValueError):
                return None, None
        if value is None:
            return key, None
        try:
            parsed = json.loads(value)
            return parsed["seq"], parsed
        except (ValueError, KeyError, TypeError):
            return None, None

    def differences(self, record, parsed, headers, must):
        topic, _, _, timestamp, key, value, _ = record
        source, must_timestamp, must_key, must_value, must_headers = must
        must_headers = headers_of(must_headers)
        wrong = []
        if topic == self.dead:
            extra = {name for name, _ in headers if name.startswith(DEAD_PREFIX)}
            wanted = {DEAD_PREFIX + n for n in (b"reason", b"step", b"topic", b"partition")}
            wanted |= {DEAD_PREFIX + b"offset", DEAD_PREFIX + b"timestamp"}
            headers = [pair for pair in headers if pair[0] not in extra]
            must_headers = [pair for pair in must_headers if pair[0] not in extra]
            if extra != wanted:
                wrong.append("error headers")
            if value != must_value:
                wrong.append("value")
        else:
            must_headers = [p for p in must_headers if p[0] not in (b"trace", b"source")]
            must_headers = sorted(must_headers + [(b"source", source[0])])
            if value is None or must_value is None:
                if value != must_value:
                    wrong.append("value")
            elif not same(parsed, transformed(json.loads(must_value))):
                wrong.append("value")
        if headers != must_headers:
            wrong.append("headers")
        if key != must_key:
            wrong.append("key")
        if must_timestamp is not None and timestamp != must_timestamp:
            wrong.append("timestamp")
        return wrong

    @staticmethod
    def place(source):
        return f"{source[0].decode()}/{source[1]}/{source[2]}"

    def run(self, path):
        self.read_facts(path)
        self.read_input(path)
        self.read_outputs(path)
        tally, lag = self.tally, self.lag()
        for finding in FINDINGS:
            for text in self.found[finding]:
                print(f"check: {finding}: {text}")
            if self.counts[finding] > SHOWN:
                print(f"check: {finding}: and {self.counts[finding] - SHOWN} more")
        incomplete = self.options.complete and lag > 0
        if incomplete:
            print(f"check: {lag} records of the input are not committed yet")
        if self.options.complete and tally["records"] == 0:
            raise Uncheckable("no input at all")
        numbers = {**tally, **self.counts, "lag": lag}
        print("result", *(f"{name}={value}" for name, value in numbers.items()))
        return 1 if incomplete or any(self.counts.values()) else 0


# ---- the self-test ------------------------------------------------------------------------------

# Twelve records in two partitions and what must come of them, written by hand: one plain, a
# repeat, a refund, one beyond the window, a big one, three dead ones, an uncommitted one.
HOUR = 3600 * 1000
T0 = 1_700_000_000_000


def pay(seq, ident, account="a", amount="5.25", kind="payment"):
    return (
        f'{{"id":"{ident}","type":"{kind}","amount":{amount},'
        f'"account":"{account}","card":"4","seq":{seq}}}'
    )


def paid(seq, ident, account="a", amount="5.25", cents=525):
    return (
        f'{{"id":"{ident}","type":"payment","amount":{amount},'
        f'"account":"{account}","seq":{seq},"cents":{cents}}}'
    )


def dead_headers(offset, step="filter"):
    return (
        f"onced.error.reason=bad,onced.error.step={step},onced.error.topic=in,"
        f"onced.error.partition=0,onced.error.offset={offset},onced.error.timestamp={T0}"
    )


def fixture():
    rows = [
        "C\tg\tin\t0\t10\t\\N",
        "C\tg\tin\t1\t1\t\\N",
        "E\tin\t0\t0\t11",
        "E\tin\t1\t0\t1",
        "E\tclean\t0\t0\t9",
        "E\tbig\t0\t0\t9",
        "E\tdead\t0\t0\t9",
    ]

    def row(topic, partition, offset, hours, key, value, headers=""):
        rows.append(
            f"R\t{topic}\t{partition}\t{offset}\t{T0 + int(hours * HOUR)}\t{key}\t{value}\t{headers}"
        )

    row("in", 0, 0, 0, "a", pay(0, "x"), "trace=1,origin=o")
    row("in", 0, 1, 1, "a", pay(1, "x"))  # repeats, and renews the window
    row("in", 0, 2, 1, "a", pay(2, "r", kind="refund"))
    row("in", 0, 3, 1, "a", pay(3, "b", amount="10000.01"))
    row("in", 0, 4, 1, "a", '{"id":"cut')
    row("in", 0, 5, 1, "a", '{"id":null,"type":"payment","amount":1,"account":"a","seq":5}')
    row("in", 0, 6, 24.5, "a", pay(6, "x"))  # 23.5 h after the mark that renewed it
    row("in", 0, 7, 49, "a", pay(7, "x"))  # T is still 24.5 h: a single jump does not move it,
    row("in", 0, 8, 49, "a", pay(8, "y"))  # but by its own timestamp 7 is 24.5 h after 6
    row("in", 0, 9, 49, "a", '{"id":1,"id":2}')
    row("in", 0, 10, 49, "a", pay(10, "z"))  # at C: nothing of it may be seen
    row("in", 1, 0, 0, "b", pay(11, "x", "b"))  # the same id in another partition
    source = "source=in"
    row("clean", 0, 0, 0, "a", paid(0, "x"), "origin=o," + source)
    row("clean", 0, 1, 0, "b", paid(11, "x", "b"), source)
    row("clean", 0, 2, 1, "a", paid(3, "b", amount="10000.01", cents=1000001), source)
    row("clean", 0, 3, 49, "a", paid(7, "x"), source)
    row("clean", 0, 4, 49, "a", paid(8, "y"), source)
    row("big", 0, 0, 1, "a", paid(3, "b", amount="10000.01", cents=1000001), source)
    row("dead", 0, 0, 1, "a", '{"id":"cut', dead_headers(4))
    row("dead", 0, 1, 1, "a", rows[12].split("\t")[6], dead_headers(5, "dedup"))
    row("dead", 0, 2, 49, "a", '{"id":1,"id":2}', dead_headers(9))
    return rows


def index(rows, topic, offset):
    return next(
        i for i, row in enumerate(rows) if row.split("\t")[:4:1] == ["R", topic, "0", str(offset)]
    )


def tampered():
    """(name, rows, what must be found)"""

    def change(topic, offset, old, new):
        rows = fixture()
        at = index(rows, topic, offset)
        assert old in rows[at], (old, rows[at])
        rows[at] = rows[at].replace(old, new, 1)
        return rows

    def remove(topic, offset):
        rows = fixture()
        del rows[index(rows, topic, offset)]
        return rows

    def add(line):
        return fixture() + [line]

    def copy(topic, offset):
        rows = fixture()
        return rows + [rows[index(rows, topic, offset)].replace(f"\t{offset}\t", "\t8\t", 1)]

    def swap(topic, a, b):
        rows = fixture()
        i, j = index(rows, topic, a), index(rows, topic, b)
        rows[i], rows[j] = rows[j], rows[i]
        return rows

    early = f"R\tclean\t0\t8\t{T0}\ta\t"
    yield "as it must be", fixture(), None
    yield "a record removed", remove("clean", 2), "lost"
    yield "a dead letter removed", remove("dead", 1), "lost"
    yield "one of two targets missing", remove("big", 0), "lost"
    yield "a record doubled", copy("clean", 4), "repeated"
    yield "a dead letter doubled", copy("dead", 0), "repeated"
    yield "a duplicate let through", add(early + paid(1, "x") + "\tsource=in"), "unexpected"
    yield "a renewed id let through", add(early + paid(6, "x") + "\tsource=in"), "unexpected"
    yield "a refund let through", add(early + paid(2, "r") + "\tsource=in"), "unexpected"
    yield "a record beyond C", add(early + paid(10, "z") + "\tsource=in"), "unexpected"
    yield "a record from nowhere", add(early + paid(99, "q") + "\tsource=in"), "unexpected"
    yield "garbage", add(early + "hello\t"), "unexpected"
    yield "a small one in big", add(early.replace("clean", "big") + paid(0, "x") + "\t"), "unexpected"
    yield "a digit changed", change("clean", 0, "525", "526"), "altered"
    yield "card kept", change("clean", 0, '"seq"', '"card":"4","seq"'), "altered"
    yield "another key", change("clean", 4, "\ta\t", "\tb\t"), "altered"
    yield "a header kept", change("clean", 0, "origin=o", "origin=o,trace=1"), "altered"
    yield "a header missing", change("clean", 0, ",source=in", ""), "altered"
    yield "another time", change("clean", 1, str(T0), str(T0 + 1)), "altered"
    yield "a dead letter's value cut", change("dead", 0, '"cut', '"cu'), "altered"
    yield "a dead letter's reason gone", change("dead", 0, "onced.error.step=filter,", ""), "altered"
    yield "another partition than Java's", add("E\tclean\t1\t0\t0") + ["E\tclean\t2\t0\t0"], "altered"
    yield "two swapped", swap("clean", 3, 4), "disorder"
    yield "an id that counts as new by T alone", change("in", 7, str(T0 + 49 * HOUR), str(T0 + 48 * HOUR)), "unexpected"


def self_test():
    import os
    import tempfile

    arguments = "--group g --input in --clean clean --big big --dead dead".split()
    failed = 0
    checks = list(tampered())
    for name, rows, finding in checks:
        with tempfile.NamedTemporaryFile("w", delete=False) as stream:
            stream.write("\n".join(rows) + "\n")
        check = Check(options_of(arguments + [stream.name]))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = check.run(stream.name)
        os.unlink(stream.name)
        if finding:
            right = status == 1 and check.counts[finding] > 0
        else:
            right = status == 0 and not any(check.counts.values())
        if not right:
            failed += 1
            print(f"self-test: {name}: expected {finding}, got:\n{said.getvalue()}")
    assert murmur2(b"foobar") == -790332482 & 0x7FFFFFFF and murmur2(b"21") == -973932308 & 0x7FFFFFFF
    return summary(len(checks), failed)


# ---- what state.py shares -----------------------------------------------------------------------


def summary(tests, failed):
    """The end of a self-test."""
    print(f"{tests - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


def parser_of(usage):
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("--group", required=True)
    parser.add_argument("--input", action="append", required=True)
    parser.add_argument("dump")
    return parser


def main(name, self_test, run):
    """run: from the arguments to the exit status."""
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    try:
        return run(sys.argv[1:])
    except Uncheckable as why:
        print(f"{name}: cannot judge: {why}")
        return 2


# ---- the command --------------------------------------------------------------------------------


def options_of(arguments):
    parser = parser_of(__doc__)
    parser.add_argument("--clean", required=True)
    parser.add_argument("--big", required=True)
    parser.add_argument("--dead", required=True)
    parser.add_argument("--within-s", type=int, default=24 * 3600)
    parser.add_argument("--max-bytes", type=int, default=1 << 30)  # value that clean and big take
    parser.add_argument("--complete", action="store_true", help="the lag must be 0")
    return parser.parse_args(arguments)


def run(arguments):
    options = options_of(arguments)
    return Check(options).run(options.dump)


if __name__ == "__main__":
    sys.exit(main("check", self_test, run))
