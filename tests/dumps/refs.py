#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every reference of every page of a quiet guest has a name, and what files hold is what the guest's program left there.

The program (scripts/testdata/guest/steps_ref.c) left in pipes 6 pages of its own by vmsplice(), 8 of a file on tmpfs by splice(),
4 of these once more by tee(), and 4 of a file on disk; it registered with io_uring 8 pages of its own, 4 of a file on tmpfs and
20 of a huge page, and made an AIO context with a ring of one page.
"""
import collections
import re
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_pages import BUSY

# Memory of drivers, and what is out of use: they count by themselves.
OWN_RULES = {"device", "hwpoison"}


def rows(dump):
    tables = collections.defaultdict(list)
    for line in dumptest.tool_lines("refs", dump):
        table, *columns = line.split("\t")
        tables[table].append(columns)
    return tables


def holders(tables):
    """References by (source, kind of page), and those that are pins of small pages."""
    kinds = {pfn: kind for pfn, kind, _, _ in tables["page"]}
    found = collections.Counter()
    for pfn, source, count, _, _, what in tables["ref"]:
        if source == "io-uring" and what.startswith("vector") and pfn in kinds:
            source = "pin" if count == "1024" else "pin of a huge page"
        found[source, kinds.get(pfn, "tail")] += 1
    return found


def has_huge_pages(dump):
    """Built and fit for them, of whatever size: QEMU's s390x is not."""
    return bool(re.search(r"^thp_fault_alloc [1-9]", (dump.truth / "proc/vmstat").read_text(), re.M) or
                re.search(r"/anon_fault_alloc\n\t[1-9]", (dump.truth / "sys").read_text(errors="replace")))


def try_truth(cases, dump, tables, met):
    """Of what the kernel has: one without io_uring holds nothing by it, one without a disk has no file there."""
    found = holders(tables)
    huge = sum(n for (source, _), n in found.items() if source == "pin of a huge page")
    # pages of a huge page may have one vector for all, or one each, of which only that of the head has a kind
    tails = found["io-uring", "tail"]
    expected = {("pipe", "anon"): 6, ("pipe", "shmem"): 12, ("pin", "anon"): 8, ("pin", "shmem"): 4, ("aio", "file"): 1}
    if not has_huge_pages(dump):
        expected["pin", "anon"] += 20
    if any(source == "direct-io" for source, _ in found): # its context has a ring of three pages
        expected["aio", "file"] += 3
    wrong = [f"{found[key]} references of {key[0]} on {key[1]} pages, the guest made {n}" for key, n in expected.items()
             if found[key] != n and ("io-uring" if key[0] == "pin" else key[0]) in met]
    disk = sum(found["pipe", kind] for kind in ("file", "tail"))
    made = 4 if " /disk " in (dump.truth / "proc/mounts").read_text() else 0
    if disk != made:
        wrong.append(f"{disk} references of pipes on pages of a file on disk, the guest made {made}")
    if huge + tails not in (1, 20) and "io-uring" in met and has_huge_pages(dump):
        wrong.append(f"{huge} + {tails} pins of the huge page")
    cases.case(f"{dump.name}: holders are those that the guest made", wrong)


def compare(cases, dump):
    tables = rows(dump)
    wrong = [f"pfn {pfn} ({kind}): {equation}" for pfn, kind, rest, equation in tables["page"] if rest != "0" and kind not in OWN_RULES]
    if dumptest.tool_lines("slabs", dump) == ["not SLUB"]:
        cases.skip(f"{dump.name}: every reference has a name", "without SLUB nobody finds the objects that hold them")
    else:
        cases.case(f"{dump.name}: every reference has a name", wrong)
    cases.case(f"{dump.name}: every holder was followed", [f"{source}: {cut} cut" for source, _, cut in tables["held"] if cut != "0"])
    met = {source for source, references, _ in tables["held"] if references != "0"}
    if "pipe" in met:
        try_truth(cases, dump, tables, met)


dumptest.each_dump("refs", compare, BUSY)
