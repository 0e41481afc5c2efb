# SPDX-License-Identifier: GPL-2.0-or-later
"""Make other forms of a dump file, as makedumpfile would: flattened, and split in parts."""
import random
import struct

BLOCK = 4096
DESC = struct.Struct("<QIIQ")
MAX_MAPNR_64, SPLIT, START_64, END_64 = BLOCK + 96, BLOCK + 12, BLOCK + 80, BLOCK + 88


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
    """Headers and descriptors of a kdump file."""

    def __init__(self, data):
        self.data = data
        sub_blocks, bitmap_blocks = struct.unpack_from("<II", data, 432)
        self.max_mapnr = struct.unpack_from("<Q", data, MAX_MAPNR_64)[0]
        bitmap = (1 + sub_blocks) * BLOCK + bitmap_blocks // 2 * BLOCK
        self.descs_at = (1 + sub_blocks + bitmap_blocks) * BLOCK
        self.stored = [pfn for pfn in range(self.max_mapnr) if data[bitmap + pfn // 8] >> pfn % 8 & 1]
        self.descs = [DESC.unpack_from(data, self.descs_at + i * DESC.size) for i in range(len(self.stored))]


def split(data, *borders):
    """The parts of a kdump whose pages go from one border to the next; the first begins at 0, the last has the rest."""
    dump = Kdump(data)
    ends = [*borders, dump.max_mapnr]
    return [part(dump, first, end) for first, end in zip([0, *borders], ends)]


def part(dump, first, end):
    head = bytearray(dump.data[:dump.descs_at])
    struct.pack_into("<I", head, SPLIT, 1)
    struct.pack_into("<QQ", head, START_64 - 64, first & 0xffffffff, end & 0xffffffff)
    struct.pack_into("<QQ", head, START_64, first, end)
    mine = [desc for pfn, desc in zip(dump.stored, dump.descs) if first <= pfn < end]
    at = dump.descs_at + len(mine) * DESC.size
    descs, pages, places = bytearray(), [], {}
    for offset, size, flags, page_flags in mine:
        if offset not in places:  # pages of zeros share their data
            places[offset] = at
            pages.append(dump.data[offset:offset + size])
            at += size
        descs += DESC.pack(places[offset], size, flags, page_flags)
    return bytes(head + descs) + b"".join(pages)
