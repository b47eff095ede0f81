#!/bin/bash
# The broker contract, which the in-memory fake passes too, against a real Kafka. Then without two
# defences: the look at the membership (offsets of no member are taken, as the group is empty,
# though they bear an instance id: hole H3), and the wait for a stop (librdkafka aborts the
# process). And the store's contract, which check_store holds LMDB to, without the owner number of a
# checkpoint (H13).
set -eu
"${ONCED%/*}/obj/tests/integration/check_broker"
CK_EXCLUDE_TAGS=slow ONCED_WITHOUT=ownership,stopped \
	"${ONCED_FP%/*}/obj/tests/integration/check_broker" >"$WORK/without" || true
ONCED_WITHOUT=owner "${ONCED_FP%/*}/obj/tests/unit/check_store" >>"$WORK/without" || true
found() {
	! grep -q "$1" "$WORK/without" || return 0
	cat "$WORK/without"
	echo "FAILED: nothing was found, though the defence was off: this shows nothing"
	exit 1
}
found ':F:.*:offsets_of_no_member_are_not_sent:.* == -1.* failed: .* == 0'
found ':E:.*:an_assignment_may_follow_another_at_once:.* signal 6'
found ':F:.*:older_owner_is_refused_and_thinks_it_is_done:'
