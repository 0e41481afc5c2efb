#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Flip single bits of the bundled dumps, as flips.t says: what notices them is in flips/KERNEL.txt.  A change there is to
# be looked at like a change of code: a rule that notices more is good, one that notices less needs a reason.
#
# usage: flips.sh [--update]       take over what was found
set -u
here=$(cd "$(dirname "$0")" && pwd)
mutate=${MUTATE:-$PWD/tests/rules/mutate}
main='6.1 5.10 6.12 7.3'
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# shellcheck disable=SC2086 # a list of names
dumps=$("$here/../dumps/unpack.sh" $main) || exit $?

try() {
	"$mutate" --dump "$dumps/$1/dump.kdump" --debuginfo "$dumps/$1/vmlinux" --kernel "$1" "$here/flips.t" \
		>"$tmp/$1" 2>"$tmp/$1.err" || echo failed >>"$tmp/$1"
}

(try 6.1; try 6.12) &
try 5.10
try 7.3
wait

status=0
for kernel in $main; do
	echo "$kernel: $(tail -1 "$tmp/$kernel"), $(tail -1 "$tmp/$kernel.err")"
	if [ "${1:-}" = --update ]; then
		mkdir -p "$here/flips"
		cp "$tmp/$kernel" "$here/flips/$kernel.txt"
	elif ! diff -U0 "$here/flips/$kernel.txt" "$tmp/$kernel" >"$tmp/diff"; then
		grep -v '^@@' "$tmp/diff" | head -40
		status=1
	fi
done
[ $status = 0 ] || echo "run tests/rules/flips.sh --update when all of this is wanted"
exit $status
