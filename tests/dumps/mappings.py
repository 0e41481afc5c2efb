#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the mappings that pagefsck finds with what the guest's own kernel said just before it was stopped.

Every line of maps and smaps, every entry of pagemap, the memory lines of status, and kpagecount of every pfn must be
what mappings_model.py derives from the areas and page tables, or fall into one of the DIFFERENCES below.  How many are
equal, how many differ and why, and how many say more than "none" is in NAME.mappings.

The guest of 6.12-kdump ran on until it crashed: MOVES is what may differ there.  That of 6.1-kdump did, too, but touched none of this.
"""
import collections
import re
import sys

sys.dont_write_bytecode = True
import dumptest
import mappings_model
from mappings_model import (LETTERS, PM_EXCLUSIVE, PM_FILE, PM_FRAME, PM_PRESENT, PM_SOFT_DIRTY, PM_SWAP, PM_UFFD_WP,
                            VM_PFNMAP)
from mappings_read import Found, processes
from truth_pages import BUSY, Truth
from truth_totals import Guest

WRITER = 1  # pid of the process that wrote the truth
KTHREAD = 1 << 21

SMAPS = ("Size", "Rss", "Pss", "Pss_Dirty", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty",
         "Referenced", "Anonymous", "KSM", "LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped",
         "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss", "Locked")
VMSTAT = ("nr_anon_pages", "nr_mapped", "nr_anon_transparent_hugepages", "nr_shmem_pmdmapped", "nr_file_pmdmapped",
          "nr_page_table_pages")
PAGEMAP = (("present, swapped, pfn, slot", PM_PRESENT | PM_SWAP | PM_FRAME), ("file or shared", PM_FILE),
           ("mapped once", PM_EXCLUSIVE), ("uffd-wp", PM_UFFD_WP), ("soft-dirty", PM_SOFT_DIRTY))

# What changes while a BUSY guest runs on: compaction moves pages, and who shares a page comes and goes.
MOVES = {"kpagecount", "pagemap: mapped once", f"pagemap: {PAGEMAP[0][0]}", "tasks: in the truth", "status: RssAnon",
         *(f"smaps: {name}" for name in SMAPS if name not in ("Size", "Swap", "Locked")),
         *(f"vmstat: {name}" for name in VMSTAT)}

# A number that the guest says, and what follows from what pagefsck found; process, area and page are what it is about.
Pair = collections.namedtuple("Pair", "what guest found process area page central", defaults=(None,) * 4)

# ---- differences that have an explanation ----------------------------------------------------------------------------


def of_writer(test, pair):
    return pair.process and pair.process.pid == WRITER and pair.what.startswith(("pagemap", "smaps", "status: Rss", "status: VmPTE"))


def heap(test, pair):
    return pair.what == "maps: path" and (pair.guest, pair.found) == ("[heap]", "")


def of_worker(test, pair):
    return pair.what == "status: Name" and pair.guest.startswith("kworker/")


def vclock(test, pair):
    return pair.what == "maps: path" and (pair.guest, pair.found) == ("[vvar_vclock]", "[vvar]")


def without_caches(test, pair):
    """Also negative sums are shown as 0."""
    return pair.central is not None and pair.guest == max(pair.central, 0)


def swapped_shmem(test, pair):
    return pair.what == "smaps: Swap" and pair.area.path in test.shared_memory and pair.guest > pair.found


def zsmalloc(test, pair):
    return (pair.what == "kpagecount" and test.version < (6, 10) and
            test.found.pages[pair.page].kind in ("movable-ops", "zsmalloc") and not pair.found)


def kthread_gone(test, pair):
    return pair.what == "status: process exists" and pair.process.is_kthread()


def pages_of_writer(test, pair):
    new = test.table[f"pagemap: {PAGEMAP[0][0]}", "the truth writer"]
    return pair.what == "vmstat: nr_anon_pages" and 0 < pair.found - pair.guest <= new


def small_tables(test, pair):
    """ppc64: pages of several tables (pte_fragment_alloc()) stay with their address space when none is in use."""
    return (pair.what == "vmstat: nr_page_table_pages" and test.dump.pmd_pages < test.dump.page_kib * 128 and
            0 < pair.guest - pair.found < 10)


def not_added_up(test, pair):
    """CPUs keep up to a threshold to themselves."""
    text = (test.dump.truth / "proc/zoneinfo").read_text()
    return pair.what.startswith("vmstat: ") and abs(pair.found - pair.guest) <= sum(
        map(int, re.findall(r"vm stats threshold: (\d+)", text)))


DIFFERENCES = (
    ("[vvar_vclock]", vclock, "one more area of the vDSO's data"),
    ("without the caches of tasks", without_caches, "status shows the counter alone, tasks keep a part to themselves"),
    ("swapped shared memory", swapped_shmem, "smaps adds what is swapped in the page cache, where no entry is"),
    ("offset, no mapcount", zsmalloc, "before they had a type, zsmalloc pages kept an offset in _mapcount"),
    ("pages of the truth writer", pages_of_writer, "the process that wrote the truth got new ones since"),
    ("kernel thread has ended", kthread_gone, "between the truth and the stop"),
    ("[heap]", heap, "the name follows from words of the mm_struct that pagefsck does not read"),
    ("kworker", of_worker, "status adds the name of the work queue to the name of the task"),
    ("pages of small tables", small_tables, "a page that has none in use stays for the next ones of the process"),
    ("the truth writer", of_writer, "the process that wrote the truth ran on"),
    ("not added up", not_added_up, "each CPU had a part of it when it was printed"),
)


# ---- comparing -------------------------------------------------------------------------------------------------------


def kernel_version(text):
    """What /proc/version says: (5, 10, 262); the release of Debian's older kernels does not tell the last number."""
    found = re.search(r"Debian (\d+)\.(\d+)(?:\.(\d+))?\S* \(\d{4}-", text) or \
        re.search(r"version (\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(number or 0) for number in found.groups())


class Test:
    def __init__(self, cases, dump):
        self.cases, self.dump = cases, dump
        self.version = kernel_version((dump.truth / "proc/version").read_text())
        self.found = Found(dump)
        self.model = mappings_model.Model(self.found, self.version, dumptest.counts_pages(dump))
        self.processes = processes(dump)
        self.guest = Guest(dump)
        self.tasks = {task.pid: task for task in self.found.tables["task"]}
        self.shared_memory = {area.path for area in self.found.tables["vma"] if area.kind == "shared memory"}
        self.table = collections.Counter()
        self.not_zero = collections.Counter()
        self.wrong = []

    def explain(self, pair):
        for name, predicate, _ in DIFFERENCES:
            if predicate(self, pair):
                return name
        return "ran on" if self.dump.name in BUSY and pair.what in MOVES else None

    def compare(self, pair):
        reason = "equal" if pair.guest == pair.found else self.explain(pair)
        self.table[pair.what, reason or "UNEXPLAINED"] += 1
        self.not_zero[pair.what, reason or "UNEXPLAINED"] += bool(pair.guest)
        if not reason:
            self.wrong.append(self.text(pair))

    @staticmethod
    def text(pair):
        where = f"pid {pair.process.pid} ({pair.process.status['Name']}) " if pair.process else ""
        where += f"{pair.area.start:x} {pair.area.path} " if pair.area else ""
        where += f"page {pair.page:#x} " if pair.page is not None else ""
        guest, found = (f"{n:#x}" if isinstance(n, int) and n > 1 << 32 else repr(n) for n in (pair.guest, pair.found))
        return f"{where}{pair.what}: the guest says {guest}, found is {found}"

    # ---- processes

    def compare_process(self, process):
        task = self.tasks.get(process.pid)
        self.compare(Pair("status: process exists", True, bool(task), process))
        if not task:
            return
        self.compare_names(process, task)
        has_memory = bool(task.mm and not task.flags & KTHREAD)
        self.compare(Pair("status: has memory", process.has_memory, has_memory, process))
        if process.has_memory and task.mm:
            self.compare_status(process, self.found.mms[task.mm])
            self.compare_areas(process, task.mm)

    def compare_names(self, process, task):
        threads = {t.pid: t.comm for t in self.found.tables["task"] if t.tgid == process.pid and t.pid != process.pid}
        name = process.status["Name"]
        self.compare(Pair("status: Name", name[:15] if task.flags & KTHREAD else name, task.comm, process))
        self.compare(Pair("status: Threads", int(process.status["Threads"]), len(threads) + 1, process))
        self.compare(Pair("task/TID/stat: names", process.threads(), threads, process))

    def compare_status(self, process, mm):
        kb = self.found.page // 1024
        for name, found in (("VmSize", mm.total_vm), ("VmLck", mm.locked_vm), ("VmPTE", mm.tables_found / (kb * 1024)),
                            ("HugetlbPages", mm.hugetlb_found)):
            self.compare(Pair(f"status: {name}", int(process.status.get(name, 0)), int(found * kb), process))
        for name, counter in (("RssAnon", "anon"), ("RssFile", "file"), ("RssShmem", "shmem"), ("VmSwap", "swap")):
            found, central = (getattr(mm, f"{counter}_{which}") * kb for which in ("found", "central"))
            self.compare(Pair(f"status: {name}", int(process.status[name]), found, process, central=central))

    # ---- areas

    def compare_areas(self, process, mm):
        areas = {area.start: area for area in self.found.areas[mm]}
        shown = {area.start: area for area in process.maps}
        self.compare(Pair("maps: first addresses", sorted(shown), sorted(areas), process))
        entries = self.entries_by_area(mm)
        for area, smaps in zip(process.maps, process.smaps):
            if area.start in areas:
                self.compare_area(process, area, areas[area.start])
                self.compare_smaps(process, smaps, areas[area.start], entries[area.start])
        self.compare_pagemap(process, areas, entries)

    def entries_by_area(self, mm):
        entries, areas, at = collections.defaultdict(list), self.found.areas[mm], 0
        for entry in self.found.entries[mm]:
            while at < len(areas) and areas[at].end <= entry.address:
                at += 1
            entries[areas[at].start if at < len(areas) and areas[at].start <= entry.address else None].append(entry)
        return entries

    def compare_area(self, process, shown, area):
        self.compare(Pair("maps: end", shown.end, area.end, process, shown))
        self.compare(Pair("maps: permissions", shown.perms, mappings_model.perms(area.flags), process, shown))
        self.compare(Pair("maps: offset", shown.offset, area.pgoff * self.found.page if area.path else 0, process, shown))
        self.compare(Pair("maps: path", shown.path, mappings_model.path(area), process, shown))

    def compare_smaps(self, process, shown, area, entries):
        numbers = self.model.smaps(area, entries)
        for name in SMAPS:
            if name in shown.numbers:
                self.compare(Pair(f"smaps: {name}", shown.numbers[name], numbers[name], process, shown))
        letters = {name for name, bit in LETTERS.items() if area.flags >> bit & 1}
        self.compare(Pair("smaps: VmFlags", sorted(shown.letters & set(LETTERS)), sorted(letters), process, shown))

    # ---- entries

    def compare_pagemap(self, process, areas, entries):
        shown, found = process.pagemap(), {}
        for start, list_ in entries.items():
            for entry in list_ if start is not None and not areas[start].flags & VM_PFNMAP else ():
                found.update(self.model.pagemap(areas[start], entry))
        for address in sorted(set(shown) | set(found)):
            guest, ours = shown.get(address, 0), found.get(address, 0)
            for name, mask in PAGEMAP:
                self.compare(Pair(f"pagemap: {name}", guest & mask, ours & mask, process, None, address))
        self.compare(Pair("entries outside of areas", 0, len(entries[None]), process))
        for start, list_ in entries.items():
            if start is not None and areas[start].flags & VM_PFNMAP and list_:
                self.table["pagemap: entries it does not show", "PFNMAP area"] += len(list_)

    # ---- pages

    def compare_pages(self):
        truth = Truth(self.dump)
        for pfn in range(len(truth)):
            count = self.model.mapcount(pfn)
            if truth.steady(pfn) and count is None:
                self.table["kpagecount", "no count, but a page type"] += 1
            elif truth.steady(pfn):
                self.compare(Pair("kpagecount", truth.seen(pfn).count, count, page=pfn))
            else:
                self.table["kpagecount", self.moving(truth, pfn)] += 1

    def moving(self, truth, pfn):
        if pfn in truth.moved:
            return "allocated or freed since (moved.txt)"
        same = truth.counts[1][pfn] == self.model.counts[pfn]
        return "moving while the truth was written, " + ("then equal" if same else "and later")

    # ---- all

    def compare_sums(self):
        found = self.found.tables
        self.compare(Pair("tables that could not be read", 0, len(found["gap"])))
        self.compare(Pair("pages whose mapcount differs from the entries", 0, len(found["left"])))
        shown = {process.pid for process in self.processes}
        for task in found["task"]:
            if task.pid == task.tgid and task.pid:
                self.compare(Pair("tasks: in the truth", task.pid in shown, True))

    def compare_counters(self):
        """What address spaces count themselves, with the parts of tasks and CPUs: no file of the guest shows that."""
        for mm in self.found.tables["mm"]:
            for name in ("file", "anon", "swap", "shmem", "tables", "hugetlb"):
                if getattr(mm, name) != 2 ** 64 - 1:  # not in this kernel
                    self.compare(Pair(f"mm_struct: {name}", getattr(mm, name), getattr(mm, f"{name}_found")))

    def compare_totals(self):
        sums = self.model.vmstat()
        for name in VMSTAT:
            self.compare(Pair(f"vmstat: {name}", self.guest.vmstat[name], sums[name]))

    def summary(self):
        found = self.found.tables
        of_truth = {self.tasks[p.pid].mm for p in self.processes if p.has_memory and p.pid in self.tasks}
        yield "processes", len(self.processes)
        yield "processes with memory", sum(p.has_memory for p in self.processes)
        yield "address spaces found", len(found["mm"])
        yield "address spaces of no process in the truth", len(set(self.found.mms) - of_truth)
        yield "areas found", len(found["vma"])
        yield "page-table entries found", len(found["entry"])
        for kind, nr in sorted(collections.Counter((e.kind, e.level) for e in found["entry"]).items()):
            yield f"    {kind[0]}, level {kind[1]}", nr

    def text_all(self):
        lines = [f"{name:<44} {nr:>7}" for name, nr in self.summary()]
        line = "{:<46} {:<49} {:>7} {:>9}".format
        lines += ["", line("compared with what follows from them", "", "numbers", "not zero")]
        lines += [line(*key, nr, self.not_zero[key]) for key, nr in sorted(self.table.items())]
        equal = [key for key in self.table if key[1] == "equal"]
        tables = self.table, self.not_zero
        lines += ["", line("all numbers", "equal", *(sum(table[key] for key in equal) for table in tables)),
                  line("all numbers", "", *(sum(table.values()) for table in tables))]
        return "\n".join(text.rstrip() for text in lines) + "\n"

    def run(self):
        for process in self.processes:
            self.compare_process(process)
        self.compare_pages()
        self.compare_sums()
        self.compare_counters()
        self.compare_totals()
        self.cases.case(f"{self.dump.name}: {sum(self.table.values())} numbers", self.wrong[:30])
        self.cases.golden(f"{self.dump.name}: table", dumptest.HERE / f"{self.dump.name}.mappings", self.text_all())


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack(*dumptest.STOCK, *dumptest.OTHERS)
    with dumptest.Workplace("mappings"):
        for name in filter(cases.wanted, dumps):
            Test(cases, dumps[name]).run()
    cases.finish()


main()
