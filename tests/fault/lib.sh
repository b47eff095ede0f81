# lib: what the fault scenarios share, on top of tests/integration/lib.sh: the proxy, the
# failpoints, and the judgement in which all of them end. Sourced, not run.
#
# Expects, besides what that one expects: ONCED is a build with --enable-failpoints, ONCED_BROKERS
# goes through the proxy, DIRECT past it, PROXY is its control port, SEED a number.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
fault_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# proxy COMMAND...: `answer` is what it says. A command that fails is a failure of the scenario.
proxy() {
	if [ -z "${proxy_fd:-}" ]; then exec {proxy_fd}<>"/dev/tcp/127.0.0.1/$PROXY"; fi
	echo "$*" >&"$proxy_fd"
	read -r answer <&"$proxy_fd" || fail "the proxy is gone"
	case $answer in
	ok*) answer=${answer#ok} answer=${answer# } ;;
	*) fail "proxy $*: $answer" ;;
	esac
}

# Tools take the direct way, so that a rule meets onced alone.
load() { "$TOOLS/load" -b "$DIRECT" -t "$in" --quiet "$@"; }
# load_on OPTIONS: goes on in the background until end_load, or the end of the scenario.
load_on() {
	"$TOOLS/load" -b "$DIRECT" -t "$in" --quiet -n 100000000 --seed "$SEED" "$@" &
	pids[load]=$!
}
end_load() {
	kill "${pids[load]}"
	wait "${pids[load]}" 2>/dev/null || true
	unset "pids[load]"
}
offsets() { "$TOOLS/offsets" -b "$DIRECT" -g "$group" -t "$in" "$@"; }
admin() { python3 "$source_dir/tests/kafka/admin.py" "$DIRECT" "$@"; }

# own_brokers 1|3 [OPTION...]: a Kafka of the scenario's own, without the proxy, to be killed.
own_brokers() {
	BROKER_DIR=$WORK/broker
	finish_hooks+=(end_brokers)
	"$BROKER" up "$BROKER_DIR" --brokers "$@"
	DIRECT=$(cat "$BROKER_DIR/bootstrap")
	ONCED_BROKERS=$DIRECT
}
end_brokers() { "$BROKER" down "$BROKER_DIR"; }

# put: records from stdin, as lines of tests/load/put.
put() { "$TOOLS/put" -b "$DIRECT" -t "$in"; }

# simple NAME [PARTITIONS]: `use`, with one worker and a short session.
simple() {
	use "$1" "${2:-2}"
	sed -i 's/^workers: .*/workers: 1/' "$WORK/pipelines/$name.yaml"
	configure a "session.timeout.ms: 6000"
}

# window SECONDS RATE: a window that ends during the scenario. `paced` are the options of a load
# whose far repeats fall on both sides of its edge.
window() {
	within=$1
	sed -i "s/within: 24h/within: ${1}s/" "$WORK/pipelines/$name.yaml"
	grep -q "within: ${1}s" "$WORK/pipelines/$name.yaml" || fail "the window is not $1 s"
	paced=(--rate "$2" --far $(($1 * $2)))
}

# commit_when RULE: the pipeline's `commit:`; changes nothing of its state.
commit_when() {
	sed -i '/^commit: /d; $ a commit: {'"$1"'}' "$WORK/pipelines/$name.yaml"
}

# warm NAME [PARTITIONS]: `simple`, and a first life that commits something, so that the next one
# begins with records and not with a first start's metadata.
warm() {
	rm -f "$WORK"/pipelines/*
	simple "$@"
	load -n 1000 --seed "$SEED"
	start a
	drained a
	stop a
}

# dies_at INSTANCE [SECONDS]: it ends by the SIGKILL of its failpoint, and nothing else.
dies_at() {
	ends_with 137 "$1" "${2:-60}"
	grep -q '^onced: failpoint ' "$log" || fail "onced $1 was killed, but not by its failpoint"
}

fds() { find "/proc/${pids[$1]}/fd" -mindepth 1 | wc -l; }
anon() { awk '/^RssAnon/ { print $2 }' "/proc/${pids[$1]}/status"; } # KiB
# note_size INSTANCE: at_rest looks whether it has grown since. A few descriptors come and go with
# connections; what queues and overlay keep after a backlog (40 MB were seen) is below the 100 MB.
note_size() { fds_noted=$(fds "$1") anon_noted=$(anon "$1"); }
fds_same() { [ "$(fds "$1")" -le $((fds_noted + 8)) ]; }
at_rest() { # INSTANCE: at lag 0
	wait_until 30 "no more descriptors than before" fds_same "$1"
	say "$1: descriptors $fds_noted, then $(fds "$1");" \
		"memory $anon_noted KiB, then $(anon "$1")"
	[ "$(anon "$1")" -le $((anon_noted + 102400)) ] || fail "the memory of $1 has grown"
	idle "$1"
}

# The end of a scenario, past the proxy.
judge_all() { # [CHECK_OPTIONS]
	ONCED_BROKERS=$DIRECT judge "$@"
	[ -z "${within:-}" ] || [ "$(field renewed)" -gt 0 ] || fail "no window has ended: $result"
	say "$result"
	say "$state_result"
}

# must_find FINDING...: without a defence the check has to find it. A shell word a|b: either.
must_find() {
	! ONCED_BROKERS=$DIRECT check --complete ||
		fail "nothing was found, though the defence was off: the scenario shows nothing"
	local one
	for one in ${1//|/ }; do
		if [ "$(field "$one")" -gt 0 ] 2>/dev/null; then
			say "without the defence: $one=$(field "$one")"
			return
		fi
	done
	cat "$WORK/judged" >&2
	fail "found something else than $1: $result"
}

# drain_and_judge INSTANCE [SECONDS]
drain_and_judge() {
	drained "$1" "${2:-90}"
	[ -z "${fds_noted:-}" ] || at_rest "$1"
	stop "$1"
	judge_all --complete
}

proxy clear
