#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that lack pages: left out by a filter, or cut off.  What cannot be read is a gap, never a finding.

The dumps are healthy, so a report may have no finding of severity error, and warnings only of the filter itself.  Without
the pages that say where everything else is, pagefsck gives up in one line that tells what is missing.
"""
import collections
import random
import sys

sys.dont_write_bytecode = True
import dumptest

INPUTS = ("5.10", "6.1", "6.12", "7.3")
# What may be said of a healthy dump that a filter took too much of.
FILTER_RULES = {"filtered-kernel-page"}
STRUCT_PAGES = 64  # in a page of memmap
# What once was an alarm: dump, kind of page, one of how many is missing, seed.
ALARMS = (
    ("5.10", "slab", 3, 100),         # a list node in two pages; inodes that may be shmem's
    ("7.3-hvo", "slab", 3, 1),        # the part of the root memory cgroup for a node
    ("7.3-hvo", "reserved", 40, 112), # node_data: what only zones and nodes lead to
    ("6.12-la57", "reserved", 40, 107),  # a CPU's cache of swap slots
    ("6.1", "reserved", 40, 100),     # zero_pfn
    ("6.12", "reserved", 40, 101),    # huge_zero_folio
    ("6.12-la57", "kernel", 3, 0),    # a page table, and which anon_vma the area above it has
    ("6.12-s390x", "kernel", 50, 0),  # part of a table of several pages that covers all 64 bits of addresses
    ("5.10-kdump", "page-table", 40, 106),  # more suspects than are looked at
    ("6.12-kdump", "page-table", 3, 105),   # tables that map the stacks of tasks: who unmaps pages is not known
    ("6.12-tiny", "vmemmap", 3, 0),         # half a head: struct pages of 56 bytes
    ("6.12-tiny", "reserved", 40, 2),       # a zone, but not its node
    ("7.3-hvo", "vmemmap", 3, 1),           # heads whose tails share a frame
)
# How many bytes of the file are missing.
CUTS = (1, 100000, 1000000, 5000000, 15000000, 25000000)


class Lacking:
    """Makes copies of one dump without some of its pages."""

    def __init__(self, cases, dump, folder):
        self.cases, self.dump = cases, dump
        self.path = folder / "lacking.kdump"
        lines = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path).stdout.decode().splitlines()
        self.pfns = collections.defaultdict(list)
        for pfn, kind in (line.split("\t")[:2] for line in lines[1:]):
            self.pfns[kind].append(int(pfn))

    def check(self, *args):
        """What is wrong with the report of a copy made so, and the report."""
        dumptest.redump("--kdump", "none", *args, self.dump.path, self.path)
        done = dumptest.pagefsck("check", "--format", "json", "-d", self.dump.vmlinux, self.path)
        report = dumptest.parse(done.stdout)
        if not report:
            return gives_up_well(done, self.path, "--cut" in args), None
        wrong = [] if done.returncode == 0 else [f"exit status {done.returncode}"]
        return wrong + [f"{nr} findings {key}" for key, nr in false_alarms(report).items()], report

    def untimed(self, *args):
        """The report of the last copy."""
        text = dumptest.pagefsck("check", "--format", "json", "-d", self.dump.vmlinux, *args, self.path).stdout
        return dumptest.untimed(text)

    def without(self, pfns):
        """The same for a filter that leaves pages out."""
        args = []
        for pfn in sorted(pfns):
            args += ["--exclude", f"{pfn}-{pfn + 1}"]
        return self.check(*args)


def false_alarms(report):
    return collections.Counter((f["severity"], f["rule"]) for f in report["findings"]
                               if f["severity"] == "error" or f["severity"] == "warning" and f["rule"] not in FILTER_RULES)


def gives_up_well(done, path, cut):
    wrong = [] if done.returncode == 8 else [f"exit status {done.returncode}"]
    wrong += [] if done.stderr.count("\n") == 1 else ["not one line"]
    wrong += [] if path.name in done.stderr else [f"does not name {path.name}"]
    if cut and not any(word in done.stderr.lower() for word in ("cut", "truncated")):
        wrong.append("does not say that the dump is cut off")
    return wrong and [*wrong, done.stderr]


def try_memmap(lacking):
    """Struct pages are missing: as many as their frames hold are unreadable, nothing follows from them."""
    for seed, nr in enumerate((1, 16, 64, 256)):
        pfns = random.Random(seed).sample(lacking.pfns["vmemmap"], nr)
        wrong, report = lacking.without(pfns)
        unreadable = report["census"]["kinds"].get("unreadable", 0) if report else 0
        if report and not 0 < unreadable <= nr * STRUCT_PAGES:
            wrong.append(f"{unreadable} pages are unreadable")
        if report and not report["totals"]["gaps"]:
            wrong.append("no gap")
        yield f"without {nr} pages of memmap", wrong
    one, *more = (lacking.untimed("-j", j) for j in (1, 8, 8, 8))
    yield f"without {nr} pages of memmap, read by 1 and by 8 threads", "" if set(more) == {one} else "another report"


def try_kinds(lacking):
    """Other pages of the kernel are missing."""
    for kind in ("page-table", "slab", "kernel"):
        for seed, share in enumerate((50, 4)):
            pfns = random.Random(seed).sample(lacking.pfns[kind], len(lacking.pfns[kind]) // share)
            wrong, report = lacking.without(pfns)
            if not report:
                wrong = [*wrong, "no report"]
            yield f"without one of {share} pages of kind {kind}", wrong


def try_reserved(lacking):
    """The kernel's own data and what it allocated first: a report or one line."""
    for seed in range(6):
        pfns = random.Random(seed).sample(lacking.pfns["reserved"], len(lacking.pfns["reserved"]) // (8 << seed))
        yield f"without one of {8 << seed} reserved pages", lacking.without(pfns)[0]


def try_alarms(cases, dumps, folder):
    for name, kind, share, seed in ALARMS:
        lacking = Lacking(cases, dumps[name], folder)
        pfns = random.Random(seed).sample(lacking.pfns[kind], len(lacking.pfns[kind]) // share)
        wrong, report = lacking.without(pfns)
        cases.case(f"{name} without one of {share} pages of kind {kind}, seed {seed}", wrong if report else [*wrong, "no report"])


def try_cut(lacking):
    for size in CUTS:
        wrong, report = lacking.check("--cut", -size)
        if report and not (report["dump"]["truncated"] is True and report["dump"]["pages_truncated"] > 0):
            wrong.append(f"dump: {report['dump']}")
        yield f"cut by {size} bytes", wrong


def try_time(lacking):
    """No time at all: a list of pages must not look complete."""
    done = dumptest.pagefsck("census", "--pages", "--time-limit", "1e-9", "-d", lacking.dump.vmlinux, lacking.dump.path)
    wrong = [] if "not reached within the time limit" in done.stderr else ["does not say that pages are missing"]
    wrong += [] if len(done.stdout.splitlines()) == 1 else ["lists pages it did not look at"]
    yield "listed without time", wrong


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack(*INPUTS, *(alarm[0] for alarm in ALARMS))
    with dumptest.Workplace("gaps") as folder:
        try_alarms(cases, dumps, folder)
        for name in INPUTS:
            lacking = Lacking(cases, dumps[name], folder)
            for group in try_memmap, try_kinds, try_reserved, try_cut, try_time:
                for what, wrong in group(lacking):
                    cases.case(f"{name} {what}", wrong)
    cases.finish()


main()
