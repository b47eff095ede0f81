#!/bin/bash
# `onced verify` on a real Kafka: ok while the daemon runs under load; the same with a little memory
# as with much; each way to tamper with the outputs is found, with coordinates; another definition
# and deleted outputs are not checkable. With lineage and without.
. "$(dirname "$0")/lib.sh"

audit() { # EXIT [OPTION...]: the JSON is in $WORK/verified
	local wanted=$1 code=0
	shift
	"$ONCED" verify -c "$WORK/a.yaml" --json "$@" "$name" >"$WORK/verified" 2>"$WORK/why" ||
		code=$?
	[ $code = "$wanted" ] || fail "verify: $code: $(cat "$WORK/verified" "$WORK/why")"
}
says() { # KEY=VALUE...: "a.b=3", as it is in the JSON
	python3 - "$WORK/verified" "$@" <<'PY' || fail "verify: $(cat "$WORK/verified")"
import json, sys
said = json.load(open(sys.argv[1]))
for pair in sys.argv[2:]:
    path, wanted = pair.split("=", 1)
    value = said
    for key in path.split("."):
        value = value[int(key)] if isinstance(value, list) else value[key]
    if str(value) != wanted:
        sys.exit(f"{path} is {value}, not {wanted}")
PY
}
none() { says missing=0 repeated=0 altered=0 unexpected=0 disordered=0; }
tool() { "$BROKER" tool "$BROKER_DIR" "$@" >"$WORK/tool" 2>&1 || fail "$(cat "$WORK/tool")"; }
write() { # TOPIC: a line of name:value,...<tab>key<tab>value each from stdin
	tool console-producer --topic "$1" --property parse.key=true \
		--property parse.headers=true
}
# The last record of a topic, in that form.
last_of() {
	"$TOOLS/dump" -b "$ONCED_BROKERS" -g "$group" -i "$in" -t "$1" |
		awk -F'\t' -v topic="$1" '
			$1 == "R" && $2 == topic { headers = $8; key = $6; value = $7 }
			END { gsub("=", ":", headers); print headers FS key FS value }'
}

for lineage in false true; do
	use "audit-$lineage" 3
	printf 'lineage: %s\n' $lineage >>"$WORK/pipelines/$name.yaml"
	configure a
	load -n 20000 --seed 86 --far 3000 --rate 4000 &
	loader=$!
	start a
	for sum in 2000 6000 10000; do
		reaches $sum a
		audit 0
		none
	done
	wait "$loader" || fail "the load ended early"
	drained a
	stop a

	audit 0
	none
	says ok=True result=ok "order_checked=${lineage^}" records.in=20000 schema=1
	cp "$WORK/verified" "$WORK/much"
	audit 0 --memory 1M
	cmp "$WORK/much" "$WORK/verified" || fail "with a little memory it says something else"

	# A result once more.
	last_of "$clean" >"$WORK/record"
	write "$clean" <"$WORK/record"
	audit 1
	says result=found missing=0 repeated=1 altered=0 unexpected=0 \
		examples.0.kind=repeated "examples.0.topic=$clean"

	# Something of another program's.
	printf 'by:hand\tkey\tvalue\n' | write "$clean"
	audit 1
	if $lineage; then
		says repeated=1 unexpected=0 records.foreign=1
	else
		says repeated=1 unexpected=1
	fi

	# What claims to come from where nothing was processed yet, and a dead letter of nothing.
	printf 'onced.source:%s/0/999999/0\tkey\tvalue\n' "$in" | write "$big"
	printf '%s,onced.error.topic:%s,onced.error.partition:0,onced.error.offset:0\tk\tv\n' \
		"onced.error.reason:no,onced.error.step:map" "$in" | write "$dead"
	audit 1
	if $lineage; then
		says repeated=1 unexpected=2
	else
		says repeated=1 unexpected=3
	fi
	cp "$WORK/verified" "$WORK/much"
	audit 1 --memory 1M
	cmp "$WORK/much" "$WORK/verified" || fail "with a little memory it says something else"

	# Another definition behind dedup: every result is another one.
	cp "$WORK/pipelines/$name.yaml" "$WORK/kept"
	sed -i 's/{source: $topic}/{source: "\\"x\\""}/' "$WORK/pipelines/$name.yaml"
	cmp -s "$WORK/kept" "$WORK/pipelines/$name.yaml" && fail "the definition is unchanged"
	audit 1
	if $lineage; then
		says missing=0 && grep -Eq '"altered":[1-9][0-9]{3}' "$WORK/verified" ||
			fail "not altered: $(cat "$WORK/verified")"
	else
		grep -Eq '"missing":[1-9][0-9]{3}' "$WORK/verified" || fail "nothing missing"
	fi

	# Another definition up to dedup: nobody can tell.
	sed 's/within: 24h/within: 12h/' "$WORK/kept" >"$WORK/pipelines/$name.yaml"
	audit 1
	none || true
	grep -q 'the definition has changed' "$WORK/verified" || fail "$(cat "$WORK/verified")"
	says missing=0 repeated=0 altered=0
	cp "$WORK/kept" "$WORK/pipelines/$name.yaml"

	# Outputs deleted: what is gone may have been there. Input: what is there may be of it.
	delete_records "$clean" 200
	audit 1
	says missing=0
	grep -Eq '"not_checkable":\{"missing":[1-9]' "$WORK/verified" ||
		fail "deleted outputs are not told: $(cat "$WORK/verified")"
	delete_records "$in" 200
	audit 1
	says missing=0
	grep -Eq '"not_checkable":\{"missing":[1-9][0-9]*,"found":[1-9]' "$WORK/verified" ||
		fail "deleted input is not told: $(cat "$WORK/verified")"
	grep -q 'input from 0 to 200 is deleted' "$WORK/verified" ||
		fail "it does not say why: $(cat "$WORK/verified")"
	rm "$WORK/pipelines/$name.yaml"
done
