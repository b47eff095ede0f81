#!/bin/bash
# The example pipeline over TLS with a client certificate, and over TLS with PLAIN. Refused
# credentials at the start: exit 77 with what to correct. A broker that is starting is no refusal.
# A second process of the same name: exit 76.
# No log holds a secret, also with what librdkafka tells about its connections.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/secure.sh"

# refused NAME TEXT HOW [PROPERTY: VALUE]...: started together, each ends with 77 and says TEXT
declare -A expected=()
refused() {
	local instance=$1
	expected[$1]=$2
	shift 2
	configure_secure "$instance" "$@"
	start "$instance"
}

secure_up
run_over mtls 961
run_over PLAIN 962

use refusals 2
grant billing 1
password=wrong-$RANDOM$RANDOM
printf %s "$password" >"$WORK/wrong"
refused password 'the login is refused by .*: correct sasl.username' PLAIN \
	"sasl.password: \${file:$WORK/wrong}"
refused user 'the login is refused by .*: correct sasl.username' PLAIN "sasl.username: nobody"
refused ca 'the certificate of .* is not accepted: it is not signed by a CA of ssl.ca.location' \
	PLAIN "ssl.ca.location: $secret/other-ca.pem"
refused host 'the certificate of .*//127.0.0.1:.* does not name this host' PLAIN \
	"bootstrap.servers: 127.0.0.1:$(cut -d: -f2 "$BROKER_DIR/sasl_ssl")"
refused rogue "onced's certificate is refused by .*ssl.certificate.location" mtls \
	"ssl.certificate.location: $secret/rogue.pem" "ssl.key.location: $secret/rogue.key"
refused none "onced's certificate is refused by .*ssl.certificate.location" mtls \
	"ssl.certificate.location: " "ssl.key.location: "
scram_is_old && refused scram 'this librdkafka cannot do SCRAM' SCRAM-SHA-512
for instance in "${!expected[@]}"; do
	ends_with 77 "$instance" 60
	grep -Eq "stopped \(77\): .*${expected[$instance]}" "$WORK/$instance.1.log" ||
		fail "$instance: not said: ${expected[$instance]}"
done
code=0
"$ONCED" check --online -c "$WORK/password.yaml" >"$WORK/online.log" 2>&1 || code=$?
[ $code = 77 ] || fail "check --online with a wrong password ended with $code"

# a broker that is not there yet, or starting, refuses nobody
"$BROKER" kill "$BROKER_DIR"
configure_secure billing mtls
start billing
wait_until 40 "the reason in the log" logged '[Bb]roker|[Cc]onnect'
"$BROKER" restart "$BROKER_DIR"
load -n 3000 --seed 963
drained billing
stop billing
! grep -l 'refused by\|not accepted' "$WORK"/billing.*.log || fail "it felt refused"
judge --complete
rm "$WORK/pipelines/$name.yaml" # of two pipelines each twin can lose one, and neither ends

# who else is in the group is asked by a client of its own, with the same login
use twins 2
configure_secure billing PLAIN "session.timeout.ms: 6000"
sed "s|^state_dir: .*|state_dir: $WORK/state.twin|" "$WORK/billing.yaml" >"$WORK/twin.yaml"
grant billing 1
load -n 3000 --seed 964
start billing
drained billing
start twin
one_ended() { ended "${pids[billing]}" || ended "${pids[twin]}"; }
wait_until 60 "the end of one of the two" one_ended
loser=twin winner=billing
! ended "${pids[billing]}" || loser=billing winner=twin
ends_with 76 $loser 1
drained $winner
stop $winner
judge --complete
no_secrets
