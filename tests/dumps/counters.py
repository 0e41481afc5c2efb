#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counters of zones and nodes: what "pagefsck check" reads, and what it finds, against what the guest printed.

The guest wrote /proc/vmstat and /proc/zoneinfo just before it was stopped.  What pagefsck reads must be the same up to
what CPUs had not added yet when they were printed; of guests that stood still, what it finds must be, too.
"""
import collections
import re
import sys

sys.dont_write_bytecode = True
import dumptest

# Still at work while the truth was written, or crashed after it.
BUSY = {"6.12-kdump", "6.1-kdump"}

NAMES = {
    "NR_ANON_MAPPED": "nr_anon_pages", "NR_FILE_MAPPED": "nr_mapped", "NR_FILE_PAGES": "nr_file_pages",
    "NR_SHMEM": "nr_shmem", "NR_SWAPCACHE": "nr_swapcached", "NR_FILE_DIRTY": "nr_dirty", "NR_WRITEBACK": "nr_writeback",
    "NR_PAGETABLE": "nr_page_table_pages", "NR_UNEVICTABLE": "nr_unevictable", "NR_MLOCK": "nr_mlock",
    "NR_SLAB_RECLAIMABLE_B": "nr_slab_reclaimable", "NR_SLAB_UNRECLAIMABLE_B": "nr_slab_unreclaimable",
    "NR_INACTIVE_ANON": "nr_inactive_anon", "NR_ACTIVE_ANON": "nr_active_anon", "NR_INACTIVE_FILE": "nr_inactive_file",
    "NR_ACTIVE_FILE": "nr_active_file", "NR_ISOLATED_ANON": "nr_isolated_anon", "NR_ISOLATED_FILE": "nr_isolated_file",
    "NR_KERNEL_STACK_KB": "nr_kernel_stack", "NR_HUGETLB": "nr_hugetlb",
    "NR_ANON_THPS": "nr_anon_transparent_hugepages", "NR_SHMEM_THPS": "nr_shmem_hugepages",
    "NR_FILE_THPS": "nr_file_hugepages",
}
# What the programs that write the truth allocate for themselves.
KERNEL = {"NR_SLAB_RECLAIMABLE_B", "NR_SLAB_UNRECLAIMABLE_B", "NR_PAGETABLE", "NR_KERNEL_STACK_KB"}
KERNEL_SLACK = 256


def guest_counters(dump):
    text = (dump.truth / "proc/vmstat").read_text()
    zones = (dump.truth / "proc/zoneinfo").read_text()
    slack = sum(map(int, re.findall(r"vm stats threshold: (\d+)", zones)))
    return {name: int(nr) for name, nr in re.findall(r"^(\w+) (-?\d+)$", text, re.M)}, slack


def expected(counter, vmstat):
    """What vmstat says of "NR_A + NR_B"; None: it does not know one of them.  Huge folios are printed as folios."""
    parts = [NAMES.get(name) for name in counter.split(" + ")]
    if any(part not in vmstat for part in parts):
        return None
    return sum(vmstat[part] for part in parts)


def unit(row, dump):
    return dump.pmd_pages if row["counter"].endswith("_THPS") and row["unit"] == "pages" else 1


def distance(row, nr, dump):
    """How far the guest's number is from what was found."""
    low, high = row["found"] // unit(row, dump), row.get("found_at_most", row["found"]) // unit(row, dump)
    return low - nr if nr < low else nr - high if nr > high else 0


def try_vmstat(cases, dump, rows):
    vmstat, slack = guest_counters(dump)
    read, found, seen = [], [], 0
    totals = collections.defaultdict(collections.Counter)
    for row in rows:
        if row["counter"] in NAMES or " + NR_A" in row["counter"]:
            kernel = {"kernel": row["kernel"], "found": row["found"], "at_most": row.get("found_at_most", row["found"])}
            if not row["counter"].startswith("NR_ZONE"):
                totals[row["counter"], row["unit"]].update(kernel)
    for (counter, unit_name), nr in totals.items():
        guest = expected(counter, vmstat)
        if guest is None:
            continue
        seen += 1
        row = {"counter": counter, "unit": unit_name, "found": nr["found"], "found_at_most": nr["at_most"]}
        allowed = slack + (KERNEL_SLACK if counter in KERNEL else 0)
        if abs(nr["kernel"] // unit(row, dump) - guest) > allowed and dump.name not in BUSY:
            read.append(f"{counter}: read {nr['kernel']}, the guest says {guest}, may differ by {allowed}")
        if distance(row, guest, dump) > allowed and dump.name not in BUSY:
            found.append(f"{counter}: found {nr['found']}..{nr['at_most']}, the guest says {guest}, may differ by {allowed}")
    cases.case(f"{dump.name}: {seen} counters as read", read + ([] if seen >= 15 else [f"only {seen} counters compared"]))
    cases.case(f"{dump.name}: {seen} counters as found", found)


def try_zones(cases, dump, rows):
    """managed and present pages of every zone, as zoneinfo has them."""
    zones = (dump.truth / "proc/zoneinfo").read_text()
    guest = {(int(node), zone): int(nr) for node, zone, nr in
             re.findall(r"^Node (\d+), zone +(\w+)$.*?^ +managed +(\d+)", zones, re.M | re.S)}
    wrong = [f"{row['node']}/{row['zone']}: managed_pages {row['kernel']}, zoneinfo says {guest.get((row['node'], row['zone']))}"
             for row in rows if row["counter"] == "managed_pages" and guest.get((row["node"], row["zone"])) != row["kernel"]]
    ram = next(row["kernel"] for row in rows if row["counter"] == "_totalram_pages")
    meminfo = int(re.search(r"^MemTotal: +(\d+)", (dump.truth / "proc/meminfo").read_text(), re.M)[1])
    wrong += [] if ram * dump.page_kib == meminfo else [f"_totalram_pages {ram}, MemTotal {meminfo} kB"]
    cases.case(f"{dump.name}: sizes of zones", wrong)


def try_part(cases, dump):
    """A look at a part of the memmap compares nothing with it."""
    _, report = dumptest.check_json(dump, "--pfn-range", "0-0x1000")
    wrong = [row["counter"] for row in report["totals_recount"] if row["counter"].startswith("NR_") and
             row["counter"] != "NR_KERNEL_STACK_KB"]
    cases.case(f"{dump.name}: nothing is compared with a part", wrong)


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack()
    for name in filter(cases.wanted, dumps):
        _, report = dumptest.check_json(dumps[name])
        rows = report["totals_recount"]
        try_vmstat(cases, dumps[name], rows)
        try_zones(cases, dumps[name], rows)
    try_part(cases, dumps.get("6.12") or next(iter(dumps.values())))
    cases.finish()


main()
