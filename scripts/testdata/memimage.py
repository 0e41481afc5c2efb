# SPDX-License-Identifier: GPL-2.0-or-later
"""Physical memory in an ELF core: VMCOREINFO, kernel page tables, the memmap."""
import mmap
import re
import struct

PAGE = 4096
START_KERNEL_MAP = 0xffffffff80000000
MASK64 = (1 << 64) - 1


def words(data, offset=0):
    return struct.unpack_from("<Q", data, offset)[0]


class Core:
    """An ELF core, by physical address."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        phoff, phnum = words(self.data, 32), struct.unpack_from("<H", self.data, 56)[0]
        self.loads, self.notes = [], b""
        for i in range(phnum):
            kind, _, off, vaddr, paddr, filesz, _, _ = struct.unpack_from("<IIQQQQQQ", self.data, phoff + 56 * i)
            if kind == 1:
                self.loads.append((paddr, filesz, off, vaddr))
            elif kind == 4:
                self.notes, self.notes_at = self.data[off:off + filesz], off
        self.info = self.vmcoreinfo()

    def vmcoreinfo(self):
        at = 0
        while at + 12 <= len(self.notes):
            namesz, descsz, _ = struct.unpack_from("<III", self.notes, at)
            name = self.notes[at + 12:at + 12 + namesz].rstrip(b"\0")
            desc = at + 12 + (namesz + 3) // 4 * 4
            if name == b"VMCOREINFO":
                self.info_at, self.info_size = desc, descsz
                text = self.notes[desc:desc + descsz].rstrip(b"\0").decode()
                return dict(line.split("=", 1) for line in text.splitlines())
            at = desc + (descsz + 3) // 4 * 4
        raise ValueError("no VMCOREINFO note")

    def number(self, name):
        return int(self.info[f"NUMBER({name})"])

    def offset(self, name):
        return int(self.info[f"OFFSET({name})"])

    def symbol(self, name):
        return int(self.info[f"SYMBOL({name})"], 16)

    def file_offset(self, pa):
        for start, size, off, _ in self.loads:
            if start <= pa < start + size:
                return off + pa - start
        return None

    def page(self, pfn):
        """The page's bytes; missing parts read as zero, None if all is missing."""
        pa, parts, found = pfn * PAGE, bytearray(PAGE), False
        for start, size, off, _ in self.loads:
            lo, hi = max(pa, start), min(pa + PAGE, start + size)
            if lo < hi:
                parts[lo - pa:hi - pa] = self.data[off + lo - start:off + hi - start]
                found = True
        return bytes(parts) if found else None

    # --- virtual addresses

    def image_pa(self, va):
        """Physical address of something in the kernel image."""
        return (va - START_KERNEL_MAP + self.number("phys_base")) & MASK64

    def translate(self, va):
        """Walks the kernel's page tables; None where nothing is mapped."""
        table = self.image_pa(self.symbol("swapper_pg_dir"))
        levels = 5 if self.info.get("NUMBER(pgtable_l5_enabled)") == "1" else 4
        for level in range(levels - 1, -1, -1):
            shift = 12 + 9 * level
            at = self.file_offset(table + (va >> shift & 511) * 8)
            entry = words(self.data, at) if at is not None else 0
            if not entry & 1:
                return None
            base = entry & 0x000ffffffffff000
            if level == 0 or (entry & 0x80 and level < 3):
                size = 1 << shift
                return (base & -size) | (va & (size - 1))
            table = base
        return None

    def value(self, va, size=8):
        at = self.file_offset(self.image_pa(va))
        return int.from_bytes(self.data[at:at + size], "little")


