#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare what was found in swap areas with what the guest's own kernel printed just before it was stopped.

    /proc/swaps          size of each area, and how much of it is used
    nr_swapcached        (SwapCached before v5.12) slots whose folio is in the swap cache

A guest that was busy when it was stopped has moved on: only the sizes are compared.
"""
import re
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_pages import BUSY



def printed(dump):
    """name -> (size, used) in pages, and the pages in the swap cache."""
    lines = (dump.truth / "proc/swaps").read_text().splitlines()[1:]
    areas = {name: (int(size) // dump.page_kib, int(used) // dump.page_kib) for name, _, size, used, _ in map(str.split, lines)}
    cached = re.search(r"^SwapCached: +(\d+) kB$", (dump.truth / "proc/meminfo").read_text(), re.M)
    return areas, int(cached[1]) // dump.page_kib


def found(dump):
    """name -> (size, used, cached, references)."""
    return {name: tuple(map(int, cells)) for name, *cells in (line.split("\t") for line in dumptest.tool_lines("swaps", dump))}


def compare(cases, dump):
    if not (dump.truth / "proc/swaps").exists():
        cases.skip(dump.name, "a kernel without swap")
        return
    areas, cached = printed(dump)
    walked = found(dump)
    shown = 1 if dump.name in BUSY else 2
    wrong = [f"{name}: printed {areas.get(name)}, found {walked.get(name)}" for name in areas.keys() | walked.keys()
             if areas.get(name, ())[:shown] != walked.get(name, ())[:shown]]
    cases.case(f"{dump.name}: {len(areas)} areas", wrong)
    if dump.name in BUSY:
        return
    total = sum(area[2] for area in walked.values())
    cases.case(f"{dump.name}: swap cache", "" if total == cached else f"{cached} pages counted, {total} found")
    if areas:
        cases.case(f"{dump.name}: references", "" if sum(area[3] for area in walked.values()) else "none found")


dumptest.each_dump("swaps", compare)
