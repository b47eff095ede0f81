#!/bin/bash
# `onced verify` over five million records: it says ok, and its memory stays within what it was
# given and a fixed rest, although what it must know of so many records is several times as much.
. "$(dirname "$0")/../integration/lib.sh"

records=${RECORDS:-5000000}
memory_mb=64 # --memory; the default is 256M
rest_mb=160  # librdkafka's queue, libjq, the program itself
use audit 4
configure a
load -n "$records" --seed 110 --far 300000
start a
drained a 900
stop a

measure() { # COMMAND...: its output, then a line with its largest resident set and time
	python3 - "$@" <<'PY'
import resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.call(sys.argv[1:])
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(f"verify: exit {code}, {time.monotonic() - began:.0f} s, {peak} MB resident at most")
sys.exit(code)
PY
}
measure "$ONCED" verify -c "$WORK/a.yaml" --memory ${memory_mb}M "$name" >"$WORK/verified" ||
	fail "onced verify: $(cat "$WORK/verified")"
cat "$WORK/verified"
peak=$(sed -n 's/.* \([0-9]*\) MB resident.*/\1/p' "$WORK/verified")
[ "$peak" -le $((memory_mb + rest_mb)) ] || fail "more than $((memory_mb + rest_mb)) MB"
