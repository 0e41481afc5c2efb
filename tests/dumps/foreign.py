# SPDX-License-Identifier: GPL-2.0-or-later
"""Make forms of a dump that makedumpfile does not write: LKCD, a Xen domain's core, sadump, an s390 stand-alone dump.

All take (pages, machine): pages is a list of (pfn, bytes) in rising order, as pages_of() gives.
"""
import io
import re
import struct
import zlib

import forms

PAGE = 4096
X86_64, AARCH64 = 62, 183


def pages_of(elf):
    """(pfn, bytes) of all pages an ELF dump holds."""
    pages = {}
    for kind, _, offset, _, paddr, filesz, _, _ in forms.segments(elf):
        if kind == forms.PT_LOAD:
            for at in range(-paddr % PAGE, filesz - PAGE + 1, PAGE):
                pages.setdefault((paddr + at) // PAGE, elf[offset + at:offset + at + PAGE])
    return sorted(pages.items())


# ---- LKCD ---------------------------------------------------------------------------------------------------------------

LKCD_MAGIC = 0xa8190173618f23ed
RAW, COMPRESSED, END = 1, 2, 4
NONE, RLE, GZIP = 0, 1, 2
FIRST_PAGE_V8 = 65536


def rle(page):
    """0 N BYTE for a row of up to 255, 0 0 for a zero that stands alone."""
    parts, end = [], 0
    for row in re.finditer(rb"(?s)(.)\1{2,254}", page):
        parts += [page[end:row.start()].replace(b"\0", b"\0\0"), bytes((0, len(row[0]), row[1][0]))]
        end = row.end()
    return b"".join(parts) + page[end:].replace(b"\0", b"\0\0")


def lkcd(pages, version=8, codec=NONE, machine=b"x86_64", first_page=131072, end=True):
    """Like LKCD a page that does not become smaller is stored as it is; pages of the kernel come first, the rest behind."""
    head = struct.pack("<QIIIIQQQI256s", LKCD_MAGIC, version, 742, 8, PAGE, pages[-1][0] + 1, 0, 0, len(pages), b"sysrq")
    head += struct.pack("<QQ", 1700000000, 0)
    head += b"".join(text.ljust(65, b"\0") for text in (b"Linux", b"host", b"release", b"#1", machine, b""))
    head += struct.pack("<QIIIQ", 0, codec, 0, 0, first_page)
    parts = [head.ljust(first_page if version > 8 else FIRST_PAGE_V8, b"\0")]
    for pfn, page in [p for p in pages if p[0] % 64 < 40] + [p for p in pages if p[0] % 64 >= 40]:
        packed = rle(page) if codec == RLE else zlib.compress(page, 1) if codec == GZIP else page
        parts.append(struct.pack("<QII", pfn * PAGE, min(len(packed), PAGE), COMPRESSED if len(packed) < PAGE else RAW))
        parts.append(packed if len(packed) < PAGE else page)
    if end:
        parts.append(struct.pack("<QII", 0, 0, END))
    return b"".join(parts)


# ---- Xen ----------------------------------------------------------------------------------------------------------------

XEN_PV, XEN_HVM = 0xf00febed, 0xf00febee
VCPU_SIZE, VCPU_CONTROL = 5168, 4984


def xen_core(pages, machine=X86_64, magic=XEN_HVM, p2m=False, cr4=0):
    """As xc_core.c orders it: headers, notes, processors, pages, the list of pfns, names."""
    header = struct.pack("<QQQQ", magic, 1, len(pages), PAGE)
    notes = b"".join(struct.pack("<III4s", 4, len(d), t, b"Xen") + d for t, d in
                     ((0x2000000, b""), (0x2000001, header), (0x2000003, struct.pack("<Q", 1))))
    vcpu = bytearray(VCPU_SIZE)
    struct.pack_into("<Q", vcpu, VCPU_CONTROL + 4 * 8, cr4)
    # a page that went away meanwhile has no number, and its place is empty
    gone = len(pages) // 2
    pfns = [pfn for pfn, _ in pages[:gone]] + [(1 << 64) - 1] + [pfn for pfn, _ in pages[gone:]]
    data = [page for _, page in pages[:gone]] + [bytes(PAGE)] + [page for _, page in pages[gone:]]
    numbers = b"".join(struct.pack("<QQ", n, n) if p2m else struct.pack("<Q", n) for n in pfns)
    sections = [(b"", 0, b"", 0), (b".note.Xen", 7, notes, 0), (b".xen_prstatus", 1, bytes(vcpu), VCPU_SIZE),
                (b".xen_pages", 1, b"".join(data), PAGE), (b".xen_p2m" if p2m else b".xen_pfn", 1, numbers, len(numbers) // len(pfns))]
    names = b"\0".join(name for name, *_ in sections) + b"\0.shstrtab\0"
    sections.append((b".shstrtab", 3, names, 0))
    out = bytearray(b"\x7fELF\2\1\1".ljust(16, b"\0") +
                    struct.pack("<HHIQQQIHHHHHH", 4, machine, 1, 0, 0, 64, 0, 64, 56, 0, 64, len(sections), len(sections) - 1))
    body, at = bytearray(), 64 + 64 * len(sections)
    for name, kind, data, size in sections:
        pad = -at % PAGE if name == b".xen_pages" else 0
        body += bytes(pad)
        at += pad
        offset = at if kind else 0
        out += struct.pack("<IIQQQQIIQQ", names.index(name + b"\0") if name else 0, kind, 0, 0, offset, len(data), 0, 0, 0, size)
        body += data
        at += len(data)
    return bytes(out + body)


# ---- sadump ---------------------------------------------------------------------------------------------------------------


def numbers(size):
    """The series that fills the partition's header."""
    out, n = [], 1
    while len(out) * 4 < size:
        out.append(struct.pack("<I", n))
        n = 11 * (n + 7) & 0xffffffff
    return b"".join(out)


def bitmap(pfns, size):
    """The highest bit first."""
    bits = bytearray(size)
    for pfn in pfns:
        bits[pfn // 8] |= 0x80 >> pfn % 8
    return bytes(bits)


def sadump(pages, ram=(), media=False, version=1, disk=0):
    """One partition, or a backup of it; ram: pfns of memory that was left out."""
    max_mapnr = max([pages[-1][0], *ram]) + 1
    blocks = -(-max_mapnr // 8 // PAGE) + 1
    used = (4 + media + 2 * blocks + len(pages) - 1) * PAGE
    ids = bytes(range(48)) + struct.pack("<HBBBBBxIhBx", 2026, 11, 22, 12, 0, 0, 0, 0, 0)
    part = b"sadump\0\0" + struct.pack("<IIII", 1, 0, 0, 0) + bytes(64) + ids + struct.pack("<IIQ", disk, 0, used)
    part += numbers(PAGE - len(part))
    head = b"sadump\0\0" + struct.pack("<II", version, 0) + ids[48:] + struct.pack(
        "<IIIIIIIIIIIIIIQQQQ", 0, 0, PAGE, 0, 1, blocks, blocks, min(max_mapnr, (1 << 32) - 1), 0, 0, 0, 0, 1, 0, max_mapnr, 0, 0, 0)
    state = bytearray(1024)
    struct.pack_into("<Q", state, SMRAM_EFER, 1 << 10)
    cpus = struct.pack("<I", 1024) + bytes(16) + bytes(state)
    out = [(ids[:32] + ids[48:]).ljust(PAGE, b"\0") if media else b"", part, head.ljust(PAGE, b"\0"), cpus.ljust(PAGE, b"\0"),
           bitmap([p for p, _ in pages] + list(ram), blocks * PAGE), bitmap([p for p, _ in pages], blocks * PAGE)]
    return b"".join(out + [page for _, page in pages])


# Where the processor's EFER is in its state; libkdumpfile looks there for its mode.
SMRAM_EFER = 992


# ---- s390 -----------------------------------------------------------------------------------------------------------------


def write_s390(file, pages, end=True):
    """Memory from 0 on, holes as zeros, as the dumper writes it; holes in the file where memory has some."""
    size = (pages[-1][0] + 1) * PAGE
    file.write(struct.pack(">QIIIIQQQI4xQQIIIQBHH", 0xa8190173618f23fd, 5, PAGE, 4, PAGE, size, 0, size, size // PAGE, 1000, 0, 2, 0, 2,
                           size, 0, 1, 1).ljust(PAGE, b"\0"))
    for pfn, page in pages:
        file.seek(PAGE + pfn * PAGE)
        file.write(page)
    file.write(b"DUMP_END" + struct.pack(">Q", 1001) if end else b"")


def s390(pages, end=True):
    file = io.BytesIO()
    write_s390(file, pages, end)
    return file.getvalue()
