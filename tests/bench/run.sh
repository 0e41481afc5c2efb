#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh SRCDIR BUILDDIR: benchmarks on the bundled dumps.  Never part of `make check`: times are no verdict.
set -eu
src=$1 build=$2
dir=$build/tests/bench/work
mkdir -p "$dir"
XDG_CACHE_HOME=$dir/cache
export XDG_CACHE_HOME

for case in 6.1 5.10 6.12 7.3; do
	UNPACKED=$dir "$src/tests/dumps/unpack.sh" "$case" >/dev/null
	echo "== $case: memmap pass"
	"$build/tests/bench/bench_memmap" "$dir/$case/dump.kdump" "$dir/$case/vmlinux"
	echo "== $case: page tables"
	"$build/tests/bench/bench_tables" "$dir/$case/dump.kdump" "$dir/$case/vmlinux"
	echo "== $case: page caches"
	"$build/tests/bench/bench_cache" "$dir/$case/dump.kdump" "$dir/$case/vmlinux"
	echo "== $case: free lists"
	"$build/tests/bench/bench_freelists" "$dir/$case/dump.kdump" "$dir/$case/vmlinux"
	echo "== $case: search for holders"
	"$build/tests/bench/bench_holders" "$dir/$case/dump.kdump" "$dir/$case/vmlinux" 10000 3
	echo "== $case: LRU lists"
	"$build/tests/bench/bench_lru" "$dir/$case/dump.kdump" "$dir/$case/vmlinux"
	echo "== $case: slabs"
	"$build/tests/bench/bench_slab" "$dir/$case/dump.kdump" "$dir/$case/vmlinux"
	rm -rf "$XDG_CACHE_HOME"
	for state in cold warm; do
		"$build/pagefsck" check -j1 --format json --no-progress -d "$dir/$case/vmlinux" "$dir/$case/dump.kdump" |
			python3 -c '
import json, sys
r = json.load(sys.stdin)
for p in r["timing"]["passes"]:
    print("%s: %-8s %.4f s" % (sys.argv[1], p["name"], p["seconds"]))' "$state"
	done
done
