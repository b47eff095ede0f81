#!/bin/bash
# The units as they are installed: systemd finds nothing to say about them, their exposure is at
# most 1.0, the manual pages that they name exist, and to have no pipeline is no failure.
. "$(dirname "$0")/lib.sh"

place /etc/onced/unit.yaml <<<'state_dir: /var/lib/onced@unit'
for unit in onced onced@unit; do
	said=$(box systemd-analyze verify "$unit.service" 2>&1) || fail "verify: $said"
	[ -z "$said" ] || fail "verify: $said"
	box systemd-analyze security --threshold=10 "$unit.service" >"$WORK/security" || {
		grep '✗\|→' "$WORK/security" >&2
		fail "$unit.service is exposed more than 1.0"
	}
done
# that verify and the threshold can fail
box sh -ec 'sed "s/^Restart=.*/Restart=perhaps/; s/^PrivateUsers=.*//" \
	/usr/local/lib/systemd/system/onced.service >/run/systemd/system/worse.service'
said=$(box systemd-analyze verify worse.service 2>&1) || true
grep -q perhaps <<<"$said" || fail "verify says nothing of a wrong unit: $said"
! box systemd-analyze security --threshold=10 worse.service >"$WORK/security" ||
	fail "the threshold passes everything"

# without a pipeline: not started, not failed
unit=onced
box systemctl start onced || fail_unit "a start without pipelines fails"
is ActiveState inactive || fail_unit "it runs without a pipeline"
is ConditionResult no || fail_unit "no condition kept it from starting"

# an instance whose main file is missing fails: somebody named it
unit=onced@nothere
! box systemctl start "$unit" 2>"$WORK/start" || fail_unit "it starts without its main file"
box systemctl status --no-pager "$unit" >"$WORK/status" || true
grep -q '/etc/onced/nothere.yaml' "$WORK/status" || fail_unit "the status does not name the file"

# completion: commands, options, pipelines
place /etc/onced/pipelines/completed.yaml.off <<<'pipeline: completed'
complete_words() {
	box bash -c '. /usr/share/bash-completion/bash_completion
		. /usr/local/share/bash-completion/completions/onced
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		_onced; printf "%s\n" "${COMPREPLY[@]}"' complete "$@"
}
grep -qx verify <<<"$(complete_words onced ver)" || fail "no completion of commands"
grep -qx -- --json <<<"$(complete_words onced verify --j)" || fail "no completion of options"
grep -qx accept <<<"$(complete_words onced offsets acc)" || fail "no completion of offsets' words"
