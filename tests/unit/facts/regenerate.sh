#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Write the facts of the kernels of testdata/ anew: a census fills pagefsck's cache of facts, which is what we want.
#
# usage: regenerate.sh PAGEFSCK UNPACKED
set -eu
here=$(cd "$(dirname "$0")" && pwd)
for kernel in 5.10 6.1 6.12 7.3; do
	cache=$(mktemp -d)
	XDG_CACHE_HOME=$cache "$1" census -d "$2/$kernel/vmlinux" "$2/$kernel"/dump.* >/dev/null
	cp "$cache"/pagefsck/*.facts "$here/$kernel.facts"
	rm -r "$cache"
done
