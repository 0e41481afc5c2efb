#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the free lists that pagefsck walked with what the guest said just before it was stopped.

    /proc/pagetypeinfo  blocks of each order and migrate type; pageblocks of each type
    /proc/zoneinfo      pages that each CPU counts on its lists; free pages of each zone

While the guest wrote this down and was stopped it allocated and freed a little: each number may be off by as many blocks
as there are pages whose kpageflags or kpagecount changed meanwhile.  A guest that was busy has moved on: it is left out.
"""
import re
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_pages import BUSY, RAN_ON, Truth


def found(dump):
    """What was walked: name -> number."""
    cells = {}
    for line in dumptest.tool_lines("freelists", dump):
        *name, number = line.split("\t")
        if name[0] == "cpu":
            cells[(*name[:-1], "met")] = int(number)
            number = name.pop()
        cells[tuple(name)] = int(number)
    return cells


def guest(dump):
    """The same, as the guest has it."""
    cells = {}
    types = []
    for line in (dump.truth / "proc/pagetypeinfo").read_text().splitlines():
        if line.startswith("Number of blocks type"):
            types = line.split()[4:]
        elif line.startswith("Number of mixed blocks"):
            break # page_owner counts blocks with pages of another type
        elif match := re.match(r"Node +(\d+), zone +(\w+), type +(\w+) +(.*)", line):
            node, zone, kind, numbers = match.groups()
            for order, blocks in enumerate(numbers.split()):
                cells["free", node, zone, str(order), kind] = int(blocks)
        elif match := re.match(r"Node +(\d+), zone +(\w+) +(.*)", line):
            node, zone, numbers = match.groups()
            for kind, blocks in zip(types, numbers.split()):
                cells["block", node, zone, kind] = int(blocks)
    zone = cpu = None
    for line in (dump.truth / "proc/zoneinfo").read_text().splitlines():
        if match := re.match(r"Node (\d+), zone +(\w+)", line):
            zone = match.groups()
        elif match := re.match(r" +pages free +(\d+)", line):
            cells[("stat",) + zone] = int(match[1])
        elif match := re.match(r" +cpu: +(\d+)", line):
            cpu = match[1]
        elif match := re.match(r" +count: +(\d+)", line):
            cells[("cpu",) + zone + (cpu,)] = cells[("cpu",) + zone + (cpu, "met")] = int(match[1])
    return cells


def compare(cases, dump):
    name = dump.name
    truth, walk = guest(dump), found(dump)
    seen = Truth(dump)
    motion = seen.motion()
    off = {cell: (truth.get(cell), walk[cell]) for cell in walk if walk[cell] != truth.get(cell, 0)}
    wrong = [f"{' '.join(cell)}: guest {pair[0]}, walk {pair[1]}" for cell, pair in off.items()
             if abs(pair[1] - (pair[0] or 0)) > motion or cell[0] == "block" and name not in RAN_ON]
    wrong += [f"{' '.join(cell)}: not walked" for cell in truth if cell not in walk and truth[cell]]
    busy = sum(1 for cell in walk if walk[cell])
    print(f"# {name}: {len(walk)} numbers, {busy} of them not 0, {len(off)} off while {motion} pages changed")
    cases.case(f"{name}: free lists", wrong)
    cases.case(f"{name}: something was there", "" if busy > (12 if dump.page_kib < 64 else 4) else f"{busy} numbers")


dumptest.each_dump("freelists", compare, BUSY)
