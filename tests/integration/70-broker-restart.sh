#!/bin/bash
# The broker is restarted in the middle of the work, once in order and once by kill -9.
. "$(dirname "$0")/lib.sh"

BROKER_DIR=$WORK/broker
end_broker() { "$BROKER" down "$BROKER_DIR"; }
finish_hooks+=(end_broker)
"$BROKER" up "$BROKER_DIR"
ONCED_BROKERS=$(cat "$BROKER_DIR/bootstrap")
use restart 4
configure a
load -n 60000 --seed 70
load -n 40000 --seed 70 --start-index 60000 --rate 4000 &
loader=$!
start a
reaches 10000 a
"$BROKER" restart "$BROKER_DIR"
reaches 30000 a 90
"$BROKER" kill "$BROKER_DIR"
"$BROKER" restart "$BROKER_DIR"
wait "$loader" || fail "the load ended early"
drained a 120
stop a
verify a
judge --complete
