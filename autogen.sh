#!/bin/sh
# Makes ./configure out of configure.ac. Nothing that it writes is committed.
set -eu
cd "$(dirname "$0")"
for tool in autoconf aclocal pkg-config; do
	command -v "$tool" >/dev/null || {
		echo "autogen.sh: no $tool: run 'make deps' as root ('make packages' lists all)" >&2
		exit 1
	}
done
aclocal
autoconf
