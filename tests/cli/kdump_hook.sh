#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# contrib/kdump/: the hook run as kdump runs it, on a bundled dump that was "just captured".
set -u
srcdir=$(cd "${srcdir:-.}" && pwd)
pagefsck=$(realpath "${PAGEFSCK:-./pagefsck}")
hook=$srcdir/contrib/kdump/pagefsck-after-dump
dumps=$("$srcdir/tests/dumps/unpack.sh" 6.1 leaks/6.12) || exit $?
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0
crash=$tmp/crash

wrong() {
	echo "$name: $1"
	cat "$tmp/out"
	bad=1
}

# try NAME [STATUS]...: the hook with arguments; settings are in the environment
try() {
	name=$1
	shift
	before=$(state)
	"$hook" "$@" >"$tmp/out" 2>&1 </dev/null
	got=$?
	[ $got = 0 ] || wrong "exit status $got would stop the reboot"
	[ "$before" = "$(state)" ] || wrong "a dump was changed"
}

# What must stay as it is: contents and times of all dumps.
state() {
	find "$crash" -type f ! -name '*.pagefsck.*' -exec stat -c '%n %s %Y %i %a' {} + -exec cksum {} + | sort
}

reports() {
	find "$crash" -name '*.pagefsck.*' | wc -l
}

capture() {
	mkdir -p "$crash/$2"
	cp "$dumps/$1"/dump.* "$crash/$2/$3"
	touch -d "$4" "$crash/$2/$3"
	chmod 400 "$crash/$2/$3"
}

capture leaks/6.12 "127.0.0.1-2026-11-01-10:00:00" vmcore 2026-11-01
capture 6.1 202611020900 dump.202611020900 2026-11-02
: >"$crash/202611020900/dump-incomplete"
echo text >"$crash/202611020900/vmcore-dmesg.txt"
export PAGEFSCK="$pagefsck" DIRS="$tmp/none $crash" DEBUGINFO="$dumps/6.1/vmlinux" PAGEFSCK_AFTER_DUMP_CONF="$tmp/conf"
export MEMORY_KB=0
# a program with sanitizers needs more addresses than there is memory
# shellcheck disable=SC3045 # shells have it
has_limits=$( (ulimit -v 4000000 && "$pagefsck" --version) >/dev/null 2>&1 && echo yes)

try "dump failed" 1
[ "$(reports)" = 0 ] || wrong "checked what was not saved"
grep -q "no dump was saved (status 1)" "$tmp/out" || wrong "does not say so"
if [ -n "$has_limits" ]; then
	MEMORY_KB=16000 try "too little memory" 0
	failed=$crash/202611020900/dump.202611020900.pagefsck.failed
	grep -q "16000 KiB.*after the reboot run: pagefsck check $crash/2026" "$failed" || wrong "no word about it"
	grep -q "out of memory" "$failed" || wrong "no reason"
	[ "$(reports)" = 1 ] || wrong "a report all the same"
	unset MEMORY_KB
fi
try "the newest dump" 0
report=$crash/202611020900/dump.202611020900.pagefsck.txt
grep -q "no contradiction found" "$report" || wrong "no report"
grep -q "checked, no error found" "$tmp/out" || wrong "says something else"
[ "$(reports)" = 1 ] || wrong "more than a report: $(find "$crash")"
try "the same once more" 0
grep -q "checked already" "$tmp/out" || wrong "checks twice"

echo "DEBUGINFO=$dumps/leaks/6.12/vmlinux FORMAT=json OPTIONS='--fail-on warning --skip lru-*'" >"$tmp/conf"
leaky="$crash/127.0.0.1-2026-11-01-10:00:00/vmcore"
try "findings, settings from a file" -f "$leaky"
grep -q "errors found" "$tmp/out" || wrong "says something else"
jq -e '[.rules[] | select(.id | startswith("lru-")) | select(.skipped == null)] == []' "$leaky.pagefsck.json" >/dev/null || wrong "no JSON, or other options"
rm "$tmp/conf"
SECONDS_MAX=1 FORMAT=html OPTIONS="--time-limit 0.0001" try "no time" -f "$leaky"
[ -s "$leaky.pagefsck.html" ] || [ -s "$leaky.pagefsck.failed" ] || wrong "nothing is said"
try "no such dump" -f "$crash/none"
PAGEFSCK=no-such-program try "not installed" -f "$leaky"
grep -q "no no-such-program" "$tmp/out" || wrong "does not say so"
name="other files"
[ "$(reports)" = 3 ] || wrong "$(find "$crash")"

# Debian: save, check, reboot
mkdir "$tmp/bin"
# shellcheck disable=SC2016 # for the scripts
{
	printf '#!/bin/sh\necho kdump-config "$@"\nexit ${SAVED:-0}\n' >"$tmp/bin/kdump-config"
	printf '#!/bin/sh\necho reboot "$@"\n' >"$tmp/bin/reboot"
}
cp "$hook" "$tmp/bin"
chmod +x "$tmp/bin"/*
echo x >"$tmp/proc-vmcore"
savecore() {
	name=$1
	env PATH="$tmp/bin:$PATH" VMCORE_FILE="$tmp/proc-vmcore" KDUMP_COREDIR="$crash" FORMAT=html DEBUGINFO="$dumps/6.1/vmlinux" "$2" \
		"$srcdir/contrib/kdump/debian/pagefsck-savecore" >"$tmp/out" 2>&1 </dev/null || wrong "failed"
}
savecore "Debian" SAVED=0
[ "$(sed -n '1p;$p' "$tmp/out")" = "kdump-config savecore
reboot -f" ] || wrong "other commands"
[ -s "$crash/202611020900/dump.202611020900.pagefsck.html" ] || wrong "no report"
savecore "Debian, not saved" SAVED=3
grep -q "no dump was saved (status 3)" "$tmp/out" || wrong "does not say so"
[ "$(tail -n 1 "$tmp/out")" = "reboot -f" ] || wrong "no reboot"

if command -v shellcheck >/dev/null; then
	name=shellcheck
	shellcheck "$hook" "$srcdir/contrib/kdump/debian/pagefsck-savecore" >"$tmp/out" 2>&1 || wrong "complaints"
fi
[ $bad = 0 ] && echo ok
exit $bad
