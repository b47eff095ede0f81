#!/bin/bash
# Matrix row 24: records that the broker of an output refuses for their size, alone and several in
# one batch, one at the very end. Each is found by halving the batch, and becomes a dead letter;
# all others come through. Without halving the pipeline would abort the same batch for ever.
# Holes: none of the protocol; the livelock rule.
# quick
. "$(dirname "$0")/lib.sh"

large() { # SEQ PARTITION AMOUNT
	printf '%d\t%d\tk\t{"id":"large-%d","type":"payment",' "$2" "$(date +%s000)" "$1"
	printf '"amount":%s,' "$3"
	printf '"account":"a","seq":%d,"memo":"x{50000}"}\n' "$1"
}
begin() { # NAME
	simple "$1" 2
	"$BROKER" untopic "$BROKER_DIR" "$clean" "$big"
	"$BROKER" topic "$BROKER_DIR" "$clean" 3 max.message.bytes=20000 \
		-- "$big" 1 max.message.bytes=20000
	load -n 2000 --seed "$SEED"
	{ large 900001 0 1.25; large 900002 0 20000; large 900003 1 3; } | put
	load -n 2000 --seed "$SEED" --start-index 2000
	{ large 900004 0 4; large 900005 1 5; } | put
}

begin large-off
commit_when "every: 5s" # all of them in one batch
proxy rule aborts api=EndTxn.abort do=delay count=all
ONCED_WITHOUT=halving start a
proxy wait aborts 3 60
at=$(committed)
proxy wait aborts 8 60
[ "$(committed)" = "$at" ] || fail "it goes on without the halving: nothing is shown"
say "without the defence: aborted again and again, C stays at $at"
kill_hard a
rm -r "$WORK/pipelines" "$WORK/state.a"
proxy clear

begin large
start a
drained a 120
stop a
judge_all --complete --max-bytes 20000
[ "$(field dead)" -ge 5 ] || fail "not all five became dead letters"
