#!/bin/bash
# The state's file is cut short, overwritten, or damaged in every row between runs: it is moved
# aside and rebuilt from the input, and the daemon says so.
# (tests/fault: matrix row 16; hole H14)
. "$(dirname "$0")/lib.sh"

cut() { truncate -s 20K "$1"; }
overwrite() { printf 'no database %.0s' {1..5000} >"$1"; }
# The pages behind the two meta pages, every eighth byte: no checksum holds.
damage() {
	python3 - "$1" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as file:
		    data = bytearray(file.read().rstrip(b"\0"))
		    data[8192:len(data):8] = bytes(b ^ 0x10 for b in data[8192:len(data):8])
		    file.seek(0)
		    file.write(data)
	END
}

use damaged 4
configure a
load -n 20000 --seed "${SEED:-36}" --far 20000
start a
drained a
stop a
next=20000
for way in cut overwrite damage; do
	$way "$WORK/state.a/damaged/data.mdb"
	load -n 10000 --seed "${SEED:-36}" --start-index $next --far 20000
	next=$((next + 10000))
	start a
	drained a
	logged 'moved aside' || fail "$way: nothing was moved aside"
	logged 'records replayed' || fail "$way: nothing was replayed"
	stop a
done
[ "$(find "$WORK/state.a/damaged" -name 'aside-*' | wc -l)" = 3 ] || fail "they are not kept"
verify a
judge --complete
