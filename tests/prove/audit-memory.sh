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
drained a $((records / 5000 + 60))
stop a

# COMMAND...: on a terminal, so that it shows its progress. Its output, then a line with its largest
# resident set and time, and one with how often each pass said how far it is.
measure() {
	python3 - "$@" <<'PY'
import collections, os, pty, re, resource, subprocess, sys, time
began = time.monotonic()
terminal, its_stderr = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stderr=its_stderr)
os.close(its_stderr)
said = b""
try:
    while some := os.read(terminal, 65536):
        said += some
except OSError:  # EIO: the last one who had it open is gone
    pass
code = child.wait()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
shown = collections.Counter(re.findall(r"(reading [a-z ]+): \d+%, \d+ records", said.decode()))
print(f"verify: exit {code}, {time.monotonic() - began:.0f} s, {peak} MB resident at most")
print("progress:", ", ".join(f"{what} {times} times" for what, times in shown.items()))
sys.exit(code)
PY
}
measure "$ONCED" verify -c "$WORK/a.yaml" --memory ${memory_mb}M "$name" >"$WORK/verified" ||
	fail "onced verify: $(cat "$WORK/verified")"
cat "$WORK/verified"
for pass in input outputs; do
	grep -Eq "^progress: .*reading $pass[a-z ]* [0-9]+ times" "$WORK/verified" ||
		fail "no progress was shown of reading $pass"
done
peak=$(sed -n 's/.* \([0-9]*\) MB resident.*/\1/p' "$WORK/verified")
[ "$peak" -le $((memory_mb + rest_mb)) ] || fail "more than $((memory_mb + rest_mb)) MB"
