#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The frame of the command line, tried with commands that need no dump: exit status, output files, messages.
set -u
pagefsck=${PAGEFSCK:-./pagefsck}
tmp=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
bad=0

# try STATUS NAME COMMAND...: runs it, output in $tmp/out and $tmp/err
try() {
	want=$1 name=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ $got = "$want" ] || wrong "exit status $got instead of $want: $(cat "$tmp/err")"
}

wrong() {
	echo "$name: $1"
	bad=1
}

says() {
	grep -qF -- "$2" "$tmp/$1" || wrong "'$2' is missing in std$1: $(cat "$tmp/$1")"
}

silent() {
	[ ! -s "$tmp/$1" ] || wrong "std$1 should be empty: $(cat "$tmp/$1")"
}

try 16 "no command" "$pagefsck"
says err Usage:
silent out
try 0 "help" "$pagefsck" --help
says out explain
silent err
try 0 "version" "$pagefsck" --version
says out "pagefsck "
try 16 "unknown command" "$pagefsck" frobnicate
says err "unknown command 'frobnicate'"
try 16 "mistyped command" "$pagefsck" chcek
says err "did you mean check?"
try 16 "no command" "$pagefsck" "$0"
says err "pagefsck check $0"
try 16 "hostile command" "$pagefsck" "$(printf 'a\033[2J')"
says err 'a\x1b[2J'
try 0 "help of a command" "$pagefsck" explain --help
says out "--format"
try 16 "unknown option" "$pagefsck" explain --frobnicate
silent out

try 0 "list of rules" "$pagefsck" explain
says out free-refcount-zero
try 0 "one rule" "$pagefsck" explain free-refcount-zero
says out promise
try 16 "unknown rule" "$pagefsck" explain 'no-such-rule-*'
says err "no rule matches 'no-such-rule-*'"
silent out
try 16 "mistyped rule" "$pagefsck" explain refcount-xtra
says err "did you mean refcount-extra?"
try 16 "mistyped rule of an option" "$pagefsck" check --only 'free-*,refconut-extra' dump
says err "did you mean refcount-extra?"
try 16 "one of two globs unknown" "$pagefsck" explain 'free-*' 'no-such-*'
says err "no-such-*"
try 16 "unknown format" "$pagefsck" explain --format yaml
says err "unknown format 'yaml'"
try 16 "HTML of what has none" "$pagefsck" explain --format html
says err "no format html"
try 16 "quiet and verbose" "$pagefsck" explain -q -v
try 0 "no colours in a file" "$pagefsck" explain free-refcount-zero
[ "$(tr -d '\033' <"$tmp/out" | wc -c)" = "$(wc -c <"$tmp/out")" ] || wrong "escape sequences"
try 0 "colours when asked for" "$pagefsck" explain --color always free-refcount-zero
[ "$(tr -d '\033' <"$tmp/out" | wc -c)" != "$(wc -c <"$tmp/out")" ] || wrong "no escape sequences"

try 0 "output file" "$pagefsck" explain -o "$tmp/report"
silent out
[ -s "$tmp/report" ] || wrong "no report"
[ "$(find "$tmp" -name 'report*' | wc -l)" = 1 ] || wrong "a temporary file is left"
ln -s report "$tmp/link"
try 0 "output through a link" "$pagefsck" explain -o "$tmp/link" free-refcount-zero
[ -L "$tmp/link" ] || wrong "the link was replaced"
grep -q promise "$tmp/report" || wrong "its target was not"
try 0 "output to a device" "$pagefsck" explain -o /dev/null
[ -c /dev/null ] || wrong "/dev/null was replaced"
try 8 "output folder missing" "$pagefsck" explain -o "$tmp/none/report"
says err "No such file or directory"
# shellcheck disable=SC2016 # expanded by the inner shell
if [ -c /dev/full ]; then
	try 8 "full disk" sh -c '"$1" explain >/dev/full' sh "$pagefsck"
	says err "No space left on device"
	try 8 "full disk, small output" sh -c '"$1" --version >/dev/full' sh "$pagefsck"
fi

if command -v python3 >/dev/null; then
	try 0 "JSON" "$pagefsck" explain --format json
	python3 -c 'import json, sys; assert len(json.load(sys.stdin)["rules"]) > 0' <"$tmp/out" || wrong "no JSON"
fi
try 0 "Markdown" "$pagefsck" explain --format markdown
says out "# The rules of pagefsck"
try 16 "Markdown of one rule" "$pagefsck" explain --format markdown free-refcount-zero

# doc/COOKBOOK.md is written from the table of commands
if command -v python3 >/dev/null; then
	PAGEFSCK="$(realpath "$pagefsck")" try 0 "cookbook" "${srcdir:-.}/scripts/cookbook"
	diff "${srcdir:-.}/doc/COOKBOOK.md" "$tmp/out" || wrong "scripts/cookbook writes another doc/COOKBOOK.md"
fi

exit $bad
