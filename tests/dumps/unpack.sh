#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Unpack bundled dumps into the build folder, each once; print that folder.  Tests that run at the same time share it.
# What is unpacked stays as long as the packed files do not change: nobody may write to it.
#
# usage: unpack.sh [NAME...]      default: all of testdata/
# NAME/ gets the dump (dump.kdump or dump.elf), vmlinux, truth/ and, if there is one, moved.txt
set -eu
testdata=${TESTDATA:-$(cd "$(dirname "$0")/../../testdata" && pwd)}
out=${UNPACKED:-$PWD/tests/dumps/unpacked}

for tool in zstd xz tar flock; do
	command -v $tool >/dev/null && continue
	echo "unpack.sh: no $tool: bundled dumps cannot be unpacked" >&2
	exit 77
done

sums() {
	(cd "$1" && cksum ./*.zst ./*.xz ./moved.txt 2>/dev/null) || :
}

unpack() {
	from=$testdata/$1 to=$out/$1
	if [ -e "$to/.packed" ] && [ "$(sums "$from")" = "$(cat "$to/.packed")" ]; then
		return
	fi
	rm -rf "$to" "$to.new"
	mkdir -p "$to.new"
	for file in dump.kdump dump.elf vmlinux truth.tar; do
		[ ! -e "$from/$file.zst" ] || zstd -q -d --long=27 --sparse -o "$to.new/$file" <"$from/$file.zst"
		[ ! -e "$from/$file.xz" ] || xz -dc "$from/$file.xz" >"$to.new/$file"
	done
	mkdir "$to.new/truth"
	tar -C "$to.new/truth" --strip-components=1 -xf "$to.new/truth.tar"
	rm "$to.new/truth.tar"
	[ ! -e "$from/moved.txt" ] || cp "$from/moved.txt" "$to.new"
	sums "$from" >"$to.new/.packed"
	mv "$to.new" "$to"
}

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
if [ $# = 0 ]; then
	for dir in "$testdata"/*/; do
		[ -e "$dir/vmlinux.zst" ] || continue
		set -- "$@" "$(basename "$dir")"
	done
fi
for name in "$@"; do
	unpack "$name"
done
echo "$out"
