#!/bin/bash
# Matrix row 23: an idle daemon's transactional id and producer id expire at the broker. The next
# transaction is refused; it recovers with new ids.
# Holes: none of the protocol; the error kind UNKNOWN.
. "$(dirname "$0")/lib.sh"

own_brokers 1 --config transactional.id.expiration.ms=3000 \
	--config transaction.remove.expired.transaction.cleanup.interval.ms=500 \
	--config producer.id.expiration.ms=3000 \
	--config producer.id.expiration.check.interval.ms=500
simple expired 2
load -n 1000 --seed "$SEED"
start a
drained a
id_expired() { admin transactions "$group/" >"$WORK/ids" && [ ! -s "$WORK/ids" ]; }
for next in 1000 2000; do
	wait_until 60 "the transactional id expired" id_expired
	load -n 1000 --seed "$SEED" --start-index $next
	drained a
done
ids_expire=1 drain_and_judge a # also the last one, perhaps
