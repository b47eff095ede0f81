# secure: what the scripts with a broker of TLS, SASL and ACLs share. Sourced after lib.sh, whose
# tools go on using the plain listener, where everyone may do everything; onced never does.
# shellcheck shell=bash disable=SC2154

# secure_up [KAFKA_VERSION]: a broker of this script's own
secure_up() {
	export KAFKA_VERSION=${1:-}
	BROKER_DIR=$WORK/broker${1:-}
	"$BROKER" up "$BROKER_DIR" --secure
	ONCED_BROKERS=$(cat "$BROKER_DIR/bootstrap")
	export ONCED_BROKERS
	secret=$BROKER_DIR/secret
	finish_hooks+=(secure_down)
}
secure_down() {
	local dir
	for dir in "$WORK"/broker*; do "$BROKER" down "$dir"; done
}

# configure_secure INSTANCE mtls|PLAIN|SCRAM-SHA-512 [KAFKA_PROPERTY: VALUE...]: the properties
# given take the place of the right ones.
configure_secure() {
	local instance=$1 how=$2 lines=("ssl.ca.location: $secret/ca.pem") listener=sasl_ssl line
	shift 2
	if [ "$how" = mtls ]; then
		listener=ssl
		lines+=("ssl.certificate.location: $secret/client.pem"
			"ssl.key.location: $secret/client.key")
	else
		line=$secret/plain
		[ "$how" = PLAIN ] || line=$secret/scram
		lines+=("sasl.mechanism: $how" "sasl.username: onced"
			"sasl.password: \${file:$line}")
	fi
	configure "$instance" "security.protocol: $listener" "${lines[@]}"
	sed -i "s|bootstrap.servers: .*|bootstrap.servers: $(cat "$BROKER_DIR/$listener")|" \
		"$WORK/$instance.yaml"
	for line; do
		sed -i "/^  ${line%%:*}:/d" "$WORK/$instance.yaml"
		[ -z "${line#*: }" ] || printf '  %s\n' "$line" >>"$WORK/$instance.yaml"
	done
}

# rights N INSTANCE: the rights of the document's Nth table, TYPE NAME OPERATION a line, for the
# pipeline $name.
rights() {
	awk -v want="$1" '/^\| resource /{n++} /^\| (topic|group|transactional-id) / && n == want' \
		"$source_dir/docs/security.md" | tr -d '|' | awk '{ print $1, $2, $3 }' |
		sed "s/payments/$name/g; s/billing-1/$2/"
}

acl() { "$BROKER" acl "$BROKER_DIR" "$@"; }

grant() { # INSTANCE TABLE...
	local instance=$1 table type what operation
	shift
	for table; do
		while read -r type what operation; do
			acl add "$type" "$what" "$operation"
		done < <(rights "$table" "$instance")
	done
}

# run_over HOW SEED: the pipeline of topics of its own, from start to end, with the rights of the
# document and no more; librdkafka tells all that it can.
run_over() {
	use "over-$1" 2
	configure_secure billing "$1" "debug: broker,security,conf"
	sed -i '1i log_level: debug' "$WORK/billing.yaml"
	grant billing 1 2
	load -n 3000 --seed "$2"
	start billing
	drained billing
	stop billing
	verify billing >/dev/null
	judge --complete
	"$ONCED" check -v -c "$WORK/billing.yaml" >"$WORK/check.$1.log" 2>&1 ||
		fail "check does not take it"
	rm "$WORK/pipelines/$name.yaml"
}

# librdkafka before 2.6.1 cannot do SCRAM with Kafka after 3.8.0
scram_is_old() {
	local version
	version=$("$ONCED" version | sed -n 's/^librdkafka //p')
	[ "$(printf '%s\n' "$version" 2.6.1 | sort -V | head -n 1)" != 2.6.1 ]
}

# No log holds a password, or the line in the middle of a key.
no_secrets() {
	local file
	for file in "$secret"/plain "$secret"/scram "$WORK"/wrong*; do
		[ ! -e "$file" ] || ! grep -lF -- "$(cat "$file")" "$WORK"/*.log ||
			fail "a log holds the password in $file"
	done
	for file in "$secret"/*.key; do
		! grep -lF -- "$(sed -n 5p "$file")" "$WORK"/*.log ||
			fail "a log holds the key in $file"
	done
	grep -q 'debug: librdkafka: ' "$WORK"/billing.1.log ||
		fail "nothing of librdkafka's is in the log: this looks at nothing"
}