class Memmap:
    """struct page of every pfn, with the little decoding that filtering needs.

    The offsets come from VMCOREINFO, as for makedumpfile.  Two things are known
    here that makedumpfile 1.7 does not know: tails that hold a mask instead of
    a pointer to their head, and heads that are copies (hugetlb vmemmap
    optimisation).
    """

    def __init__(self, core, vmemmap):
        self.core, self.vmemmap, self.frames = core, vmemmap, {}
        self.size = int(core.info["SIZE(page)"])
        self.mask_tails = "OFFSET(page.compound_info)" in core.info
        self.head_at = core.offset("page.compound_info" if self.mask_tails else "page.compound_head")
        self.mapping_at, self.type_at = core.offset("page.mapping"), core.offset("page._mapcount")
        self.private_at = core.offset("page.private")
        self.bit = {n: 1 << core.number(f"PG_{n}") for n in ("lru", "swapcache", "swapbacked")}
        self.head_bit = core.number("PG_head_mask")
        self.buddy = core.number("PAGE_BUDDY_MAPCOUNT_VALUE") & 0xffffffff
        self.enum_types = self.buddy == 0xf0000000

    def get(self, pfn):
        """The bytes of one struct page, or None."""
        va = self.vmemmap + pfn * self.size
        frame = va >> 12
        if frame not in self.frames:
            pa = self.core.translate(frame << 12)
            self.frames[frame] = self.core.page(pa >> 12) if pa is not None else None
        data = self.frames[frame]
        return data[va & 4095:(va & 4095) + self.size] if data else None

    def head(self, pfn, page):
        """pfn of the head; pfn itself for a page that is no tail."""
        word = words(page, self.head_at)
        if not word & 1:
            after = self.get(pfn + 1) if words(page) & self.head_bit and pfn % 64 == 0 else None
            word = words(after, self.head_at) if after else 0
            if not word & 1 or self.mask_tails:
                return pfn
        if self.mask_tails:
            return ((self.vmemmap + pfn * self.size & word) - self.vmemmap) // self.size
        return ((word & ~1) - self.vmemmap) // self.size

    def page_type(self, page):
        """The word that is a type or a map count, or None when it is a count."""
        word = struct.unpack_from("<I", page, self.type_at)[0]
        low, high = (0xf0000000, 0xff000000) if self.enum_types else (0xf0000000, 0xffffff80)
        return word if low <= word < high else None

    def is_hugetlb(self, pfn, page):
        info = self.core.info
        if "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)" in info:
            return self.page_type(page) == int(info["NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)"]) & 0xffffffff
        if not words(page) & self.head_bit or "OFFSET(page.compound_dtor)" not in info:
            return False
        if "NUMBER(HUGETLB_PAGE_DTOR)" not in self.core.info:	# built without
            return False
        return self.get(pfn + 1)[self.core.offset("page.compound_dtor")] == self.core.number("HUGETLB_PAGE_DTOR")

    def is_user_data(self, pfn, page):
        """What makedumpfile -d 14 leaves out: page cache, anonymous memory, hugetlb."""
        if self.is_hugetlb(pfn, page):
            return True
        flags = words(page)
        slab = self.core.info.get("NUMBER(PG_slab)")
        if self.page_type(page) is not None or (slab and not self.enum_types and flags >> int(slab) & 1):
            return False
        swapcache = self.bit["swapcache"] | self.bit["swapbacked"]
        return bool(words(page, self.mapping_at) & 1 or flags & self.bit["lru"] or flags & swapcache == swapcache)

    def excluded(self, pfns):
        """{pfn: "free" | "user"} for what a dump of level 30 does not hold."""
        result = {}
        for pfn in pfns:
            page = self.get(pfn)
            if not page:
                continue
            if struct.unpack_from("<I", page, self.type_at)[0] == self.buddy:
                for i in range(1 << (words(page, self.private_at) & 15)):
                    result[pfn + i] = "free"
            elif pfn not in result:
                head = self.head(pfn, page)
                page = self.get(head) if head != pfn else page
                if page and self.is_user_data(head, page):
                    result[pfn] = "user"
        return result


def ram_ranges(iomem):
    """(first pfn, end pfn) of each System RAM line of /proc/iomem."""
    ranges = []
    for m in re.finditer(r"^([0-9a-f]+)-([0-9a-f]+) : System RAM", iomem, re.M):
        ranges.append((int(m[1], 16) // PAGE, (int(m[2], 16) + PAGE) // PAGE))
    return ranges
