#!/bin/bash
# Matrix row 12: a member comes and goes, in order and by kill -9, as soon as the group has noticed
# the last change, while two others work: each time all partitions are given out anew, with state
# rebuilt where it has no disk of its own.
# Holes: H3, H4 (offsets of partitions that have moved).
. "$(dirname "$0")/lib.sh"

# Whatever c does, a has the first partition and b the fourth: members sort by their names.
declare -A always=([a]=0 [b]=3)
assigned() { grep -c "$name/${always[$1]}@.*: C=" "$WORK/$1.1.log" || true; } # how often
anew() { [ "$(assigned a)" -gt "$before" ]; }
change() { # COMMAND...: something that the group has to notice
	before=$(assigned a)
	"$@"
	changes=$((changes + 1))
	wait_until 60 "partitions given out anew after $*" anew
	running "${pids[a]}" && running "${pids[b]}" || fail "a member that stayed has ended"
}

simple storm 6
for member in a b c; do configure $member "session.timeout.ms: 6000"; done
window 10 2000
load_on "${paced[@]}"
changes=0
start a
reaches 1000 a
note_size a
change start b
RANDOM=$SEED
for ((i = 1; i <= 6; i++)); do
	change start c
	sleep $((RANDOM % 4)) # the schedule of the fault, no wait for an effect
	if ((RANDOM % 2)); then change kill_hard c; else change stop c; fi
done
end_load
drained a 120
for member in a b; do
	say "$member was given partitions $(assigned $member) times, in $changes changes"
	[ "$(assigned $member)" -ge $((changes - 1)) ] ||
		fail "$member was not given partitions as often"
done
at_rest a
idle b
stop a
stop b
judge_all --complete
