#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has the kernel's untyped memory: nobody's is what a driver leaked, and all of it adds up.

In guests with a driver that leaks, the blocks that nothing leads to are those that the driver forgot, and no others; pages
whose pointer it kept are not among them.  On healthy dumps nothing is lost.  What vmalloc areas, modules and stacks have is what the
guest itself counted: VmallocUsed to the page; KernelStack less the stacks that CPUs keep for the next task (two each).
"""
import collections
import re
import sys

sys.dont_write_bytecode = True
import dumptest

LEAKS = ("leaks/5.10", "leaks/6.1", "leaks/6.12", "leaks/7.3")
TRUE_COUNTS = ("5.10", "6.1", "6.12", "7.3")
FORGOTTEN = ("alloc", "alloc-comp", "alloc-many")
CACHED_STACKS = 2 * 2 * 4  # pages: two CPUs


def owners(report):
    return {row["owner"]: row["pages"] for row in report.get("kernel_memory", [])}


def lost(report):
    return [f for f in report["findings"] if f["rule"] == "kernel-page-lost"]


def field(finding, name):
    return next(f["found"] for f in finding["fields"] if f["name"] == name)


def examples(finding):
    """The blocks that a finding names."""
    texts = [e["text"] for e in finding["evidence"] if e["kind"] == "neighbour" and "blocks are so" in e["text"]]
    return {finding["subject"]["pfn"]} | {int(n, 16) for t in texts for n in re.findall(r"0x[0-9a-f]+", t)}


def try_sum(cases, dump, report):
    kinds = report["census"]["kinds"]
    all_pages = sum(kinds.get(k, 0) for k in ("kernel", "kernel-interior", "large-kmalloc"))
    found = sum(owners(report).values())
    cases.case(f"{dump.name}: kernel memory adds up", "" if found == all_pages else f"{found} pages have owners or none, not {all_pages}")


def try_leaks(cases, dump):
    _, report = dumptest.check_json(dump)
    rows = [line.split() for line in (dump.truth / "proc/leak").read_text().splitlines()]
    expected = {int(row[1], 16): int(row[2]) for row in rows if row[0] in FORGOTTEN}
    legal = {int(row[1], 16) for row in rows if row[0] == "pool"}  # v5.14 and later have it in page->pp, too
    wrong = []
    sums = collections.Counter()
    for finding in lost(report):
        if finding["severity"] != "warning" and examples(finding) - legal:
            wrong.append(f"{finding['severity']}: {finding['message']}")
        for pfn in examples(finding) - legal:
            if expected.get(pfn) != field(finding, "block_order"):
                wrong.append(f"pfn {pfn:#x} of order {field(finding, 'block_order')} was not forgotten")
        sums[field(finding, "block_order")] += field(finding, "nr_blocks")
    for order, nr in collections.Counter(expected.values()).items():
        if not nr <= sums[order] <= nr + (len(legal) if order == 0 else 0):
            wrong.append(f"{sums[order]} blocks of order {order}, not {nr}")
    cases.case(f"{dump.name}: {len(expected)} forgotten blocks are lost, and nothing else", wrong)
    try_sum(cases, dump, report)


def try_healthy(cases, dump):
    _, report = dumptest.check_json(dump)
    cases.case(f"{dump.name}: nothing is lost", [f["message"] for f in lost(report)])
    try_sum(cases, dump, report)
    if dump.name not in TRUE_COUNTS:
        return
    said = {m[1]: int(m[2]) // dump.page_kib for m in re.finditer(r"^(\w+): +(\d+) kB", (dump.truth / "proc/meminfo").read_text(), re.M)}
    has = owners(report)
    mapped = has["stack"] + has["module"] + has["vmalloc"]
    wrong = [] if mapped == said["VmallocUsed"] else [f"{mapped} pages in vmalloc areas, VmallocUsed is {said['VmallocUsed']}"]
    if not 0 <= has["stack"] - said["KernelStack"] <= CACHED_STACKS:
        wrong.append(f"{has['stack']} pages of stacks, KernelStack is {said['KernelStack']}")
    cases.case(f"{dump.name}: areas and stacks are what meminfo says", wrong)


def main():
    cases = dumptest.Cases()
    with dumptest.Workplace("lost"):
        for dump in dumptest.unpack(*LEAKS).values():
            try_leaks(cases, dump)
        for dump in dumptest.unpack().values():
            try_healthy(cases, dump)
    cases.finish()


main()
