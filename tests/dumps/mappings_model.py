# SPDX-License-Identifier: GPL-2.0-or-later
"""What /proc/PID/pagemap and /proc/PID/smaps say of the entries and areas that pagefsck found: Linux fs/proc/task_mmu.c
(pte_to_pagemap_entry(), pagemap_pmd_range(), smaps_account(), smaps_page_accumulate() and what calls them).
"""
import collections

from truth_model import average_mapcount, is_tail

PM_PRESENT, PM_SWAP, PM_FILE = 1 << 63, 1 << 62, 1 << 61
PM_UFFD_WP, PM_EXCLUSIVE, PM_SOFT_DIRTY = 1 << 57, 1 << 56, 1 << 55
PM_FRAME = (1 << 55) - 1
MAX_SWAPFILES_SHIFT = 5
PSS_SHIFT = 12
KB = 1024

# Letters of VmFlags that have meant the same bits of vm_flags from 5.10 to 7.3.
LETTERS = {"rd": 0, "wr": 1, "ex": 2, "sh": 3, "mr": 4, "mw": 5, "me": 6, "ms": 7, "gd": 8, "pf": 10, "lo": 13,
           "io": 14, "sr": 15, "rr": 16, "dc": 17, "de": 18, "ac": 20, "nr": 21, "ht": 22, "dd": 26, "sd": 27, "mm": 28,
           "hg": 29, "nh": 30, "mg": 31}
VM_EXEC, VM_PFNMAP, VM_LOCKED, VM_HUGETLB, VM_SOFTDIRTY = 1 << 2, 1 << 10, 1 << 13, 1 << 22, 1 << 27


def perms(flags):
    """As maps shows them."""
    return "".join(letter if flags >> i & 1 else "-" for i, letter in enumerate("rwx")) + ("s" if flags & 0x80 else "p")


def path(area):
    """As maps shows it."""
    if area.kind == "stack":
        return "[stack]"
    if area.kind.startswith("vdso"):
        return "[vdso]" if area.flags & VM_EXEC else "[vvar]"
    return area.path


