# SPDX-License-Identifier: GPL-2.0-or-later
"""Physical memory in an ELF core: VMCOREINFO, kernel page tables, the memmap."""
import mmap
import re
import struct

START_KERNEL_MAP = 0xffffffff80000000
EM_X86_64, EM_AARCH64, EM_PPC64, EM_RISCV, EM_S390 = 62, 183, 21, 243, 22
MASK64 = (1 << 64) - 1


class X86:
    """Where the kernel image and its page table are, and what entries say."""

    def __init__(self, core):
        self.image_offset = core.number("phys_base") - START_KERNEL_MAP
        self.phys_base = core.number("phys_base")
        self.va_bits = 57 if core.info.get("NUMBER(pgtable_l5_enabled)") == "1" else 48

    def entry(self, entry, level):
        """(address, whether it maps memory), None: neither memory nor a table."""
        if not entry & 1:
            return None
        return entry & 0x000ffffffffff000, level == 0 or bool(entry & 0x80 and level < 3)


class Arm64:
    def __init__(self, core):
        self.image_offset = -core.number("kimage_voffset")
        self.phys_base = 0
        self.shift = core.page_shift
        self.va_bits = 64 - core.number("TCR_EL1_T1SZ")
        self.wide = self.shift < 16 and self.va_bits == 52

    def entry(self, entry, level):
        if not entry & 1:
            return None
        address = entry & (1 << (50 if self.wide else 48)) - (1 << self.shift)
        if self.wide:
            address |= (entry >> 8 & 3) << 50
        elif self.shift == 16:
            address |= (entry >> 12 & 15) << 48
        return address, level == 0 or not entry & 2


class Riscv:
    def __init__(self, core):
        self.image_offset = -core.number("va_kernel_pa_offset")
        self.phys_base = 0
        self.va_bits = core.number("VA_BITS")

    def entry(self, entry, level):
        if not entry & 1:
            return None
        return (entry >> 10 & (1 << 44) - 1) << 12, bool(entry & 14)

    def executable(self, entry):
        return bool(entry & 8)


class Ppc64:
    """The radix MMU; levels are not as wide as each other."""

    def __init__(self, core):
        self.image_offset = -0xc000000000000000
        self.phys_base = 0
        self.va_bits = 52
        self.index_bits = [9 if core.page_shift == 12 else 5, 9, 9, 13]
        self.entry_order = ">"

    def entry(self, entry, level):
        if not entry >> 63:
            return None
        return entry & (1 << 53) - (1 << 12 if entry >> 62 & 1 else 1 << 8), bool(entry >> 62 & 1)

    def executable(self, entry):
        return bool(entry & 1)


