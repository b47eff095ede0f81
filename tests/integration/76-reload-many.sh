#!/bin/bash
# RELOADS reloads (20; 100 in `make prove`), one after the other, under load: each changes the
# pipeline, most of them after its dedup, one in twenty before it. 0 lost, 0 repeated. Also one
# while onced starts, and one beside its stop.
. "$(dirname "$0")/lib.sh"

reloads=${RELOADS:-20}
use many 6
file=$WORK/pipelines/many.yaml
configure a "session.timeout.ms: 6000"
sed -i '$a commit: {every: 100ms}' "$file"

load_on -n 100000000 --seed "${SEED:-76}" --rate 1000 --far 20000
start a
wait_until 30 "the control socket" test -S "$WORK/state.a/control.sock"
sed -i 's/^commit:.*/commit: {every: 99ms}/' "$file"
"$ONCED" reload -c "$WORK/a.yaml" >"$WORK/said" 2>&1 || fail "at the start: $(cat "$WORK/said")"
reaches 1000 a
begin=$EPOCHSECONDS busy=0 before=$(committed)
for ((i = 1; i <= reloads; i++)); do
	case $((i % 40)) in
	10) sed -i 's/^  - filter: .type/  - filter: (.type)/' "$file" ;;
	30) sed -i 's/^  - filter: (.type)/  - filter: .type/' "$file" ;;
	*) sed -i "s/^commit:.*/commit: {every: $((20 + i % 7 * 20))ms}/" "$file" ;;
	esac
	"$ONCED" reload -c "$WORK/a.yaml" >"$WORK/said" 2>&1 ||
		fail "reload $i: $? $(cat "$WORK/said")"
	grep -q '^0 unchanged, 0 added, 1 changed' "$WORK/said" || fail "$i: $(cat "$WORK/said")"
	if grep -q 'rebuilt by replay' "$WORK/said"; then
		reaches $((before + 1)) a 90 # a replay that is cut short again and again never ends
	fi
	at=$(committed)
	[ "$at" = "$before" ] || busy=$((busy + 1))
	before=$at
	[ $((i % 10)) != 0 ] ||
		say "  reload $i after $((EPOCHSECONDS - begin)) s, $at records committed"
done
took=$((EPOCHSECONDS - begin))
unload
drained a 120
"$ONCED" reload -c "$WORK/a.yaml" >"$WORK/said" 2>&1 &
asking=$!
stop a
code=0
wait "$asking" || code=$?
[ $code = 0 ] || [ $code = 69 ] || fail "reload beside a stop: $code $(cat "$WORK/said")"
judge --complete
say "$reloads reloads in $took s; something was committed between $busy of them"
say "records $(field records), lost $(field lost), repeated $(field repeated)"
[ $busy -ge $((reloads / 2)) ] || fail "nothing was committed between most of them: no load"
