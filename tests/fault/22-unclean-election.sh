#!/bin/bash
# Matrix row 22: the only broker that has the newest records of the input is lost, and one that
# lags behind is made leader (unclean.leader.election.enable, min.insync.replicas=1): the log is now
# shorter than C. Both a daemon that runs and one that starts find it and stop with 65, the reason,
# and the command that settles it; after that they go on with what the log then has: nothing lost
# of it, nothing repeated.
# Holes: H9.
. "$(dirname "$0")/lib.sh"

# The input on brokers 1 and 2, the rest as usual. Broker 3 has all that must survive twice.
begin() { # NAME
	simple "$1" 1
	"$BROKER" untopic "$BROKER_DIR" "$in"
	"$BROKER" tool "$BROKER_DIR" topics --create --topic "$in" --replica-assignment 1:2 \
		--config min.insync.replicas=1 --config unclean.leader.election.enable=true \
		>"$WORK/tool"
}
end_of_log() { offsets show 2>/dev/null | sed -n 's/^sum=.* end=\([0-9]*\) .*/\1/p'; }
led_again() { [ "$(end_of_log)" = 3000 ]; }

lose() { # [INSTANCE]: the newest records, while it runs, or while it is stopped
	load -n 3000 --seed "$SEED"
	start a
	drained a
	"$BROKER" kill "$BROKER_DIR" 2
	load -n 3000 --seed "$SEED" --start-index 3000
	drained a 120
	[ -n "${1:-}" ] || stop a
	"$BROKER" kill "$BROKER_DIR" 1
	BROKER_COUNT=2 "$BROKER" restart "$BROKER_DIR" 2
	wait_until 60 "the election of the broker that lags" led_again
}
settled() {
	ends_with 65 a 120
	logged "stopped \(65\): $in/0: the committed offset lies beyond the end of the log" ||
		fail "the log does not say why"
	logged 'offsets reset' || fail "the log does not name the command"
	"$BROKER" restart "$BROKER_DIR" 1
	[ "$(committed)" = 6000 ] || fail "C is $(committed): somebody has moved it"
	reset_done() {
		"$ONCED" offsets reset -c "$WORK/a.yaml" "$name" --to latest --rebuild --yes \
			>"$WORK/reset" 2>&1
	}
	wait_until 60 "offsets reset" reset_done
	load -n 2000 --seed "$SEED" --start-index 6000
	start a
	drained a 120
	stop a
	# What the brokers have lost has results that nothing in the log gives, and that is all.
	! ONCED_BROKERS=$DIRECT check || fail "the brokers have lost nothing: nothing is shown"
	[ "$(field lost) $(field repeated) $(field altered) $(field disorder)" = "0 0 0 0" ] ||
		{ cat "$WORK/judged" >&2; fail "$result"; }
	say "$result"
}

own_brokers 3
begin unclean
lose
start a
settled

rm -rf "$WORK/state.a" "$WORK"/pipelines/*
begin unclean-running
lose a
settled