class S390x:
    """Entries of all tables but the last say which kind of table they are in: so the root says how many levels there are."""

    INVALID, LARGE, KIND = 0x20, 0x400, 0x0c

    def __init__(self, core):
        self.phys_base = 0
        self.image_offset = 0
        if "KERNELOFFPHYS" in core.info:	# since v6.10
            self.image_offset = int(core.info["KERNELOFFPHYS"], 16) - int(core.info["KERNELOFFSET"], 16)
        root = core.symbol("swapper_pg_dir") + self.image_offset & MASK64
        kind = struct.unpack_from(">Q", core.data, core.file_offset(root))[0] & self.KIND
        self.index_bits = [8] + [11] * (kind // 4 + 1)
        self.va_bits = 12 + sum(self.index_bits)

    def entry(self, entry, level):
        if level == 0:
            return None if entry & 0x400 else (entry & -4096, True)
        if entry & self.INVALID or entry & self.KIND != level - 1 << 2:
            return None
        return entry & (-1 << 11 if level == 1 else -4096), bool(level <= 2 and entry & self.LARGE)

    def executable(self, entry):
        return not entry & 0x100


class Core:
    """An ELF core, by physical address."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        self.order = ">" if self.data[5] == 2 else "<"
        phoff, phnum = self.word(self.data, 32), self.unpack("H", self.data, 56)[0]
        self.loads, self.notes = [], b""
        for i in range(phnum):
            kind, _, off, vaddr, paddr, filesz, _, _ = self.unpack("IIQQQQQQ", self.data, phoff + 56 * i)
            if kind == 1:
                self.loads.append((paddr, filesz, off, vaddr))
            elif kind == 4:
                self.notes, self.notes_at = self.data[off:off + filesz], off
        self.info = self.vmcoreinfo()
        self.page_size = int(self.info["PAGESIZE"])
        self.page_shift = self.page_size.bit_length() - 1
        machine, = self.unpack("H", self.data, 18)
        self.machine = {EM_X86_64: X86, EM_AARCH64: Arm64, EM_RISCV: Riscv, EM_PPC64: Ppc64, EM_S390: S390x}[machine](self)

    def unpack(self, form, data, offset=0):
        """Numbers as the machine wrote them."""
        return struct.unpack_from(self.order + form, data, offset)

    def word(self, data, offset=0):
        return self.unpack("Q", data, offset)[0]

    def vmcoreinfo(self):
        at = 0
        if b"VMCOREINFO" not in self.notes:	# s390x: the first page of memory says where it is (lowcore.vmcore_info)
            self.notes += self.lowcore_note()
        while at + 12 <= len(self.notes):
            namesz, descsz, _ = self.unpack("III", self.notes, at)
            name = self.notes[at + 12:at + 12 + namesz].rstrip(b"\0")
            desc = at + 12 + (namesz + 3) // 4 * 4
            if name == b"VMCOREINFO":
                self.info_at, self.info_size = desc, descsz
                text = self.notes[desc:desc + descsz].rstrip(b"\0").decode()
                return dict(line.split("=", 1) for line in text.splitlines())
            at = desc + (descsz + 3) // 4 * 4
        raise ValueError("no VMCOREINFO note")

    def lowcore_note(self):
        at = self.file_offset(self.word(self.data, self.file_offset(0xe0c)))
        name, size, _ = self.unpack("III", self.data, at)
        return self.data[at:at + 12 + (name + 3) // 4 * 4 + (size + 3) // 4 * 4]

    def number(self, name):
        text = self.info[f"NUMBER({name})"]
        return int(text, 16 if text.startswith("0x") else 10)

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
        pa, parts, found = pfn * self.page_size, bytearray(self.page_size), False
        for start, size, off, _ in self.loads:
            lo, hi = max(pa, start), min(pa + self.page_size, start + size)
            if lo < hi:
                parts[lo - pa:hi - pa] = self.data[off + lo - start:off + hi - start]
                found = True
        return bytes(parts) if found else None

    # --- virtual addresses

    def image_pa(self, va):
        """Physical address of something in the kernel image."""
        return (va + self.machine.image_offset) & MASK64

    def level_shifts(self):
        """Shift of each level, and one past the last."""
        bits, shift = self.page_shift - 3, self.page_shift
        equal = [bits] * ((self.machine.va_bits - shift + bits - 1) // bits)
        shifts = [shift]
        for width in getattr(self.machine, "index_bits", equal):
            shifts.append(shifts[-1] + width)
        return shifts

    def translate(self, va):
        """Walks the kernel's page tables; None where nothing is mapped."""
        table = self.image_pa(self.symbol("swapper_pg_dir"))
        va_bits, shifts = self.machine.va_bits, self.level_shifts()
        for level in range(len(shifts) - 2, -1, -1):
            shift = shifts[level]
            index = (va & (1 << va_bits) - 1) >> shift & (1 << shifts[level + 1] - shift) - 1
            at = self.file_offset(table + index * 8)
            found = self.machine.entry(self.words_of(table + index * 8, 1)[0] if at is not None else 0, level)
            if not found:
                return None
            table, leaf = found
            if leaf:
                size = 1 << shift
                return (table & -size) | (va & (size - 1))
        return None

    def words_of(self, table, nr):
        """A table of entries."""
        at = self.file_offset(table)
        order = getattr(self.machine, "entry_order", self.order)
        return struct.unpack_from(f"{order}{nr}Q", self.data, at) if at is not None else ()

    def module_text(self, table=None, level=None):
        """pfns that the kernel maps one by one and executable; none where entries do not tell."""
        shifts = self.level_shifts()
        if not hasattr(self.machine, "executable"):
            return
        if table is None:
            table, level = self.image_pa(self.symbol("swapper_pg_dir")), len(shifts) - 2
        for entry in self.words_of(table, 1 << shifts[level + 1] - shifts[level]):
            address, leaf = self.machine.entry(entry, level) or (None, True)
            if not leaf:
                yield from self.module_text(address, level - 1)
            elif address is not None and level == 0 and self.machine.executable(entry):
                yield address // self.page_size

    def value(self, va, size=8):
        at = self.file_offset(self.translate(va))
        return int.from_bytes(self.data[at:at + size], "big" if self.order == ">" else "little")


class Memmap:
    """struct page of every pfn, with the little decoding that filtering needs.

    The offsets come from VMCOREINFO, as for makedumpfile.  Two things are known
    here that makedumpfile 1.7 does not know: tails that hold a mask instead of
    a pointer to their head, and heads that are copies (hugetlb vmemmap
    optimisation).
    """

    def __init__(self, core):
        self.core, self.vmemmap, self.frames = core, self.first_map(core), {}
        self.size = int(core.info["SIZE(page)"])
        self.mask_tails = "OFFSET(page.compound_info)" in core.info
        self.head_at = core.offset("page.compound_info" if self.mask_tails else "page.compound_head")
        self.mapping_at, self.type_at = core.offset("page.mapping"), core.offset("page._mapcount")
        self.private_at = core.offset("page.private")
        self.bit = {n: 1 << core.number(f"PG_{n}") for n in ("lru", "swapcache", "swapbacked")}
        self.head_bit = core.number("PG_head_mask")
        self.buddy = core.number("PAGE_BUDDY_MAPCOUNT_VALUE") & 0xffffffff
        self.enum_types = self.buddy == 0xf0000000

    @staticmethod
    def first_map(core):
        """vmemmap, as the first memory section that has struct pages says it (mem_section), or where a flat mem_map has pfn 0."""
        if "SIZE(mem_section)" not in core.info:
            node = core.symbol("contig_page_data")
            first = core.value(node + core.offset("pglist_data.node_start_pfn"))
            return core.value(node + core.offset("pglist_data.node_mem_map")) - first * int(core.info["SIZE(page)"])
        size, at = int(core.info["SIZE(mem_section)"]), core.offset("mem_section.section_mem_map")
        for root in range(int(core.info["LENGTH(mem_section)"])):
            sections = core.value(core.symbol("mem_section") + 8 * root)
            for i in range(core.page_size // size) if sections else ():
                word = core.value(sections + i * size + at)
                if word & 2:
                    return word & ~63
        raise ValueError("no memory section has struct pages")

    def frame(self, number):
        if number not in self.frames:
            pa = self.core.translate(number << self.core.page_shift)
            self.frames[number] = self.core.page(pa >> self.core.page_shift) if pa is not None else None
        return self.frames[number]

    def get(self, pfn):
        """The bytes of one struct page, or None; of 56 bytes it may lie across two frames."""
        va, shift = self.vmemmap + pfn * self.size, self.core.page_shift
        first, last = self.frame(va >> shift), self.frame(va + self.size - 1 >> shift)
        start = va & self.core.page_size - 1
        if not first or not last:
            return None
        return (first if first is last else first + last)[start:start + self.size]

    def head(self, pfn, page):
        """pfn of the head; pfn itself for a page that is no tail."""
        word = self.core.word(page, self.head_at)
        if not word & 1:
            after = self.get(pfn + 1) if self.core.word(page) & self.head_bit and pfn % (self.core.page_size // self.size) == 0 else None
            word = self.core.word(after, self.head_at) if after else 0
            if not word & 1 or self.mask_tails:
                return pfn
        if self.mask_tails:
            return ((self.vmemmap + pfn * self.size & word) - self.vmemmap) // self.size
        return ((word & ~1) - self.vmemmap) // self.size

    def page_type(self, page):
        """The word that is a type or a map count, or None when it is a count."""
        word = self.core.unpack("I", page, self.type_at)[0]
        low, high = (0xf0000000, 0xff000000) if self.enum_types else (0xf0000000, 0xffffff80)
        return word if low <= word < high else None

    def is_hugetlb(self, pfn, page):
        info = self.core.info
        if "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)" in info:
            return self.page_type(page) == int(info["NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)"]) & 0xffffffff
        if not self.core.word(page) & self.head_bit or "OFFSET(page.compound_dtor)" not in info:
            return False
        if "NUMBER(HUGETLB_PAGE_DTOR)" not in self.core.info:	# built without
            return False
        return self.get(pfn + 1)[self.core.offset("page.compound_dtor")] == self.core.number("HUGETLB_PAGE_DTOR")

    def is_user_data(self, pfn, page):
        """What makedumpfile -d 14 leaves out: page cache, anonymous memory, hugetlb."""
        if self.is_hugetlb(pfn, page):
            return True
        flags = self.core.word(page)
        slab = self.core.info.get("NUMBER(PG_slab)")
        if self.page_type(page) is not None or (slab and not self.enum_types and flags >> int(slab) & 1):
            return False
        swapcache = self.bit["swapcache"] | self.bit["swapbacked"]
        return bool(self.core.word(page, self.mapping_at) & 1 or flags & self.bit["lru"] or flags & swapcache == swapcache)

    def excluded(self, pfns):
        """{pfn: "free" | "user"} for what a dump of level 30 does not hold."""
        result = {}
        for pfn in pfns:
            page = self.get(pfn)
            if not page:
                continue
            if self.core.unpack("I", page, self.type_at)[0] == self.buddy:
                for i in range(1 << (self.core.word(page, self.private_at) & 15)):
                    result[pfn + i] = "free"
            elif pfn not in result:
                head = self.head(pfn, page)
                page = self.get(head) if head != pfn else page
                if page and self.is_user_data(head, page):
                    result[pfn] = "user"
        return result


def ram_ranges(iomem, page):
    """(first pfn, end pfn) of each System RAM line of /proc/iomem."""
    ranges = []
    for m in re.finditer(r"^([0-9a-f]+)-([0-9a-f]+) : System RAM", iomem, re.M):
        ranges.append((int(m[1], 16) // page, (int(m[2], 16) + page) // page))
    return ranges
