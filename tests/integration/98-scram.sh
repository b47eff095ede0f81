#!/bin/bash
# The example pipeline over TLS with SCRAM-SHA-512; its user is deleted while it runs, and made
# again: onced waits for it and goes on. With the last Kafka that takes the SCRAM of an old
# librdkafka, where it is one; with the pinned one else.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/secure.sh"

user() {
	"$BROKER" tool "$BROKER_DIR" configs --entity-type users --entity-name onced --alter "$@"
}

if scram_is_old; then secure_up 3.8.0; else secure_up; fi
run_over SCRAM-SHA-512 981

use revoked 2
grant billing 1
configure_secure billing SCRAM-SHA-512
load -n 3000 --seed 982
start billing
drained billing
user --delete-config SCRAM-SHA-512 >/dev/null
"$BROKER" restart "$BROKER_DIR" # ends the sessions that the user still has
load -n 3000 --start-index 3000 --seed 982
wait_until 90 "the reason in the log" logged 'the login is refused by'
running "${pids[billing]}" || fail "onced ended because its user was deleted"
user --add-config "SCRAM-SHA-512=[password=$(cat "$secret/scram")]" >/dev/null
drained billing 120
stop billing
judge --complete
no_secrets
