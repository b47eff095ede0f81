#!/bin/bash
# The broker contract, which the in-memory fake passes too, against a real Kafka. Then without the
# look at the membership: offsets of no member are taken, as the group is empty, though they bear an
# instance id (hole H3).
set -eu
"${ONCED%/*}/obj/tests/integration/check_broker"
ONCED_WITHOUT=ownership "${ONCED_FP%/*}/obj/tests/integration/check_broker" >"$WORK/without" || true
grep -q ':F:.*:offsets_of_no_member_are_not_sent:.* == -1.* failed: .* == 0' "$WORK/without" || {
	cat "$WORK/without"
	echo "FAILED: nothing was found, though the defence was off: this shows nothing"
	exit 1
}
