#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the slabs that pagefsck found in the memmap with /proc/slabinfo, written just before the guest was stopped.

While the guest wrote this down and was stopped it made and freed a few slabs: as many may be off in all as there are
pages whose kpageflags changed meanwhile, and objects as many as those slabs hold.  Sizes and names are exact.
A guest that was busy has moved on: it is left out.
"""
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_pages import BUSY, Truth

COLUMNS = "active", "objects", "size", "per slab", "pages", "slabs"


def found(dump):
    """What was counted: cache -> numbers; and how many caches have names in pages of strings that testdata/ has zeroed."""
    caches = {}
    nameless = 0
    for line in dumptest.tool_lines("slabs", dump):
        name, *numbers = line.split("\t")
        if name == "?":
            nameless += 1
        else:
            caches[name] = tuple(map(int, numbers))
    return caches, nameless


def guest(dump):
    """The same, as the guest has it."""
    caches = {}
    for line in (dump.truth / "proc/slabinfo").read_text().splitlines()[2:]:
        words = line.split()
        caches[words[0]] = tuple(map(int, words[1:6] + [words[14]]))
    return caches


def compare(cases, dump):
    name = dump.name
    if not (dump.truth / "proc/slabinfo").exists():
        cases.skip(name, "a kernel without slabinfo (CONFIG_SLUB_TINY)")
        return
    if dumptest.tool_lines("slabs", dump) == ["not SLUB"]:
        cases.skip(name, "a kernel with SLAB")
        return
    truth, (walk, nameless) = guest(dump), found(dump)
    seen = Truth(dump)
    motion = seen.motion()
    wrong = [f"{cache}: only in the dump" for cache in walk.keys() - truth.keys()]
    if len(truth) != len(walk) + nameless:
        wrong.append(f"{len(truth)} caches in the guest, {len(walk)} and {nameless} without name in the dump")
    off = objects = 0
    for cache in truth.keys() & walk.keys():
        ours, theirs = walk[cache], truth[cache]
        if ours[2:5] != theirs[2:5]:
            wrong.append(f"{cache}: guest {dict(zip(COLUMNS, theirs))}, walk {dict(zip(COLUMNS, ours))}")
        off += abs(ours[5] - theirs[5])
        objects += abs(ours[0] - theirs[0])
        if abs(ours[0] - theirs[0]) > (motion + 1) * theirs[3]:
            wrong.append(f"{cache}: guest {theirs[0]} active objects, walk {ours[0]}")
    if off > motion:
        wrong.append(f"{off} slabs off, but only {motion} pages changed")
    slabs = sum(numbers[5] for numbers in walk.values())
    print(f"# {name}: {len(walk)} caches, {slabs} slabs, {off} off; {objects} active objects off; {motion} pages changed")
    cases.case(f"{name}: slabs", wrong)
    cases.case(f"{name}: something was there", "" if slabs > (300 if dump.page_kib < 64 else 100) else f"{slabs} slabs")


dumptest.each_dump("slabs", compare, BUSY)
