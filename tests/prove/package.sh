#!/bin/bash
# The built package in a clean Debian, as its operator meets it: install, edit, start, produce, see
# the output, kill -9, upgrade and downgrade with the state kept, remove, install again, purge with
# nothing left.
BOX=$(dirname "$0")/../systemd/box
export BOX BOX_NAME=p$$ BOX_OWNER=$$ BOX_ROOT=clean BOX_BIND=
. "$(dirname "$0")/../systemd/lib.sh"
take_down() { "$BOX" down; }
finish_hooks+=(take_down)
state=/var/lib/onced/package

say "the package is built, and lintian finds nothing"
if [ -z "${DEB:-}" ]; then # DEB=/path/onced_0.0.1_amd64.deb: one that is built already
	"$source_dir/packaging/deb" "$WORK" 0.0.1 >"$WORK/built"
	DEB=$(cat "$WORK/built")
fi
deb=$DEB
lintian --pedantic --display-info --fail-on error,warning,info "${deb%.deb}.changes" \
	2>"$WORK/lintian.log" || fail "lintian found something"
dpkg-deb -R "$deb" "$WORK/next"
sed -i 's/^Version: .*/Version: 0.0.2/' "$WORK/next/DEBIAN/control"
next=$WORK/onced_0.0.2.deb
dpkg-deb -b "$WORK/next" "$next" >/dev/null

"$BOX" up
"$BOX" put "$deb" "$next"
apt() {
	box apt-get -q -y --no-install-recommends "$@" >"$WORK/apt" 2>&1 ||
		fail "$(cat "$WORK/apt")"
}
install() { apt install "/root/$(basename "$1")"; }

say "install: no pipeline yet, so it waits for one"
install "$deb"
is UnitFileState enabled || fail_unit "it is not enabled"
box systemctl start onced || fail_unit "a start without a pipeline fails"
is ActiveState inactive || fail_unit "it runs without a pipeline"
box onced check >"$WORK/check" 2>&1 || true
box man -w onced onced.yaml >/dev/null || fail "the manual pages are not found"
[ "$(box dpkg-query -W -f '${Status}' onced)" = "install ok installed" ] || fail "not installed"

say "edit, start, produce"
use package 4
box sed -i "s|^#kafka:|kafka:|; s|^#  bootstrap.servers: .*|  bootstrap.servers: $ONCED_BROKERS|
	s|^#instance: .*|instance: clean|" /etc/onced/onced.yaml
place /etc/onced/pipelines/package.yaml <"$WORK/pipelines/package.yaml"
box onced check || fail "the edited files are wrong"
box onced test >"$WORK/test" || fail "the pipeline's tests fail"
load -n 20000 --seed 60
box systemctl start onced || fail_unit "it does not start"
drained_unit
judge --complete
say "$result"

say "kill -9"
load -n 20000 --seed 60 --start-index 20000
box systemctl kill -s KILL onced
wait_until 30 "the restart" is NRestarts 1
wait_until 60 "a start after the kill" is ActiveState active
drained_unit

[ -n "$(box journalctl --list-catalog --no-pager | grep -i ' onced: ')" ] ||
	fail "the catalog is not installed"

say "upgrade: the state and the edited conffile are kept"
file=$(box stat -c '%i %U' "$state/data.mdb")
pid=$(show MainPID)
load -n 5000 --seed 60 --start-index 40000
install "$next"
another_pid() { [ "$(show MainPID)" != "$pid" ] && is ActiveState active; }
wait_until 90 "the new version's start" another_pid
[ "$(box stat -c '%i %U' "$state/data.mdb")" = "$file" ] || fail "the state is another"
box grep -q "$ONCED_BROKERS" /etc/onced/onced.yaml || fail "the edited conffile is gone"
load -n 5000 --seed 60 --start-index 45000
drained_unit
! journal_says 'rebuild' || fail_unit "the state was rebuilt"
box onced verify package || fail "onced verify found something"

say "downgrade: the same"
pid=$(show MainPID)
apt install --allow-downgrades "/root/$(basename "$deb")"
wait_until 90 "the old version's start" another_pid
[ "$(box dpkg-query -W -f '${Version}' onced)" = 0.0.1 ] || fail "not the old version"
[ "$(box stat -c '%i %U' "$state/data.mdb")" = "$file" ] || fail "the state is another"
load -n 5000 --seed 60 --start-index 50000
drained_unit
! journal_says 'rebuild' || fail_unit "the state was rebuilt"

say "remove: stopped; configuration and state stay"
apt remove onced
! box sh -c 'ls /usr/bin/onced /lib/systemd/system/onced* 2>/dev/null' || fail "not removed"
[ -z "$(box sh -c 'grep -ls "^Name:	onced$" /proc/[0-9]*/status')" ] || fail "it runs on"
[ "$(box stat -c '%i %U' "$state/data.mdb")" = "$file" ] || fail "the state is gone"
box test -s /etc/onced/pipelines/package.yaml || fail "the pipeline is gone"

say "install again: goes on where it was"
install "$next"
load -n 5000 --seed 60 --start-index 55000
box systemctl start onced || fail_unit "it does not start"
drained_unit
judge --complete
say "$result"

say "purge: nothing is left but the user"
apt purge onced
left=$(box find / -xdev \( -path /proc -o -path /sys -o -path /root -o -path /run \) -prune -o \
	-name '*onced*' -print; box sh -c 'ls -d /run/onced*' 2>/dev/null || true)
[ -z "$left" ] || fail "purge leaves: $left"
is LoadState not-found || fail "systemd still knows the unit"
[ -n "$(box getent passwd onced)" ] || fail "the user is gone"
