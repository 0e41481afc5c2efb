# SPDX-License-Identifier: GPL-2.0-or-later
"""What /proc/kpageflags and /proc/kpagecount say of a page that the census shows: stable_page_flags() of Linux
fs/proc/page.c, from the census's kind and the page's flag names.

Up to 6.1 the kernel copies the flags of the page itself, later those of its folio.
"""
import collections

BITS = ("locked", "error", "referenced", "uptodate", "dirty", "lru", "active", "SLAB", "writeback", "reclaim", "BUDDY",
        "MMAP", "ANON", "swapcache", "swapbacked", "HEAD", "TAIL", "HUGE", "unevictable", "hwpoison", "NOPAGE", "KSM",
        "THP", "OFFLINE", "ZERO", "idle", "PGTABLE", "b27", "b28", "b29", "b30", "b31", "reserved", "mlocked",
        "owner_2", "private", "private_2", "owner_priv_1", "arch_1", "uncached", "softdirty", "arch_2", "arch_3")
BIT = {name: 1 << i for i, name in enumerate(BITS)}

# Page flags that the kernel copies: name in the census -> KPF bit.  Others (workingset, young, head) have none, or none alone.
COPIED = {name: BIT[name] for name in (
    "locked", "error", "referenced", "uptodate", "dirty", "lru", "active", "writeback", "reclaim", "swapbacked",
    "unevictable", "hwpoison", "reserved", "mlocked", "owner_2", "private", "private_2", "owner_priv_1", "arch_1",
    "uncached", "idle")}
COPIED["mappedtodisk"] = BIT["owner_2"]

# What a kind adds.  Kinds that are not here have no bit of their own.
KIND_BITS = {
    "buddy": BIT["BUDDY"], "anon": BIT["ANON"], "anon-swapcache": BIT["ANON"], "ksm": BIT["ANON"] | BIT["KSM"],
    "hugetlb": BIT["HUGE"], "hugetlb-free": BIT["HUGE"], "slab": BIT["SLAB"], "page-table": BIT["PGTABLE"],
    "offline": BIT["OFFLINE"], "zero-page": BIT["ZERO"], "huge-zero-page": BIT["ZERO"] | BIT["THP"],
}
LRU_KINDS = {"anon", "anon-swapcache", "ksm", "file", "shmem", "shmem-swapcache", "orphan-lru"}

# Not compound, though the census gives an order and a first page.
NOT_COMPOUND = {"buddy", "pcp-free", "trylock-free", "kernel-interior"}

Page = collections.namedtuple("Page", "pfn kind order head refcount mapcount flags")


def average_mapcount(large, entire, order):
    """What kernels without mapcounts of single pages show for each page of a large folio (folio_average_page_mapcount())."""
    if large <= entire:
        return max(entire, 0)
    return max((large - entire + (1 << order) // 2 >> order) + entire, 1)


def names(bits):
    return "|".join(name for i, name in enumerate(BITS) if bits >> i & 1) or "-"


def parse_page(line):
    pfn, kind, order, head, refcount, mapcount, flags = line.rstrip("\n").split("\t")
    return Page(int(pfn), kind, int(order), int(head), None if refcount == "-" else int(refcount),
                None if mapcount == "-" else int(mapcount), () if flags == "-" else tuple(flags.split("|")))


def is_tail(page):
    return page.head != page.pfn and page.kind not in NOT_COMPOUND


class Model:
    """The model of one kernel: by_folio since 6.10, when kpageflags began to show the folio's flags for each page."""

    def __init__(self, pages, by_folio):
        self.pages = pages
        self.by_folio = by_folio
        self.ignored = self._ignored_by_kind()

    def _ignored_by_kind(self):
        """Bits that say nothing about a page of a kind."""
        ignored = collections.defaultdict(int)
        ignored["hugetlb"] = BIT["ANON"]  # private or shared: the census has one kind for both
        if self.by_folio:
            # 6.12 shows KSM wherever it shows ANON, and both for slab pages, whose mapping word is something else
            for kind in ("anon", "anon-swapcache", "hugetlb"):
                ignored[kind] |= BIT["KSM"]
            ignored["slab"] |= BIT["ANON"] | BIT["KSM"]
        return ignored

    def head(self, page):
        return self.pages.get(page.head, page) if is_tail(page) else page

    def _compound_bits(self, page, head):
        if is_tail(page):
            bits = BIT["TAIL"]
        elif "head" in page.flags:
            bits = BIT["HEAD"]
        else:
            return 0
        if page.kind in LRU_KINDS and ("lru" in head.flags or page.kind.startswith("anon") or self.by_folio):
            bits |= BIT["THP"]
        return bits

    def _kind_bits(self, page):
        """A table of several pages (s390x) is marked in its head alone."""
        return 0 if page.kind == "page-table" and is_tail(page) else KIND_BITS.get(page.kind, 0)

    def bits(self, page):
        """What kpageflags should show, but for MMAP of compound pages."""
        head = self.head(page)
        flags = head.flags if self.by_folio else page.flags
        bits = self._kind_bits(page) | self._compound_bits(page, head)
        for name in flags:
            bits |= COPIED.get(name, 0)
        if "owner_priv_1" in flags and "swapbacked" in flags:
            bits |= BIT["swapcache"]
        if page.mapcount:
            bits |= BIT["MMAP"]
        return bits

    def compared(self, page):
        """The bits of it that are compared."""
        mask = ~self.ignored[page.kind]
        if page.head != page.pfn or "head" in page.flags:
            mask &= ~BIT["MMAP"]  # mapped as a whole: the count of that is in no page's own mapcount
        return mask