class Model:
    """The model of one kernel, and how often entries lead to each page."""

    def __init__(self, found, version, counts_pages=True):
        self.found, self.page, self.counts_pages = found, found.page, counts_pages
        self.whole = collections.Counter()  # by head: entries for all of the folio
        self.large = collections.Counter()  # by head: entries for it or its pages
        self.owners = collections.defaultdict(set)  # by head: address spaces
        self.uffd_wp = version >= (5, 14)
        # entries for large pages have PM_FILE since v6.11, and in stable 6.1 and (not 5.10.223, but 5.10.262) 5.10; the huge zero
        # page lost it again (7.3-rc7 has it, 7.3.4 has not)
        self.large_file = version >= (6, 1) or (5, 10, 223) < version < (5, 11)
        self.zero_file = self.large_file and version < (7, 3, 1)
        self.each_exclusive = (6, 11) <= version < (7, 0)  # else the count of the first page decides for all
        self.absent_pages = version >= (6, 12)  # smaps counts the page of any entry that has a pfn, poisoned too
        self.counts = collections.Counter()
        self.slots = collections.Counter()
        self.users = collections.Counter()  # of an entry for a huge page, whose table may be shared
        for entry in found.tables["entry"]:
            self._count(entry)

    def _count(self, entry):
        if entry.kind == "swap slot":
            self.slots[entry.type, entry.value] += 1
        if not self.has_page(entry):
            return
        if entry.level > 1 and self.found.pages[entry.value].kind == "hugetlb":
            self.users[entry.value] += 1
        head = self.found.head(entry.value)
        self.whole[head.pfn] += entry.level > 1
        self.large[head.pfn] += 1
        self.owners[head.pfn].add(entry.mm)
        if entry.first:
            for pfn in range(entry.value, entry.value + self.pages_of(entry)):
                self.counts[pfn] += 1

    def pages_of(self, entry):
        # what an entry of level 3 maps, huge pages of hugetlb, has as many of level 2 in each page size but ppc64's larger one
        upper = 512 if self.found.pmd_pages == 32 else self.page // 8
        return 1 if entry.level == 1 else self.found.pmd_pages * upper ** (entry.level - 2)

    def mapcount(self, pfn):
        """What the kernel says of the page; None: nothing that follows from the entries."""
        page = self.found.pages.get(pfn)
        if self.counts_pages or not page:
            return self.counts[pfn]
        head = self.found.head(pfn)
        if is_tail(page) or "head" in page.flags:
            return average_mapcount(self.large[head.pfn], self.whole[head.pfn], head.order)
        return None if page.mapcount is None else self.counts[pfn]

    def is_shared(self, pfn):
        """folio_maybe_mapped_shared(), where that decides."""
        head = self.found.head(pfn)
        if head.order and head.kind != "hugetlb":
            return self.large[head.pfn] > 1 and len(self.owners[head.pfn]) > 1
        return self.counts[pfn] > 1

    def is_zero(self, entry):
        totals = self.found.totals
        return entry.value == totals["zero pfn"] or (entry.level == 2 and entry.value == totals["huge zero pfn"])

    def has_page(self, entry):
        """vm_normal_page() finds one."""
        return (entry.kind == "leaf" and entry.mapping != "none" and not self.is_zero(entry) and
                not {"special", "devmap"} & set(entry.bits))

    # ---- pagemap

    def pagemap(self, area, entry):
        """address -> what pagemap shows, for each page of the entry."""
        soft = "soft-dirty" in entry.bits and not area.flags & VM_HUGETLB
        bits = PM_SOFT_DIRTY if soft or area.flags & VM_SOFTDIRTY else 0
        if self.uffd_wp and ("uffd-wp" in entry.bits or (entry.kind == "marker" and entry.value & 1)):
            bits |= PM_UFFD_WP
        if entry.kind != "leaf":
            if area.flags & VM_HUGETLB:
                return {}
            bits |= PM_SWAP | self._file(area, entry) | entry.type
            return {entry.address + i * self.page: bits | (entry.value + i) << MAX_SWAPFILES_SHIFT
                    for i in range(self.pages_of(entry))}
        bits |= PM_PRESENT | self._file(area, entry)
        return {entry.address + i * self.page: bits | self._exclusive(entry, i) | entry.value + i
                for i in range(self.pages_of(entry))}

    def _file(self, area, entry):
        if entry.mapping != "file":
            return 0
        if entry.kind != "leaf":
            return PM_FILE if self.absent_pages else 0
        if entry.level == 1 or area.flags & VM_HUGETLB:
            return PM_FILE if self.has_page(entry) else 0
        return PM_FILE if (self.zero_file if self.is_zero(entry) else self.large_file) else 0

    def _exclusive(self, entry, i):
        pfn = entry.value + (i if self.each_exclusive else 0)
        once = self.has_page(entry) and self.users[entry.value] < 2 and (
            self.counts[pfn] == 1 if self.counts_pages else not self.is_shared(pfn))
        return PM_EXCLUSIVE if once else 0

    # ---- smaps

    def smaps(self, area, entries):
        """name -> kB (bytes until the last line, Pss shifted)."""
        sums = collections.Counter(Size=area.end - area.start)
        for entry in entries if not area.flags & VM_PFNMAP else ():
            if area.flags & VM_HUGETLB:
                self._hugetlb(sums, entry)
            elif entry.kind == "swap slot":
                sums["Swap"] += self.page
                sums["SwapPss"] += (self.page << PSS_SHIFT) // self.slots[entry.type, entry.value]
            elif self.has_page(entry) or (self.absent_pages and entry.kind != "leaf" and entry.mapping != "none"):
                self._account(sums, entry)
        if area.flags & VM_LOCKED:
            sums["Locked"] = sums["Pss"]
        for name in ("Pss", "Pss_Dirty", "SwapPss", "Locked"):
            sums[name] >>= PSS_SHIFT
        return collections.Counter({name: value // KB for name, value in sums.items()})

    def _hugetlb(self, sums, entry):
        if self.has_page(entry):
            shared = self.counts[entry.value] >= 2 or self.users[entry.value] >= 2
            sums["Shared_Hugetlb" if shared else "Private_Hugetlb"] += self.pages_of(entry) * self.page

    def _account(self, sums, entry):
        head, size = self.found.head(entry.value), self.pages_of(entry) * self.page
        dirty = "dirty" in entry.bits or "dirty" in head.flags
        sums["Rss"] += size
        if entry.mapping == "anon":
            sums["Anonymous"] += size
            sums["LazyFree"] += size if "swapbacked" not in head.flags and not dirty else 0
        if head.kind == "ksm":
            sums["KSM"] += size
        if {"young"} & set(entry.bits) or {"referenced", "young"} & set(head.flags):
            sums["Referenced"] += size
        if entry.level == 2:
            sums["AnonHugePages" if entry.mapping == "anon" else
                 "ShmemPmdMapped" if "swapbacked" in head.flags else "FilePmdMapped"] += size
        for pfn in range(entry.value, entry.value + self.pages_of(entry)):
            count = self.mapcount(pfn) if entry.kind == "leaf" else 0
            alone = count == 1 if self.counts_pages else bool(count) and not self.is_shared(pfn)
            self._share(sums, count, alone, dirty)

    def _share(self, sums, count, alone, dirty):
        """count is 0 when the entry is not present: shared perhaps."""
        pss = (self.page << PSS_SHIFT) // (count or 1)
        sums["Pss"] += pss
        sums["Pss_Dirty"] += pss if dirty else 0
        sums[("Private" if alone else "Shared") + ("_Dirty" if dirty else "_Clean")] += self.page

    # ---- vmstat

    def vmstat(self):
        """Each mapped page once, whatever maps it (__folio_add_rmap()); THPs in the unit of /proc/vmstat."""
        anon = {"anon", "anon-swapcache", "ksm"}
        mapped = {pfn for pfn, nr in self.counts.items() if nr}
        if not self.counts_pages: # all of a large folio, whatever of it is mapped
            heads = {self.found.head(pfn) for pfn in mapped}
            mapped |= {head.pfn + i for head in heads for i in range(1 << head.order)}
        kinds = collections.Counter(self.found.pages[pfn].kind for pfn in mapped)
        sums = collections.Counter(nr_anon_pages=sum(kinds[kind] for kind in anon),
                                   nr_page_table_pages=self.found.totals["typed tables that are reached"])
        sums["nr_mapped"] = sum(kinds.values()) - sums["nr_anon_pages"] - kinds["hugetlb"]
        wholes = {entry.value for entry in self.found.tables["entry"] if entry.level == 2 and self.has_page(entry)}
        for head in map(self.found.pages.get, wholes):
            if head.kind in anon:
                sums["nr_anon_transparent_hugepages"] += 1
            elif head.kind != "hugetlb":
                sums["nr_shmem_pmdmapped" if "swapbacked" in head.flags else "nr_file_pmdmapped"] += 1
        return sums
