#!/bin/bash
# What single flipped bits do to the state on disk; docs/guarantee.md has the figures. No Kafka.
set -eu
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
"$TOOLS/../prove/flips" 10000
