# lib: what the scripts with a real broker share (integration, demo, prove): topics, onced as a
# child process, waiting with a deadline, and the judgement at the end. Sourced, not run.
#
# Expects in the environment: ONCED (the binary), TOOLS (folder of load, dump, offsets),
# ONCED_BROKERS (bootstrap servers), BROKER (the broker script), BROKER_DIR (its folder; set to
# another one to use another broker), WORK (a folder to work in).
# shellcheck shell=bash
set -eu
unset JOURNAL_STREAM # the log is to be lines on stderr, wherever this runs
lib_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$lib_dir/../.." && pwd)

declare -A pids=()   # instance -> pid of its latest process
declare -A starts=() # instance -> how often it was started

say() { printf '%s\n' "$*"; }
fail() {
	printf 'FAILED: %s\n' "$*" >&2
	local log
	for log in "$WORK"/*.log; do
		[ -s "$log" ] || continue
		printf -- '--- the end of %s:\n' "$log" >&2
		tail -n 15 "$log" >&2
	done
	exit 1
}

# wait_until SECONDS WHAT COMMAND...: polls until COMMAND succeeds; a deadline passed is a failure.
wait_until() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		[ $SECONDS -lt $end ] || fail "not within its deadline: $what"
		sleep 0.1
	done
}

# use NAME PARTITIONS [TOPIC_CONFIG...]: its own topics, group and pipeline, from the example.
use() {
	local partitions=$2
	name=$1 in=$1 clean=$1.clean big=$1.big dead=$1.dead group=$1
	shift 2
	mkdir -p "$WORK/pipelines"
	"$BROKER" topic "$BROKER_DIR" "$in" "$partitions" "$@" \
		-- "$clean" 3 -- "$big" 1 -- "$dead" 1
	sed "s/payments/$name/g" "$source_dir/examples/payments.yaml" >"$WORK/pipelines/$name.yaml"
}

# configure INSTANCE [KAFKA_PROPERTY: VALUE...]: its main file, with a state directory of its own.
configure() {
	local instance=$1
	shift
	{
		printf 'instance: %s\nstate_dir: %s/state.%s\n' "$instance" "$WORK" "$instance"
		printf 'pipelines: %s/pipelines/*.yaml\n' "$WORK"
		printf 'kafka:\n  bootstrap.servers: %s\n' "$ONCED_BROKERS"
		[ $# = 0 ] || printf '  %s\n' "$@"
	} >"$WORK/$instance.yaml"
}

# start INSTANCE: each start has a log of its own, $WORK/INSTANCE.N.log.
start() {
	starts[$1]=$((${starts[$1]:-0} + 1))
	log=$WORK/$1.${starts[$1]}.log
	"$ONCED" run -c "$WORK/$1.yaml" >"$log" 2>&1 &
	pids[$1]=$!
}

# under_tsan: onced is the build with ThreadSanitizer: a race of its own threads, or memory that one
# uses when another has freed it, is exit status 66.
under_tsan() {
	printf '#!/bin/sh\nexec setarch -R %s "$@"\n' "$ONCED_TSAN" >"$WORK/onced"
	chmod +x "$WORK/onced"
	ONCED=$WORK/onced
	export TSAN_OPTIONS="suppressions=$source_dir/tests/tsan.supp"
}

# running PID: also a zombie has ended.
running() {
	local state
	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
	[ "${state%% *}" != Z ]
}
ended() { ! running "$1"; }

# ends_with CODE INSTANCE SECONDS: it ends by itself, with this exit status.
ends_with() {
	local code=0
	wait_until "$3" "end of onced $2" ended "${pids[$2]}"
	wait "${pids[$2]}" 2>/dev/null || code=$?
	unset "pids[$2]"
	[ "$code" = "$1" ] || fail "onced $2 ended with $code instead of $1"
}

# kill_hard INSTANCE [CODE...]: it ran until then, or had met its failpoint, or had ended so.
kill_hard() {
	local code=0
	kill -KILL "${pids[$1]}"
	wait "${pids[$1]}" 2>/dev/null || code=$?
	unset "pids[$1]"
	[[ " 137 ${*:2} " == *" $code "* ]] || fail "onced $1 had ended with $code"
}

has_begun() { [ -s "$WORK/$1.${starts[$1]}.log" ]; }
stop() { # INSTANCE: an orderly end, within the stop budget
	wait_until 20 "the first words of onced $1" has_begun "$1" # a signal now is not lost on it
	kill -TERM "${pids[$1]}"
	ends_with 0 "$1" 40
}

# idle INSTANCE: a process that has nothing to do, or waits for something, comes to take less than
# 4 % of a core (1 % is usual). Here the spans are the measurement, no wait for an effect; other
# work on the machine makes what is measured less, never more, so the limit is low.
ticks() { sed 's/.*) //' "/proc/${pids[$1]}/stat" | awk '{ print $12 + $13 }'; } # user, system
takes_little() {
	local before begin=${EPOCHREALTIME/./}
	before=$(ticks "$1")
	sleep 5
	percent=$((($(ticks "$1") - before) * 100000000 / $(getconf CLK_TCK) /
		(${EPOCHREALTIME/./} - begin)))
	[ $percent -lt 4 ]
}
idle() {
	local percent
	wait_until 30 "$1 at rest: it takes CPU time though it only waits" takes_little "$1"
	running "${pids[$1]}" || fail "$1 has ended"
	say "$1 waits with $percent % of a core"
}

load() { "$TOOLS/load" -b "$ONCED_BROKERS" -t "$in" --quiet "$@"; }
# load_on OPTIONS: the same in the background, until unload: what it has written is the input.
load_on() {
	"$TOOLS/load" -b "$ONCED_BROKERS" -t "$in" --quiet "$@" &
	pids[load]=$!
}
unload() {
	running "${pids[load]}" || fail "the load ended early"
	kill -TERM "${pids[load]}"
	wait "${pids[load]}" || true
	unset "pids[load]"
}
offsets() { "$TOOLS/offsets" -b "$ONCED_BROKERS" -g "$group" -t "$in" "$@"; }
# Without the ends of the log, whose leader may be a broker that a script has killed.
committed() { offsets wait --sum 0 | sed -n 's/^sum=\([0-9]*\).*/\1/p'; }
offset_of() { offsets show | sed -n "s/^$1 committed=\([0-9-]*\) .*/\1/p"; } # PARTITION
metadata_of() { offsets show | sed -n "s/^$1 .* metadata=//p"; }

# delete_records TOPIC OFFSET: of its partition 0, those below it.
delete_records() {
	printf '{"partitions":[{"topic":"%s","partition":0,"offset":%d}],"version":1}' "$1" "$2" \
		>"$WORK/delete.json"
	"$BROKER" tool "$BROKER_DIR" delete-records --offset-json-file "$WORK/delete.json" \
		>"$WORK/tool" 2>&1 || fail "$(cat "$WORK/tool")"
}

# reaches SUM INSTANCE [SECONDS]: the sum of the committed offsets, while INSTANCE runs.
reaches() {
	offsets wait --sum "$1" --pid "${pids[$2]}" --deadline-s "${3:-60}" >"$WORK/reached" ||
		fail "committed offsets did not reach $1"
}

# drained INSTANCE [SECONDS]: lag 0, control records at the end included.
drained() {
	offsets wait --lag 0 --pid "${pids[$1]}" --deadline-s "${2:-90}" >"$WORK/drained" ||
		fail "lag did not reach 0"
}

logged() { grep -Eq -- "$1" "$log"; } # a line of the latest start's log

# check [CHECK_OPTIONS]: the independent check over the raw topics: its exit status; `result` is its
# last line, $WORK/judged all of it. `within` is the window in seconds, if not the example's.
check() {
	dump_topics "$WORK/dump.tsv"
	check_dump "$WORK/dump.tsv" "$@"
}
dump_topics() { # FILE
	"$TOOLS/dump" -b "$ONCED_BROKERS" -g "$group" -i "$in" -t "$clean" -t "$big" -t "$dead" \
		>"$1" || fail "the topics could not be read"
}
check_dump() { # FILE [CHECK_OPTIONS]
	local code=0
	"$source_dir/tests/load/check.py" --group "$group" --input "$in" --clean "$clean" \
		--big "$big" --dead "$dead" ${within:+--within-s "$within"} "${@:2}" "$1" \
		>"$WORK/judged" || code=$?
	result=$(tail -n 1 "$WORK/judged")
	return $code
}
# Consistent copies of the pipeline's states; taken before the dump, so that none is ahead of it.
copy_states() {
	local data at copy
	rm -rf "$WORK/states"
	for data in "$WORK"/state.*/"$name"/data.mdb; do
		[ -s "$data" ] || continue
		at=${data%/"$name"/data.mdb} copy=$WORK/states/${at##*/}
		mkdir -p "$copy"
		mdb_copy "${data%/data.mdb}" "$copy" || fail "$data could not be copied"
	done
}
# judge_states: what is on disk and in the offsets' metadata is what the dump's input makes of it:
# in all partitions, if not `partly`.
judge_states() {
	local code=0 states=() whole=--whole
	[ -z "${partly:-}" ] || whole=
	[ ! -d "$WORK/states" ] || states=("$WORK"/states/*)
	"$source_dir/tests/load/state.py" --group "$group" --input "$in" $whole \
		"$WORK/dump.tsv" "${states[@]}" >>"$WORK/judged" || code=$?
	state_result=$(tail -n 1 "$WORK/judged")
	return $code
}
admin() { python3 "$source_dir/tests/kafka/admin.py" "$ONCED_BROKERS" "$@"; }
# no_open_transaction [INSTANCE.]: and there was one, if no `ids_expire`.
no_open_transaction() {
	admin transactions "$group/${1:-}" >"$WORK/open" &&
		[ -s "$WORK/open" -o -n "${ids_expire:-}" ] &&
		! grep -Evq ' (Empty|Complete[A-Z][a-z]+)$' "$WORK/open"
}
# The history of the group's committed offsets; $WORK/never_back says what was found.
never_back() {
	"$TOOLS/dump" -b "$ONCED_BROKERS" -t __consumer_offsets >"$WORK/offsets.tsv" ||
		fail "__consumer_offsets could not be read"
	"$source_dir/tests/load/never_back.py" "$group" "$WORK/offsets.tsv" >"$WORK/never_back"
}

# judge [CHECK_OPTIONS]: the end of nearly every script: the outputs, the states on disk, no
# transaction left open, and no committed offset that ever went back, if it was not `moved`.
judge() {
	copy_states
	check "$@" && judge_states || {
		cat "$WORK/judged" >&2
		fail "the independent check found something"
	}
	wait_until 30 "every transaction ended" no_open_transaction
	[ -n "${moved:-}" ] || never_back ||
		fail "a committed offset went back: $(cat "$WORK/never_back")"
}

field() { sed -n "s/.*[ ]$1=\([0-9]*\).*/\1/p" <<<" $result"; } # a number of the result line

verify() { "$ONCED" verify -c "$WORK/$1.yaml" "$name"; } # INSTANCE

# What a script started, it ends, also when it fails.
finish_hooks=()
finish() {
	local code=$? pid hook
	trap - EXIT
	for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
	for hook in "${finish_hooks[@]}"; do $hook || true; done
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
