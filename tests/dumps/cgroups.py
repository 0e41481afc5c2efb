#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the memory cgroup that each page is charged to with /proc/kpagecgroup, and PG_lru with the lists that were walked.

The guest wrote this down just before it was stopped.  Pages whose kpageflags or kpagecount changed meanwhile are left out, and
of a kernel page charged since then nothing shows; of the others each must have the very inode that the guest says.
"""
import struct
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_model import BIT
from truth_pages import BUSY, Truth


def found(dump):
    """The counts of the first line; pfn -> (inode, listed)."""
    first, *lines = dumptest.tool_lines("cgroups", dump)
    rows = (map(int, line.split("\t")) for line in lines)
    return [int(word) for word in first.split("\t")], {pfn: (inode, listed) for pfn, inode, listed in rows}


def compare_cgroups(cases, dump, pages, seen):
    name = dump.name
    raw = (dump.truth / "kpagecgroup").read_bytes()
    guest = struct.unpack(f"<{len(raw) // 8}Q", raw)
    steady = [pfn for pfn in pages if pfn < len(guest) and pfn < len(seen) and seen.steady(pfn)]
    # memory of the kernel comes and goes without a trace in kpageflags
    wrong = [f"pfn {pfn}: guest {guest[pfn]}, walk {pages[pfn][0]}" for pfn in steady
             if guest[pfn] != pages[pfn][0] and seen.seen(pfn).flags & (BIT["lru"] | BIT["ANON"] | BIT["swapbacked"])]
    others = sum(guest[pfn] != pages[pfn][0] for pfn in steady) - len(wrong)
    charged = [pfn for pfn in steady if guest[pfn]]
    print(f"# {name}: {len(charged)} pages charged to {len({guest[pfn] for pfn in charged})} cgroups; "
          f"{others} kernel pages differ")
    cases.case(f"{name}: cgroups of {len(steady)} pages", wrong)
    cases.case(f"{name}: kernel pages", f"{others} differ" if others > 100 else "")
    cases.case(f"{name}: something is charged", "" if len(charged) > 300 else f"{len(charged)} pages")


def compare_lists(cases, name, pages, seen):
    wrong = [f"pfn {pfn}: PG_lru, on no list" for pfn, (_, listed) in pages.items()
             if pfn < len(seen) and seen.steady(pfn) and seen.seen(pfn).flags & BIT["lru"] and not listed and
             not seen.seen(pfn).flags & BIT["unevictable"]]
    wrong += [f"pfn {pfn}: on a list without PG_lru" for pfn, (_, listed) in pages.items()
              if listed and pfn < len(seen) and seen.steady(pfn) and not seen.seen(pfn).flags & BIT["lru"]]
    cases.case(f"{name}: LRU pages", wrong)


def compare(cases, dump):
    (cgroups, listed, batched, queued), pages = found(dump)
    seen = Truth(dump)
    print(f"# {dump.name}: {cgroups} cgroups, {listed} folios on lists, {batched} in batches, {queued} to be split")
    if (dump.truth / "kpagecgroup").exists():
        compare_cgroups(cases, dump, pages, seen)
    compare_lists(cases, dump.name, pages, seen)


dumptest.each_dump("cgroups", compare, BUSY)
