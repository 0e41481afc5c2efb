#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare "pagefsck census --pages" with what the guest's own kernel said of every pfn just before it was stopped.

Every pfn must show exactly the kpageflags and the kpagecount that truth_model.py derives from the census, or fall into
one of the DIFFERENCES below.  How many do is in NAME.truth, beside the table of census kinds and kpageflags.
"""
import collections
import re
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_model import BIT, Model, average_mapcount, Page, is_tail, names, parse_page
from truth_pages import BUSY, RAN_ON, Truth
from truth_totals import compare_totals

# What a page is, for the table; the other bits are compared too.
CLASS_BITS = sum(BIT[name] for name in "SLAB BUDDY ANON HEAD TAIL HUGE hwpoison NOPAGE KSM THP OFFLINE ZERO PGTABLE reserved "
                 "swapcache swapbacked lru".split())
AGE_BITS = BIT["idle"] | BIT["referenced"] | BIT["active"]
KIND_BITS = CLASS_BITS & ~(BIT["lru"] | BIT["swapbacked"])

# Of BUSY dumps only what cannot change is compared.
FIXED_KINDS = {"reserved", "vmemmap", "zero-page", "huge-zero-page"}


# ---- differences that have an explanation ------------------------------------------------------------------------------


def no_online_section(test, page, seen, bits):
    return page.kind in ("reserved", "device") and seen.flags in (BIT["NOPAGE"], 0) and not seen.count


def offset_is_no_mapcount(test, page, seen, bits):
    return page.kind in ("movable-ops", "zsmalloc") and not test.model.by_folio and bits & ~BIT["MMAP"] == 0


def poisoned_was_anon(test, page, seen, bits):
    return page.kind == "hwpoison" and not page.mapcount and bits & ~(BIT["ANON"] | BIT["KSM"]) == 0


def allocated_since(test, page, seen, bits):
    """Only what a kernel allocates for itself: for user pages the guest stood still."""
    return (page.kind in ("kernel", "large-kmalloc", "slab", "page-table") and not seen.flags & KIND_BITS and
            not seen.count and bits & ~(KIND_BITS | BIT["locked"] | BIT["active"]) == 0)


def freed_since(test, page, seen, bits):
    """SLAB gives slabs back every few seconds (cache_reap())."""
    return test.has_slab and page.kind in ("pcp-free", "buddy") and seen.flags & BIT["SLAB"] and not seen.count and not page.refcount


def aged_since(test, page, seen, bits):
    return page.kind in ("anon", "file", "shmem") and bits and bits & ~AGE_BITS == 0


DIFFERENCES = (
    ("no online section", no_online_section,
     "kpageflags shows nothing for pfns of sections that are not online (NOPAGE, 7.3: 0); the struct page is there"),
    ("offset, no mapcount", offset_is_no_mapcount,
     "before they had a type, zsmalloc pages kept an offset in _mapcount, which the kernel shows as a count"),
    ("poisoned anon page", poisoned_was_anon,
     "keeps its anon mapping, but the census says what matters"),
    ("allocated since", allocated_since,
     "was free on a per-CPU list at the truth, then the kernel took it"),
    ("freed since", freed_since,
     "was a slab at the truth, then nothing was in it"),
    ("aged since", aged_since,
     "referenced, active, idle: set or cleared between the truth and the stop"),
)


# ---- comparing ---------------------------------------------------------------------------------------------------------


def has_slab(dump):
    """SLAB's caches have sizes to tune, SLUB's do not; SLUB_TINY has no slabinfo."""
    info = dump.truth / "proc/slabinfo"
    return info.exists() and re.search(r"tunables +[1-9]", info.read_text()) is not None


class Test:
    def __init__(self, cases, dump):
        self.cases, self.dump = cases, dump
        self.truth = Truth(dump)
        self.wrong = []
        self.table = collections.Counter()
        self.explained = collections.Counter()
        self.has_slab = has_slab(dump)
        version = re.search(r"version (\d+)\.(\d+)", (dump.truth / "proc/version").read_text())
        self.pages = self._census()
        self.counts_pages = dumptest.counts_pages(dump)
        self.model = Model(self.pages, tuple(map(int, version.groups())) >= (6, 10))

    def _census(self):
        done = dumptest.pagefsck("census", "--pages", "-d", self.dump.vmlinux, self.dump.path)
        lines = done.stdout.decode().splitlines()
        self.cases.case(f"{self.dump.name}: census",
                        f"exit status {done.returncode}: {done.stderr}" if done.returncode or done.stderr else
                        "no header line" if lines[:1] != ["\t".join(Page._fields).replace("head", "head_pfn")] else "")
        return {page.pfn: page for page in map(parse_page, lines[1:])}

    def explain(self, page, seen, bits):
        for name, predicate, _ in DIFFERENCES:
            if predicate(self, page, seen, bits):
                return name
        if self.dump.name in BUSY | RAN_ON and (page.kind not in FIXED_KINDS or bits and bits & ~AGE_BITS == 0):
            return "ran on"
        return None

    def compare_page(self, page):
        """Count one page; its name in the table of differences."""
        if page.pfn >= len(self.truth):
            return "beyond the truth"
        if not self.truth.steady(page.pfn):
            return self.compare_moving(page)
        seen = self.truth.seen(page.pfn)
        self.table[page.kind, names(seen.flags & CLASS_BITS)] += 1
        bits = (self.model.bits(page) ^ seen.flags) & self.model.compared(page)
        count = self.count_of(page)
        if not bits and count in (None, seen.count):
            return "equal"
        reason = self.explain(page, seen, bits)
        if not reason:
            self.wrong.append(f"{page}: kpageflags {names(seen.flags)}, different in {names(bits)}, "
                              f"kpagecount {seen.count} instead of {count}")
        return reason or "UNEXPLAINED"

    def compare_moving(self, page):
        """Most of these became what they are before the second reading."""
        if page.pfn in self.truth.moved:
            return "allocated or freed since (moved.txt)"
        bits = (self.model.bits(page) ^ self.truth.flags[1][page.pfn]) & self.model.compared(page)
        same = bits & KIND_BITS == 0
        return "moving while the truth was written, " + ("then this kind" if same else "and later")

    def count_of(self, page):
        """What kpagecount should be; None for compound pages, which compare_folio() looks at."""
        if is_tail(page) or "head" in page.flags:
            return None
        if page.mapcount is None and not self.counts_pages:
            return None  # an average is made of any word, of a page type too
        return page.mapcount or 0

    def compare_pages(self):
        for page in self.pages.values():
            self.explained[self.compare_page(page)] += 1
        absent = [pfn for pfn in range(len(self.truth)) if pfn not in self.pages]
        if absent and any(self.truth.flags[0][pfn] not in (BIT["NOPAGE"], 0) for pfn in absent):
            self.wrong.append(f"the census leaves out pfns that kpageflags shows, {absent[0]} is the first")
        self.cases.case(f"{self.dump.name}: {len(self.pages)} pages and kpageflags", self.wrong[:20])

    # kpagecount of a page of a folio is its own mapcount and how often the folio is mapped as a whole, which "page" shows.

    def entire_mapcounts(self, heads):
        """Head pfn -> what all pages of the folio have more than their own mapcount."""
        if not heads:
            return {}
        done = dumptest.pagefsck("page", "--format", "json", "-d", self.dump.vmlinux, self.dump.path, *heads)
        sheets = dumptest.parse(done.stdout)["pages"]
        return {head: self.entire_mapcount(self.pages[head], sheet.get("folio", {})) for head, sheet in zip(heads, sheets)}

    def entire_mapcount(self, head, folio):
        if "_entire_mapcount" not in folio:
            return 0
        entire = folio["_entire_mapcount"]["value"] + 1
        if not self.counts_pages:
            return average_mapcount(folio["_large_mapcount"]["value"] + 1, entire, head.order)
        if self.model.by_folio or head.kind.startswith("hugetlb"):
            return entire
        # up to 6.1: pages of files count mappings as a whole themselves; PG_double_map takes one off anon pages
        return entire - ("double_map" in folio["flags of tail 1"]["text"]) if head.kind.startswith("anon") else 0

    def compare_folio(self, pfns, entire):
        head = self.pages[pfns[0]]
        steady = [pfn for pfn in pfns if pfn < len(self.truth) and self.truth.steady(pfn)]
        seen = {self.truth.seen(pfn).count - (self.pages[pfn].mapcount or 0) for pfn in steady}
        if seen - {entire}:
            return f"{head}: kpagecount minus mapcount is {sorted(seen)} in its pages, mapped as a whole {entire} times"
        mapped = {bool(self.truth.seen(pfn).flags & BIT["MMAP"]) for pfn in steady}
        counted = any(self.truth.seen(pfn).count for pfn in pfns if pfn < len(self.truth))
        if mapped and mapped != {counted}:
            return f"{head}: kpageflags says mapped: {mapped}, kpagecount says {counted}"
        return None

    def compare_folios(self):
        folios = collections.defaultdict(list)
        for page in self.pages.values():
            if (is_tail(page) or "head" in page.flags) and page.kind != "slab":
                folios[page.head].append(page.pfn)
        entire = self.entire_mapcounts(list(folios))
        wrong = [self.compare_folio(pfns, entire[head]) for head, pfns in folios.items()]
        wrong += [f"pfn {head}: {len(pfns)} pages of order {self.pages[head].order}" for head, pfns in folios.items()
                  if len(pfns) != 1 << self.pages[head].order]
        self.cases.case(f"{self.dump.name}: {len(folios)} compound pages and kpagecount", [w for w in wrong if w][:20])

    def text(self):
        lines = ["census kind       kpageflags                                          pages"]
        lines += [f"{kind:<17} {bits:<50} {nr:>6}" for (kind, bits), nr in sorted(self.table.items())]
        lines += ["", "compared with what the census makes expect                           pages"]
        lines += [f"{name:<68} {nr:>6}" for name, nr in sorted(self.explained.items())]
        return "\n".join(lines) + "\n"

    def run(self):
        self.compare_pages()
        if self.dump.name not in BUSY:
            self.compare_folios()
        text = self.text()
        if self.dump.name not in BUSY | RAN_ON:
            text += compare_totals(self)
        self.cases.golden(f"{self.dump.name}: tables", dumptest.HERE / f"{self.dump.name}.truth", text)


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack()
    with dumptest.Workplace("truth"):
        for name in filter(cases.wanted, dumps):
            Test(cases, dumps[name]).run()
    cases.finish()


main()
