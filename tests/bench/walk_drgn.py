#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Count how often page tables map each page, with drgn: what bench_tables is compared with.

Only the counting: no areas, no swap entries, no special cases but those that keep the walk inside memory.
"""
import collections
import struct
import sys
import time

import drgn
from drgn.helpers.linux.pid import for_each_task

TABLE = struct.Struct("<512Q")
PRESENT, HUGE, SPECIAL, ADDRESS = 1, 1 << 7, 1 << 9, 0x000ffffffffff000


def address_spaces(prog):
    return {task.mm.value_(): task.mm for task in for_each_task(prog) if task.mm}


def walk(prog, table, level, counts):
    entries = TABLE.unpack(prog.read(table, 4096, True))
    found = 0
    for entry in entries[:256] if level == 4 else entries:
        if not entry & PRESENT:
            continue
        if level == 1 or entry & HUGE:
            if not entry & SPECIAL:
                counts[(entry & ADDRESS) >> 12] += 1
                found += 1
        else:
            found += walk(prog, entry & ADDRESS, level - 1, counts)
    return found


def main():
    prog = drgn.Program()
    prog.set_core_dump(sys.argv[1])
    prog.load_debug_info([sys.argv[2]])
    counts = collections.Counter()
    base = prog["page_offset_base"].value_()
    tables = [mm.pgd.value_() - base for mm in address_spaces(prog).values()]
    since = time.process_time()
    found = sum(walk(prog, table, 4, counts) for table in tables)
    seconds = time.process_time() - since
    print(f"{found} entries of {len(tables)} address spaces, {seconds / max(found, 1) * 1e9:.0f} ns an entry")


main()
