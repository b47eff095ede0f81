#!/bin/bash
# Reload of pipelines that read a journal, while a unit writes numbered entries. One is changed
# again and again, after its dedup and before it, wrongly, and to other entries; one beside it
# never; one comes, goes and comes again. Every number is in each output once, in order. And `check
# --online` of such pipelines. In a box of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journal.sh"
journal_box
"$BROKER" topic "$BROKER_DIR" sd64 1 -- sd64-still 1 -- sd64-guest 1
mkdir -p "$WORK/pipelines"
# pipeline NAME [LINE...]: more steps; identifier and prefix are what its source and filter ask for.
pipeline() {
	{
		cat <<-END
			pipeline: $1
			from: {journal: {match: {SYSLOG_IDENTIFIER: ${identifier:-writer}}}}
			steps:
			  - filter: .MESSAGE | startswith("${prefix:-n=}")
			  - dedup: {id: .MESSAGE, within: 1h}
		END
		printf '%s\n' "${@:2}" "to: [{topic: $1}]"
	} >"$WORK/pipelines/$1.yaml"
	place "/etc/onced/sd64/$1.yaml" <"$WORK/pipelines/$1.yaml"
}
pipeline sd64
pipeline sd64-still
instance sd64
drop_in "${journal_drop_in[@]}"
reload() { # EXIT_CODE PATTERN...
	local code=0 expected=$1 pattern
	shift
	box onced reload -c /etc/onced/sd64.yaml >"$WORK/said" 2>&1 || code=$?
	for pattern; do
		grep -Eq -- "$pattern" "$WORK/said" ||
			fail_unit "'$pattern' is not in: $(cat "$WORK/said")"
	done
	[ $code = "$expected" ] || fail_unit "reload: $code, not $expected: $(cat "$WORK/said")"
}
read_on() { # NAME: in its output are entries that were not written yet
	local out=$1 was
	was=$(numbers | tail -n 1)
	more() { [ "$(numbers | tail -n 1)" -gt "${was:-0}" ]; }
	wait_until 60 "more in $1" more
}
of() { group=onced.$1.$machine out=$1; }

as_onced check --online -v -c /etc/onced/sd64.yaml >"$WORK/online" 2>&1 ||
	fail "check --online: $(cat "$WORK/online")"
for right in "READ on group onced.sd64.$machine: yes" 'WRITE on topic sd64: yes' \
	'READ on topic sd64: yes' "WRITE on transactional id onced.sd64.$machine/journal: yes" \
	'^sd64-still: online: 0 rights missing, 0 other problems'; do
	grep -q -- "$right" "$WORK/online" || fail "no '$right' in: $(cat "$WORK/online")"
done

write 1 1000000 & # until it is stopped
box systemctl start "$unit" || fail_unit "it does not start"
of sd64
read_on sd64
for i in 1 2 3; do # what stands after dedup
	pipeline sd64 "  - headers: {set: {round: '\"$i\"'}}"
	reload 0 '^sd64: changed .*goes on with its state' '^sd64-still: unchanged'
	read_on sd64
done
prefix=n # the same entries by another expression
pipeline sd64
reload 0 '^sd64: changed .*its state is rebuilt by replay' '^sd64-still: unchanged'
prefix=
read_on sd64
pipeline sd64 '  - filter: )'
reload 78 'sd64.yaml:[0-9]+:[0-9]+: '
read_on sd64

# other entries, after which nothing would be known of the ids: it stops, the other goes on
identifier='[writer, other]' prefix=n
box logger -t other 'not for us'
read_on sd64
pipeline sd64
reload 65 '^sd64: stopped .65.*is not the one that was processed' '^sd64-still: unchanged'
read_on sd64-still
identifier=
pipeline sd64
reload 0 '^sd64: '
read_on sd64

# one that comes, goes, and comes again
prefix=
pipeline sd64-guest
reload 0 '^sd64-guest: added'
of sd64-guest
read_on sd64-guest
box rm /etc/onced/sd64/sd64-guest.yaml
reload 0 '^sd64-guest: removed'
end=$(numbers | tail -n 1)
of sd64
read_on sd64
of sd64-guest
last "$end" || fail_unit "a pipeline that was removed goes on"
pipeline sd64-guest
reload 0 '^sd64-guest: added'

box systemctl stop writer
end=$(box journalctl -q -u writer -o cat --no-pager | sed -n 's/^n=//p' | tail -n 1)
is NRestarts 0 || fail_unit "it was restarted"
starts() { box journalctl -q ONCED_PIPELINE=sd64-still -o cat | grep -Ec '^(live|replay|rebuild)'; }
[ "$(starts)" = 1 ] ||
	fail_unit "the one that was not changed has noticed it"
for name in sd64 sd64-still sd64-guest; do
	of $name
	wait_until 60 "the last entry in $name" last "$end"
	numbers >"$WORK/numbers"
	seq 1 "$end" | cmp - "$WORK/numbers" || fail_unit "$name: not every number once, in order"
done
box systemctl stop "$unit"
for name in sd64-still sd64-guest; do # the model of the audit is one definition
	as_onced verify -c /etc/onced/sd64.yaml $name >"$WORK/verify" 2>&1 ||
		fail_unit "verify: $(cat "$WORK/verify")"
done
