#!/bin/bash
# A result that the broker refuses for its size becomes a dead letter, which no model can foresee:
# `onced verify` tells it from a lost record, with lineage and without.
. "$(dirname "$0")/lib.sh"

configure a
for lineage in false true; do
	name=refused-$lineage in=$name clean=$name.clean big=$name.big dead=$name.dead group=$name
	"$BROKER" topic "$BROKER_DIR" "$in" 1 -- "$clean" 1 max.message.bytes=20000 \
		-- "$big" 1 -- "$dead" 1
	mkdir -p "$WORK/pipelines"
	sed "s/payments/$name/g" "$source_dir/examples/payments.yaml" >"$WORK/pipelines/$name.yaml"
	printf 'lineage: %s\n' $lineage >>"$WORK/pipelines/$name.yaml"
	load -n 20 --seed 87
	python3 -c 'print("{\"id\":\"huge\",\"type\":\"payment\",\"amount\":1,\"account\":\"a\"," +
		"\"seq\":1000000,\"memo\":\"" + "x" * 30000 + "\"}")' |
		"$BROKER" tool "$BROKER_DIR" console-producer --topic "$in" >"$WORK/tool" 2>&1
	load -n 20 --seed 87 --start-index 20
	start a
	drained a 120
	stop a
	"$ONCED" verify -c "$WORK/a.yaml" --json "$name" >"$WORK/verified" ||
		fail "verify: $(cat "$WORK/verified")"
	grep -q '"refused":1,' "$WORK/verified" ||
		fail "nothing was refused: $(cat "$WORK/verified")"
	rm "$WORK/pipelines/$name.yaml"
done
