#!/bin/bash
# The rules of the source that a machine can check; --self-test proves that each can fail.
# Includes: dependencies point one way (base <- port <- core <- config, io <- run, cli <- main; a
# port's header also names the core's plain types), and each library is named in one place only.
# Sizes: 500 lines a file, 70 a function, 100 columns with tabs of 8. Comments: no //.
set -eu
cd "${TIDY_ROOT:-$(dirname "$0")/..}"

layers() { # what the files of each folder of src may include, as patterns of "name"
	case $1 in
	base) echo 'base/' ;;
	port) echo 'base/|port/|core/(record|window|overlay|meta|recover)\.h' ;;
	core) echo 'base/|port/|core/' ;;
	config) echo 'base/|port/|core/|config/' ;;
	io) echo 'base/|port/|core/|io/' ;;
	run) echo 'base/|port/|core/|config/|io/|run/' ;;
	cli) echo 'base/|port/|core/|config/|io/|run/|cli/' ;;
	*) echo '.' ;;
	esac
}

# NAME|the only files that may include it
libraries='librdkafka/|^src/io/kafka_
lmdb.h|^src/io/lmdb_
jq.h|^src/io/expr_
jv.h|^src/io/expr_
simdjson|^src/io/json_check\.cc:
sodium|^src/io/
yaml.h|^src/config/
systemd/|^src/(run/(notify|log)|io/journal_)'

includes() {
	local file layer name allowed
	grep -Hno '^#include *"[^"]*"' "$@" | while IFS=: read -r file line name; do
		name=${name#*\"} name=${name%\"}
		case $file in src/*/*) layer=${file#src/} layer=${layer%%/*} ;; *) continue ;; esac
		[[ $name =~ ^($(layers "$layer")) ]] ||
			echo "$file:$line: src/$layer must not include $name"
		[[ $file != src/run/worker* || $name != io/* ]] ||
			echo "$file:$line: the worker sees ports, not $name"
	done
	while IFS='|' read -r name allowed; do
		grep -Hn "^#include *<$name" "$@" | { grep -Ev "$allowed|^tests/" || true; } |
			sed "s#\$# (only in $allowed)#"
	done <<<"$libraries"
	# base is libc only; core has no I/O, clock or thread
	local impure='pthread|threads|time|unistd|fcntl|signal|poll|sys/[a-z]*'
	grep -EHn "^#include *<($impure)\.h>" "$@" |
		{ grep -E '^src/(core|port)/' || true; } | sed 's|$| (the core is pure)|'
}

# Per file: columns, lines, functions, // outside of strings and comments, blanks at line ends.
read -r -d '' sizes <<'AWK' || true
function bad(line, what) { print FILENAME ":" line ": " what }
function width(s,   n, i) {
	for (i = 1; i <= length(s); i++) n += substr(s, i, 1) == "\t" ? 8 - n % 8 : 1
	return n
}
function scan(s,   i, c, two) { # follows comments and literals from character to character
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1); two = substr(s, i, 2)
		if (state == "*") { if (two == "*/") { state = ""; i++ } }
		else if (state != "") { if (c == "\\") i++; else if (c == state) state = "" }
		else if (two == "/*") { state = "*"; i++ }
		else if (two == "//") { bad(FNR, "// comment"); return }
		else if (c == "\"" || c == "'") state = c
	}
	if (state != "*") state = ""
}
FNR == 1 { state = ""; start = 0 }
FNR == 501 { bad(FNR, "more than 500 lines") }
width($0) > 100 { bad(FNR, "more than 100 columns") }
/[ \t]$/ { bad(FNR, "blank at the end of the line") }
FILENAME ~ /\.(c|h|cc)$/ {
	scan($0)
	if ($0 == "{") start = FNR
	if ($0 == "}" && start) {
		if (FNR - start - 1 > 70) bad(start, "a function of " FNR - start - 1 " lines (70)")
		start = 0
	}
}
AWK

