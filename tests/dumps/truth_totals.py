# SPDX-License-Identifier: GPL-2.0-or-later
"""Sums over the census beside the counters that the guest printed (buddyinfo, zoneinfo, vmstat, meminfo, sysfs).

Each may be off by what was allocated or freed while the truth was written (the pfns in motion), counters of vmstat also
by what CPUs keep to themselves (Linux pcp->stat_threshold).  The golden file holds how far each really is off.
"""
import collections
import re

Total = collections.namedtuple("Total", "name guest census slack")


class Guest:
    """What the guest printed."""

    def __init__(self, dump):
        truth = dump.truth
        self.page_kib = dump.page_kib
        self.vmstat = {name: int(n) for name, n in re.findall(r"^(\w+) (\d+)$", (truth / "proc/vmstat").read_text(), re.M)}
        self.meminfo = {name: int(n) for name, n in
                        re.findall(r"^([\w()]+): +(\d+)", (truth / "proc/meminfo").read_text(), re.M)}
        self.zoneinfo = (truth / "proc/zoneinfo").read_text()
        self.buddy = self._buddyinfo((truth / "proc/buddyinfo").read_text())
        self.sys = (truth / "sys").read_text(errors="replace")
        self.stat_slack = sum(map(int, re.findall(r"vm stats threshold: (\d+)", self.zoneinfo)))

    @staticmethod
    def _buddyinfo(text):
        blocks = collections.Counter()
        for line in text.splitlines():
            for order, nr in enumerate(line.split("zone")[1].split()[1:]):
                blocks[order] += int(nr)
        return blocks

    def pcp(self):
        """Pages on per-CPU lists."""
        return sum(map(int, re.findall(r"^ +count: +(\d+)", self.zoneinfo, re.M)))

    def vmstat_sum(self, *wanted):
        return sum(self.vmstat.get(name, 0) for name in wanted)

    def sysfs(self, path):
        match = re.search(rf"^{re.escape(path)}\n\t(\d+)", self.sys, re.M)
        return int(match[1]) if match else None

    def huge_pages(self, what):
        """Ordinary pages in the pools of all sizes."""
        name = rf"^/sys/kernel/mm/hugepages/hugepages-(\d+)kB/{what}\n\t(\d+)"
        return sum(int(kib) // self.page_kib * int(nr) for kib, nr in re.findall(name, self.sys, re.M))


class Census:
    """Sums over the census."""

    def __init__(self, test):
        self.pages = test.pages
        self.truth = test.truth
        self.kinds = collections.Counter(p.kind for p in test.pages.values())

    def of(self, *wanted):
        return sum(self.kinds[kind] for kind in wanted)

    def folios(self, flag, *wanted):
        """Pages of the folios with a flag."""
        return sum(1 << p.order for p in self.pages.values()
                   if p.head == p.pfn and flag in p.flags and (not wanted or p.kind in wanted))

    def buddy_blocks(self):
        return collections.Counter(p.order for p in self.pages.values() if p.kind == "buddy" and p.head == p.pfn)

    def mapped(self, *wanted):
        """Pages that are mapped; of large folios the census does not say, kpagecount does."""
        def is_mapped(p):
            if p.head == p.pfn and "head" not in p.flags:
                return bool(p.mapcount)
            return p.pfn < len(self.truth) and bool(self.truth.seen(p.pfn).count)
        return sum(p.kind in wanted and is_mapped(p) for p in self.pages.values())

    def untyped_compounds(self):
        """Pages of compound pages without a type that nobody maps: large kmalloc, where that has no type."""
        mapped = {p.head for p in self.pages.values() if p.kind == "kernel" and p.mapcount}
        return sum(1 << p.order for p in self.pages.values()
                   if p.kind == "kernel" and "head" in p.flags and p.head not in mapped)


def free_totals(guest, census, motion):
    blocks = census.buddy_blocks()
    yield Total("free pages (buddyinfo)", sum(nr << order for order, nr in guest.buddy.items()), census.of("buddy"), motion)
    for order in sorted(set(guest.buddy) | set(blocks)):
        yield Total(f"free blocks of order {order}", guest.buddy[order], blocks[order], motion)
    yield Total("free pages on per-CPU lists", guest.pcp(), census.of("pcp-free"), motion)


def user_totals(guest, census):
    stat = guest.vmstat_sum
    anon = ("anon", "anon-swapcache", "ksm")
    cache = ("file", "shmem", "shmem-swapcache", "anon-swapcache")
    yield Total("nr_anon_pages", stat("nr_anon_pages"), census.mapped(*anon), 0)
    yield Total("nr_mapped", stat("nr_mapped"), census.mapped("file", "shmem", "shmem-swapcache", "kernel", "reserved"), 0)
    yield Total("nr_file_pages", stat("nr_file_pages"), census.of(*cache), 0)
    yield Total("nr_shmem", stat("nr_shmem"), census.of("shmem"), 0)
    if "nr_swapcached" in guest.vmstat:
        yield Total("nr_swapcached", stat("nr_swapcached"), census.of("anon-swapcache", "shmem-swapcache"), 0)
    yield Total("lists of the LRU", stat("nr_inactive_anon", "nr_active_anon", "nr_inactive_file", "nr_active_file",
                                         "nr_unevictable"), census.folios("lru"), 0)
    yield Total("lists of anon", stat("nr_inactive_anon", "nr_active_anon"), lru_anon(census), 0)
    yield Total("nr_unevictable", stat("nr_unevictable"), census.folios("unevictable"), 0)
    yield Total("nr_mlock", stat("nr_mlock"), census.folios("mlocked"), 0)
    yield Total("nr_writeback", stat("nr_writeback"), census.folios("writeback", *anon, *cache), 0)


def lru_anon(census):
    """The lists of anon hold what is swap-backed: a MADV_FREE'd page is anon on the lists of files."""
    return sum(1 << p.order for p in census.pages.values()
               if p.head == p.pfn and {"lru", "swapbacked"} <= set(p.flags) and "unevictable" not in p.flags)


def kernel_totals(guest, census, motion):
    stat = guest.vmstat_sum
    slab = stat("nr_slab_reclaimable", "nr_slab_unreclaimable")
    typed = census.of("large-kmalloc")
    # kmalloc() beyond the largest cache counts as slab; where it has no type, it hides among untyped compound pages
    yield Total("nr_slab", slab, census.of("slab") + (typed or census.untyped_compounds()), motion)
    yield Total("nr_page_table_pages", stat("nr_page_table_pages"), census.of("page-table"), 0)
    yield Total("nr_zspages", stat("nr_zspages"), census.of("zsmalloc", "movable-ops"), 0)
    yield Total("balloon", stat("balloon_inflate") - stat("balloon_deflate"), census.of("offline"), 0)
    yield Total("HardwareCorrupted", guest.meminfo.get("HardwareCorrupted", 0) // guest.page_kib, census.folios("hwpoison"), 0)
    yield Total("ksm/pages_shared", guest.sysfs("/sys/kernel/mm/ksm/pages_shared") or 0, census.of("ksm"), 0)
    yield Total("HugePages_Total", guest.huge_pages("nr_hugepages"), census.of("hugetlb", "hugetlb-free"), 0)
    yield Total("HugePages_Free", guest.huge_pages("free_hugepages"), census.of("hugetlb-free"), 0)


def totals(test, guest, census):
    motion = test.truth.motion()
    yield from free_totals(guest, census, motion)
    for t in [*user_totals(guest, census), *kernel_totals(guest, census, motion)]:
        yield t._replace(slack=t.slack + guest.stat_slack)


def compare_totals(test):
    """The table of all totals; whatever is further off than it may be is in test.wrong."""
    guest, census = Guest(test.dump), Census(test)
    lines, wrong = ["", "total                                        guest   census"], []
    for t in totals(test, guest, census):
        off = t.census - t.guest
        lines.append(f"{t.name:<40} {t.guest:>9} {t.census:>8}" + (f"  {off:+}" if off else ""))
        if abs(off) > t.slack:
            wrong.append(f"{t.name}: the guest says {t.guest}, the census {t.census}, may differ by {t.slack}")
    test.cases.case(f"{test.dump.name}: {len(lines) - 2} totals", wrong)
    return "\n".join(lines) + "\n"
