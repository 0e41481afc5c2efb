#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Flip single bits of the bundled dumps, as flips.t says: what notices them is in flips/KERNEL.txt.  A change there is to
# be looked at like a change of code: a rule that notices more is good, one that notices less needs a reason.
#
# usage: flips.sh [--update]       take over what was found
#
# An anonymous page of one kernel, which takes seconds; all pages of all kernels with --update or with PAGEFSCK_LONG set.  Not under
# sanitizers: they make it three times as long, and the records of run.sh go the same ways.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mutate=${MUTATE:-$PWD/tests/rules/mutate}
main=6.12 only=anon
[ "${1:-}" = --update ] || [ -n "${PAGEFSCK_LONG:-}" ] && main='6.1 5.10 6.12 7.3' only=
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

if [ "${1:-}" != --update ] && grep -q __asan_init "$mutate"; then
	echo "flips.sh: not under sanitizers"
	exit 77
fi

# shellcheck disable=SC2086 # a list of names
dumps=$("$here/../dumps/unpack.sh" $main) || exit $?

try() {
	"$mutate" --dump "$dumps/$1/dump.kdump" --debuginfo "$dumps/$1/vmlinux" --kernel "$1" ${only:+--only "$only"} "$here/flips.t" \
		>"$tmp/$1" 2>"$tmp/$1.err" || echo failed >>"$tmp/$1"
}

# two at a time
for kernel in $main; do
	try "$kernel" &
	[ "$(jobs -p | wc -l)" -lt 2 ] || wait
done
wait

# The lines about what was chosen; the last one counts everything.
chosen() {
	if [ "$only" ]; then grep '^anon\.'; else cat; fi
}

status=0
for kernel in $main; do
	echo "$kernel: $(tail -1 "$tmp/$kernel"), $(tail -1 "$tmp/$kernel.err")"
	if [ "${1:-}" = --update ]; then
		mkdir -p "$here/flips"
		cp "$tmp/$kernel" "$here/flips/$kernel.txt"
	elif ! chosen <"$here/flips/$kernel.txt" | diff -U0 - "$tmp/$kernel" >"$tmp/diff"; then
		grep -v '^@@' "$tmp/diff" | head -40
		status=1
	fi
done
[ $status = 0 ] || echo "run tests/rules/flips.sh --update when all of this is wanted"
exit $status