words() {
	local refused='strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|alloca'
	grep -EHnw "($refused) ?\\(" "$@" |
		sed 's|$| (refused function)|' || true
	grep -EHnw 'TODO|FIXME|XXX|NDEBUG' "$@" | sed 's|$| (bare marker)|' || true
}

listed() { # every source is named in the Makefile, and every name there exists
	local file name
	for file in $(files '*.c' '*.cc'); do
		case $file in
		src/main.c) continue ;;
		tests/lib/* | src/*) name=$file ;;
		tests/bench/*) name=${file%.c} ;;
		tests/unit/* | tests/sim/* | tests/mock/* | tests/fuzz/fuzz_* | tests/prove/*)
			name=$(basename "$file" .c)
			;;
		*) continue ;;
		esac
		grep -qE "^	$name( |\$)" Makefile || echo "$file: not listed in the Makefile"
	done
	sed -n 's/^\t\(\(src\|tests\)[^ ]*\.cc\?\)\( .*\)\?$/\1/p' Makefile | while read -r file; do
		[ -e "$file" ] || echo "Makefile: $file does not exist"
	done
}

# Each event of the log is in the catalog's table, and each entry of it is an event of the log.
events() {
	local table=src/run/log_catalog.c name
	[ -e "$table" ] || return 0
	perl -0777 -ne '
		while (/\b(?:log_event|err_name)\(\s*[^,;]*,\s*([^,;)]*)/g) {
			my $event = $1;
			print "$ARGV $1\n" while $event =~ /"([^"]*)"/g;
		}
		print "$ARGV $1\n" while /\.event = "([^"]*)"/g;
		next unless $ARGV =~ m{^src/run/(worker_assign|pipeline_run)\.c$};
		print "$ARGV $1\n" while /return "([a-z-]+)";/g;
	' "$@" | sort -u | while read -r file name; do
		grep -q "{\"$name\"," "$table" || echo "$file: event $name is not in $table"
	done
	sed -n 's/^\t{"\([^"]*\)".*/\1/p' "$table" | while read -r name; do
		grep -qF "\"$name\"" $(printf '%s\n' "$@" | grep -v "$table") ||
			echo "$table: event $name is logged nowhere"
	done
}

guards() {
	local file guard
	for file; do
		guard=${file#src/} guard=ONCED_${guard^^} guard=${guard//[^A-Z0-9]/_}
		grep -q "^#ifndef $guard\$" "$file" || echo "$file: the include guard is not $guard"
	done
}

# Each test that a document names is there, and each fault scenario is named in docs/testing.md.
documented() {
	local file line name
	grep -sHonE '`([a-z]+/)?([0-9]{2}[-_][a-z-]+|check_[a-z_0-9]+)`' docs/*.md |
		while IFS=: read -r file line name; do
			name=${name//\`/}
			[[ $name == */* ]] || name=*/$name
			compgen -G "tests/$name.*" >/dev/null ||
				echo "$file:$line: no test ${name#\*/}"
		done
	for file in tests/fault/[0-9]*.sh; do
		name=$(basename "$file" .sh)
		[ ! -e "$file" ] || grep -qsF "\`$name\`" docs/testing.md ||
			echo "$file: docs/testing.md has no row for it"
	done
}

files() {
	if [ -n "${TIDY_ROOT:-}" ]; then
		find . -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' | sed 's|^\./||' |
			grep -xE "$(printf '%s|' "$@" | sed 's/\./\\./g; s/\*/.*/g; s/|$//')" ||
			true
	else
		git ls-files -co --exclude-standard -- "$@" | while read -r file; do
			[ ! -f "$file" ] || echo "$file"
		done
	fi
}

check() {
	local code headers scripts sources
	mapfile -t code < <(files '*.c' '*.h' '*.cc')
	mapfile -t headers < <(files 'src/*.h')
	mapfile -t scripts < <(files '*.sh')
	includes "${code[@]}" || true
	awk "$sizes" "${code[@]}" ${scripts[@]+"${scripts[@]}"}
	words "${code[@]}"
	guards ${headers[@]+"${headers[@]}"}
	mapfile -t sources < <(files 'src/*.c')
	events "${sources[@]}"
	listed
	documented
}

