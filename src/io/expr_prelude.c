/*
 * expr_prelude: see expr_prelude.h. An operator is a call of a function by name (`%` of _mod), and
 * a definition in front binds it. A name can be redefined by way of an alias that was bound to the
 * original before. Names that begin with `_` cannot be used by an expression itself.
 */
#include "io/expr_prelude.h"

#include <string.h>

#include "base/must.h"
#include "io/expr_lex.h"

static const struct {
	unsigned use;
	const char *text;
} groups[] = {
	/* 1.6 divides as 64-bit integers: INT64_MIN % -1 traps, and what does not fit is INT64_MIN.
	 */
	{EXPR_USE_MODULO,
	 "def _o_mod(a; b): a % b; "
	 "def _mod(a; b): b as $b | a as $a | "
	 "if ($a|type) == \"number\" and (($a|isnan) or ($a|fabs) >= 9.2e18) "
	 "then error(\"% needs a number of at most 63 bits\") else _o_mod($a; $b) end; "},
	/* 1.6 asserts on a number that gmtime refuses and on a format that is no string, keeps the
	 * format on the stack, and casts the parts of a time to int, whatever they are. */
	{EXPR_USE_DATE,
	 "def _o_parts: if type == \"array\" and any(.[]; type == \"number\" and "
	 "(isnan or fabs > 1e9)) then error(\"a part of the time is out of range\") else . end; "
	 "def _o_mktime: mktime; def mktime: _o_parts | _o_mktime; "
	 "def _o_strftime(f): strftime(f); "
	 "def strftime(f): _o_parts | f as $f | "
	 "if ($f|type) != \"string\" then error(\"strftime/1 requires a string format\") "
	 "elif ($f|length) > 1000 then error(\"strftime/1: the format is too long\") "
	 "elif type == \"number\" and (isnan or fabs > 1e15) "
	 "then error(\"strftime/1: the time is out of range\") else _o_strftime($f) end; "
	 "def todateiso8601: strftime(\"%Y-%m-%dT%H:%M:%SZ\"); def todate: todateiso8601; "},
	/* 1.6 asserts on what is no code point, and makes surrogates on which printing asserts. */
	{EXPR_USE_IMPLODE,
	 "def _o_implode: implode; "
	 "def implode: if type == \"array\" and all(.[]; type == \"number\" and "
	 "(. >= 0 and . <= 1114111 and (. < 55296 or . > 57343))) then _o_implode "
	 "else error(\"implode input must be an array of code points\") end; "},
	/* 1.6 takes error(null) for empty: the record would go without a word. */
	{EXPR_USE_ERROR,
	 "def _o_error(m): error(m); "
	 "def error(m): m as $m | if $m == null then _o_error(\"null (null) not a string\") "
	 "else _o_error($m) end; def error: error(.); "},
	/* 1.6 finds an empty string for ever in the same place. */
	{EXPR_USE_INDEX,
	 "def _o_indices($i): indices($i); "
	 "def indices($i): if type == \"string\" and $i == \"\" then [] else _o_indices($i) end; "
	 "def index($i): indices($i) | .[0]; def rindex($i): indices($i) | .[-1:][0]; "},
	/* With the flag g, 1.6 goes on by one byte after an empty match, into the middle of a
	 * character, and reads beyond the string. The flag n (no empty matches) comes with g, and
	 * all that is built on g is built on that. */
	{EXPR_USE_REGEX,
	 "def _o_match(re; f): match(re; f); "
	 "def _o_flags: if type == \"string\" and contains(\"g\") then . + \"n\" else . end; "
	 "def match(re; f): (f|_o_flags) as $f | re as $re | _o_match($re; $f); "
	 "def _o_pair($v): if ($v|type) == \"string\" then [$v, null] "
	 "elif ($v|type) == \"array\" and ($v|length) > 0 then [$v[0], $v[1]] "
	 "else error(\"a regular expression must be a string or an array\") end; "
	 "def match($v): _o_pair($v) as [$re, $f] | match($re; $f); "
	 "def _o_captures: reduce (.captures[] | select(.name != null)) as $c "
	 "({}; .[$c.name] = $c.string); "
	 "def capture(re; f): match(re; f) | _o_captures; "
	 "def capture($v): match($v) | _o_captures; "
	 "def scan(re): match(re; \"g\") | "
	 "if (.captures|length) > 0 then [.captures[].string] else .string end; "
	 "def splits($re; f): f as $f | . as $s | foreach (match($re; \"g\" + $f), null) as $m "
	 "({next: 0}; if $m == null then {piece: $s[.next:]} "
	 "else {piece: $s[.next:$m.offset], next: ($m.offset + $m.length)} end; .piece); "
	 "def splits($re): splits($re; null); "
	 "def split($re; f): [splits($re; f)]; "
	 "def _o_sub($in; $all; s; $i; $from): if $i == ($all|length) then $in[$from:] "
	 "else $all[$i] as $m | ($m|_o_captures|s) as $new | "
	 "_o_sub($in; $all; s; $i + 1; $m.offset + $m.length) as $rest | "
	 "$in[$from:$m.offset] + $new + $rest end; "
	 "def sub($re; s; f): f as $f | . as $in | [match($re; $f)] as $all | "
	 "_o_sub($in; $all; s; 0; 0); "
	 "def sub($re; s): sub($re; s; null); "
	 "def gsub($re; s; f): sub($re; s; f + \"g\"); "
	 "def gsub($re; s): sub($re; s; \"g\"); "},
};

void expr_prelude_write(unsigned uses, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		size_t len = strlen(groups[i].text);

		if (!(uses & groups[i].use))
			continue;
		must(used + len < size);
		memcpy(text + used, groups[i].text, len);
		used += len;
	}
	text[used] = '\0';
}
