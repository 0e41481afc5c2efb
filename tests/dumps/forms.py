# SPDX-License-Identifier: GPL-2.0-or-later
"""Make other forms of a dump file, as makedumpfile would: flattened, and split in parts."""
import random
import struct

BLOCK = 4096  # of a flattened file
DESC = "QIIQ"
# In the second block of a kdump: kdump_sub_header of makedumpfile's diskdump_mod.h.
SPLIT, START, START_64, MAX_MAPNR_64 = 12, 16, 80, 96


def record(offset, data):
    return struct.pack(">qq", offset, len(data)) + data


def flatten(data, seed=1, end=True, piece=65536):
    """Records in an order of chance; the first block comes once more at the end, right this time, as headers do."""
    rng = random.Random(seed)
    places = list(range(0, len(data), piece))
    rng.shuffle(places)
    parts = [b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1).ljust(BLOCK - 16, b"\0")]
    parts.append(record(0, rng.randbytes(min(464, len(data)))))
    parts += [record(at, data[at:at + piece]) for at in places]
    parts.append(record(0, data[:464]))
    if end:
        parts.append(struct.pack(">qq", -1, -1))
    return b"".join(parts)


class Kdump:
    """Headers and descriptors of a kdump file, in the byte order of the machine that wrote it."""

    def __init__(self, data):
        self.data = data
        self.order = "<" if int.from_bytes(data[8:12], "little") < 0x10000 else ">"  # the version is a small number
        self.block, sub_blocks, bitmap_blocks = struct.unpack_from(self.order + "III", data, 428)  # blocks are pages
        self.max_mapnr = struct.unpack_from(self.order + "Q", data, self.block + MAX_MAPNR_64)[0]
        desc = self.desc = struct.Struct(self.order + DESC)
        bitmap = self.bitmap = (1 + sub_blocks + bitmap_blocks // 2) * self.block  # of what is stored
        self.descs_at = (1 + sub_blocks + bitmap_blocks) * self.block
        self.stored = [pfn for pfn in range(self.max_mapnr) if data[bitmap + pfn // 8] >> pfn % 8 & 1]
        self.descs = [desc.unpack_from(data, self.descs_at + i * desc.size) for i in range(len(self.stored))]


def split(data, *borders):
    """The parts of a kdump whose pages go from one border to the next; the first begins at 0, the last has the rest."""
    dump = Kdump(data)
    ends = [*borders, dump.max_mapnr]
    return [part(dump, first, end) for first, end in zip([0, *borders], ends)]


def part(dump, first, end):
    head, order = bytearray(dump.data[:dump.descs_at]), dump.order
    struct.pack_into(order + "I", head, dump.block + SPLIT, 1)
    struct.pack_into(order + "QQ", head, dump.block + START, first & 0xffffffff, end & 0xffffffff)
    struct.pack_into(order + "QQ", head, dump.block + START_64, first, end)
    mine = [desc for pfn, desc in zip(dump.stored, dump.descs) if first <= pfn < end]
    at = dump.descs_at + len(mine) * dump.desc.size
    descs, pages, places = bytearray(), [], {}
    for offset, size, flags, page_flags in mine:
        if offset not in places:  # pages of zeros share their data
            places[offset] = at
            pages.append(dump.data[offset:offset + size])
            at += size
        descs += dump.desc.pack(places[offset], size, flags, page_flags)
    return bytes(head + descs) + b"".join(pages)


# ---- ELF ----------------------------------------------------------------------------------------------------------------

PHDR = struct.Struct("<IIQQQQQQ")
PT_LOAD, PT_NOTE, NT_TASKSTRUCT = 1, 4, 4


def note(name, kind, desc):
    padded = (name + b"\0").ljust((len(name) + 4) & ~3, b"\0")
    return struct.pack("<III", len(name) + 1, len(desc), kind) + padded + desc.ljust((len(desc) + 3) & ~3, b"\0")


def segments(elf):
    """The program headers of a 64-bit ELF file."""
    order = ">" if elf[5] == 2 else "<"
    phoff, = struct.unpack_from(order + "Q", elf, 32)
    number, = struct.unpack_from(order + "H", elf, 56)
    return [struct.unpack_from(order + PHDR.format.lstrip("<"), elf, phoff + i * PHDR.size) for i in range(number)]


def kcore(elf, elsewhere):
    """An ELF dump as /proc/kcore would show that memory: virtual addresses, a note about the task that reads, segments
    that are nowhere in physical memory (`elsewhere` is their p_paddr: -1, or 0 before Linux 4.12)."""
    headers, tail = [], bytearray()
    for kind, flags, offset, vaddr, paddr, filesz, memsz, align in segments(elf):
        if kind == PT_NOTE:
            tail += elf[offset:offset + filesz] + note(b"CORE", NT_TASKSTRUCT, bytes(64))
            offset, filesz = len(elf), len(tail)
        if kind == PT_LOAD:
            vaddr = 0xffff888000000000 + paddr
        headers.append((kind, flags, offset, vaddr, paddr, filesz, memsz, align))
    first = next(h for h in headers if h[0] == PT_LOAD)
    for vaddr in (0xffffc90000000000, 0xffffffffc0000000):
        headers.append((PT_LOAD, 7, first[2], vaddr, elsewhere & (1 << 64) - 1, first[5], first[6], 4096))
    head = bytearray(elf[:64])
    struct.pack_into("<Q", head, 32, len(elf) + len(tail))
    struct.pack_into("<H", head, 56, len(headers))
    return bytes(head) + elf[64:] + bytes(tail) + b"".join(PHDR.pack(*h) for h in headers)
