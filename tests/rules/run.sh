#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Damage the bundled dumps in memory, as the records *.t say, and hold what pagefsck finds against what they expect.
# A record that no dump can run has a mistake: that fails, too.
#
# usage: run.sh [RECORD-GLOB]      only records of that name
#
# The machines other than x86_64 get the records about entries of page tables only; all of them with PAGEFSCK_LONG set.
#
# Under sanitizers the oldest and the newest kernel: the others go the same ways, and it takes three times as long.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mutate=${MUTATE:-$PWD/tests/rules/mutate}
main='6.1 5.10 6.12 7.3'
special='6.12-hvo 7.3-hvo 7.3-numa 6.12-la57 6.1-arm64 6.12-arm64-16k 6.12-riscv64 6.12-ppc64el 6.12-s390x 7.3-nomapcount'
slow=
grep -q __asan_init "$mutate" && slow=1 && main='5.10 7.3' special=
only=${1:-*}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# shellcheck disable=SC2086 # lists of names
dumps=$("$here/../dumps/unpack.sh" $main $special) || exit $?

try() {
	kernel=$1
	shift
	"$mutate" --dump "$(ls "$dumps/$kernel"/dump.*)" --debuginfo "$dumps/$kernel/vmlinux" --kernel "$kernel" --only "$only" \
		"$@" >"$tmp/$kernel" 2>&1
	echo $? >"$tmp/$kernel.status"
}

# what only these dumps have: optimised huge pages, device memory, poisoned pages, direct I/O
pools="$here/special.t $here/hugetlb.t"
records=$(ls "$here"/*.t | grep -v /flips.t)
machine="$here/arm64.t $here/pte.t"
[ -z "${PAGEFSCK_LONG:-}" ] || machine=$records
# two at a time
# shellcheck disable=SC2086
if [ "$slow" ]; then
	try 5.10 $records &
	try 7.3 $records
	wait
else
	(try 6.1 $records; try 6.12 $records; try 6.12-hvo $pools; try 7.3-numa $pools) &
	try 5.10 $records
	try 7.3 $records
	try 7.3-hvo $pools
	try 6.12-la57 $pools "$here/refs-bio.t"
	for kernel in 6.1-arm64 6.12-arm64-16k 6.12-riscv64 6.12-ppc64el 6.12-s390x; do
		try $kernel $machine $([ $kernel = 6.12-s390x ] && [ "$machine" != "$records" ] && echo "$here/refs.t")
	done
	try 7.3-nomapcount "$here/nomapcount.t"
	wait
fi

status=0
for kernel in $main $special; do
	echo "$kernel: $(tail -1 "$tmp/$kernel")"
	[ "$(cat "$tmp/$kernel.status")" = 0 ] && continue
	status=1
	# reasons stand in front of what they are about
	awk '/^#/ { why = why $0 "\n"; next } /^not ok/ && !/# TODO/ { printf "%s\n%s", $0, why } { why = "" } /^mutate:/' \
		"$tmp/$kernel"
done
for kernel in $main $special; do
	sed -n 's/^\(not \)*ok [0-9]* - //p' "$tmp/$kernel"
done | awk '{ all[$1] = $0 } !/# skip/ { ran[$1] = 1 } END { for (r in all) if (!(r in ran)) print all[r] }' >"$tmp/never"
if [ ! "$slow" ] && [ -s "$tmp/never" ]; then
	echo "records that no dump can run:"
	cat "$tmp/never"
	status=1
fi
exit $status
