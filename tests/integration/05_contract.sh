#!/bin/bash
# The broker contract, which the in-memory fake passes too, against a real Kafka.
set -eu
exec "${ONCED%/*}/obj/tests/integration/check_broker"
