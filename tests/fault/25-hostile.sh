#!/bin/bash
# Matrix row 25: records that are hostile in form: bytes, depth, numbers, sizes, times. Each goes
# where the rules say, once; no input ends the process.
# Holes: H17 (times from the future).
# quick
. "$(dirname "$0")/lib.sh"

simple hostile 1
load -n 500 --seed "$SEED"
python3 - "$(date +%s000)" >"$WORK/hostile" <<'PY'
import sys

now, day = int(sys.argv[1]), 24 * 3600 * 1000
seq = 900000


def put(value, key="k", time=now, headers=""):
    print(0, time, key, value, headers, sep="\t")


def pay(ident, amount="5.25", memo='"m"', account='"a"', **more):
    global seq
    seq += 1
    put(
        f'{{"id":{ident},"type":"payment","amount":{amount},"account":{account},"seq":{seq},'
        f'"memo":{memo}}}',
        **more,
    )


for time in (1, 0, now + 70 * 365 * day, now, now - 3 * day, 1, now):
    pay('"time"', time=time)  # one id: what the window makes of it
for ident in (
    '""', '" "', "1", '"1"', "1.0", "1e0", "-0", "0", "[1,2]", "[1, 2]", '{"a":1,"b":2}',
    '{"b":2,"a":1.0}', "false", "true", "null", '"\\x5cu0031"', '"\\xc3\\xa9"',
    '"e\\xcc\\x81"', '"z{900000}"',
):
    pay(ident)
for amount in (
    "1e400", "-1e400", "1e-400", "1e15", "0.1", "123456789012345678901234567890", "NaN",
    "Infinity", "01", "+1", ".5", "1.", "0x10", '"7"', "[]", "{}", "null", "false", "-1",
    "0",
):
    pay('"n"', amount=amount)
for memo in (
    '"\\xff\\xfe"', '"\\xed\\xa0\\x80"', '"\\xf4\\x90\\x80\\x80"', '"\\xc0\\x80"',
    '"\\x00"', '"\\x1b[2J"', '"\\x5cu0000"', '"\\x5cud800"', '"\\xe2\\x80\\xae"',
):
    pay('"m"', memo=memo)
pay('"deep"', memo="[{60}]{60}")
pay('"deeper"', memo="[{100000}]{100000}")
pay('"objects"', memo='{"a":' * 5000 + "1" + "}" * 5000)
put("[{200000}")
put('{"a":' * 3000)
for value in (
    "", " ", "null", "true", "1", '"x"', "[]", "{}", "\\x00", "\\xef\\xbb\\xbf{}",
    '{"type":"payment"}', '{"type":"payment","amount":1}', "{", '{"a":1}x',
    "\\xff{100000}", '{"a":1,"a":2}',
):
    put(value)
put("\\N", key="tombstone-1")
put("\\N", key="tombstone-2", headers="trace=1,other=2")
put('{"x":1}', key="K{900000}")
put('{"x":', key="K{900000}")
put('{"x":', key="\\N")
put('{"x":', key="")
pay('"keys"', key="\\x00\\xff\\x0a")
pay('"headers"', headers=",".join(f"h{i}=v" for i in range(3000)))
pay('"headers2"', headers="trace=a,trace=b,source=x,source=y,e=,n=\\N,\\xff=\\x00")
put('{"x":', headers="onced.error.reason=forged,onced.error.offset=7")
PY
put <"$WORK/hostile"
load -n 500 --seed "$SEED" --start-index 500
start a
first=${pids[a]}
drained a 60
[ "${pids[a]}" = "$first" ] && stop a
judge_all --complete