# Breaks each rule in a small tree of its own; a rule that says nothing is the failure.
self_test() {
	local expected lines failed=0
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	mkdir -p "$dir"/src/{base,core,io,run,config} "$dir"/{docs,tests/fault}
	breaks() { # EXPECTED FILE CONTENT
		printf '\t%s \\\n' src/{core/a.c,run/worker.c,base/a.c} >"$dir/Makefile"
		rm -f "$dir"/src/*/*.* "$dir"/docs/* "$dir"/tests/fault/*
		touch "$dir"/src/{core/a.c,run/worker.c,base/a.c}
		printf '%b' "$3" >"$dir/$2"
		expected=$1
		if [ -z "$expected" ]; then
			[ -z "$(TIDY_ROOT=$dir bash "$self" 2>&1 | grep -v '^tidy:')" ] || {
				echo "tidy: self-test: wrongly refused: $3"; failed=1; }
		elif ! TIDY_ROOT=$dir bash "$self" 2>&1 | grep -qF "$expected"; then
			echo "tidy: self-test: not found: $expected"; failed=1
		fi
	}
	breaks '' src/core/a.c '#include "base/x.h"\n/* http://x */\nchar *s = "//";\n'
	breaks 'src/core must not include io/x.h' src/core/a.c '#include "io/x.h"\n'
	breaks 'src/base must not include core/x.h' src/base/a.c '#include "core/x.h"\n'
	breaks 'the worker sees ports' src/run/worker.c '#include "io/x.h"\n'
	breaks 'librdkafka/rdkafka.h> (only' src/run/worker.c '#include <librdkafka/rdkafka.h>\n'
	breaks 'lmdb.h> (only' src/core/a.c '#include <lmdb.h>\n'
	breaks 'the core is pure' src/core/a.c '#include <pthread.h>\n'
	breaks '// comment' src/core/a.c 'int a; // b\n'
	breaks 'more than 500 lines' src/core/a.c "$(printf '\\n%.0s' {1..501})"
	breaks 'more than 100 columns' src/core/a.c "$(printf '\\t%.0s' {1..12})int b;\n"
	lines=$(printf ';\\n%.0s' {1..70})
	breaks 'a function of 71 lines' src/core/a.c "void f(void)\n{\n$lines;\n}\n"
	breaks '' src/core/a.c "void f(void)\n{\n$lines}\n"
	breaks 'blank at the end' src/core/a.c 'int a; \n'
	breaks 'refused function' src/core/a.c 'int a = atoi("1");\n'
	breaks 'bare marker' src/core/a.c '/* TODO */\n'
	breaks 'the include guard is not ONCED_CORE_A_H' src/core/a.h '#ifndef A_H\n'
	breaks 'event new is not in' src/run/log_catalog.c \
		'static e = {\n\t{"old", "0"},\n};\nint a = log_event(1,\n\t"new", 0);\n'
	breaks 'event old is logged nowhere' src/run/log_catalog.c '\t{"old", "0"},\n'
	breaks 'docs/testing.md:1: no test 99-nothing' docs/testing.md '`99-nothing`\n'
	breaks 'docs/a.md:1: no test unit/check_none' docs/a.md 'see `unit/check_none`\n'
	breaks 'tests/fault/01-a.sh: docs/testing.md has no row' tests/fault/01-a.sh ''
	breaks 'not listed in the Makefile' src/core/b.c 'int b;\n'
	return $failed
}

self=$(cd "$(dirname "$0")" 2>/dev/null && pwd)/$(basename "$0")
if [ "${1:-}" = --self-test ]; then
	self_test
	echo "tidy: self-test passed: each rule can fail"
	exit
fi
found=$(check)
[ -z "$found" ] || { echo "$found"; echo "tidy: $(wc -l <<<"$found") found"; exit 1; }
echo "tidy: nothing found"
