#!/bin/bash
# A pipeline whose list of topics changes while its group remembers the last one: a static member
# that comes back within its session is given what it had, whatever it subscribes to now. A topic
# or a partition that was added is read all the same, and one that was taken out ends nothing.
. "$(dirname "$0")/lib.sh"

"$BROKER" topic "$BROKER_DIR" one 2 -- two 2 -- three 2 -- all 1
mkdir "$WORK/pipelines"
configure a
name=topics group=topics
pipeline() { # TOPICS
	printf 'pipeline: topics\nworkers: 2\nfrom: {topics: %s, group: topics}\n' "$1" \
		>"$WORK/pipelines/topics.yaml"
	printf 'to: [{topic: all}]\n' >>"$WORK/pipelines/topics.yaml"
}
reads() { # TOPIC: five more records of it are committed
	in=$1
	local before
	before=$(committed)
	load -n 5 --seed 77
	reaches $((before + 5)) a 60
}
topics() { # TOPICS: by a restart within the session
	stop a
	pipeline "$1"
	start a
}

pipeline '[one, two]'
start a
reads one
reads two

say "  a topic is added"
topics '[one, two, three]'
reads one
reads three

say "  one is taken out"
topics '[one, three]'
reads one
reads three

say "  partitions are added while all members are away, within their session"
in=one
drained a
stop a
"$BROKER" tool "$BROKER_DIR" topics --alter --topic one --partitions 5 >"$WORK/tool" 2>&1 ||
	fail "alter: $(cat "$WORK/tool")"
load -n 100 --seed 77
start a
drained a

say "  by a reload"
pipeline '[two, three]'
"$ONCED" reload -c "$WORK/a.yaml" >"$WORK/said" 2>&1 || fail "reload: $(cat "$WORK/said")"
reads two
reads three
stop a
