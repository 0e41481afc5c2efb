#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make a small dump of an ELF core: kdump-compressed form or ELF.

thin.py --form kdump|elf --run DIR --vmlinux FILE OUT

DIR is what run-guest.py left.  Left out: user memory, page cache, free memory,
as `makedumpfile -d 30` would, decided by the memmap in the dump and checked
against the guest's own kpageflags.  Filled with zeros: the kernel's text,
read-only data and unwind tables, except the pages of linux_banner, of data that
becomes read-only after boot, and of the names (caches, file systems) that data
points to; with --self also of BTF and kallsyms, the kernel's own types and symbols.

kdump: diskdump version 6, pages stored uncompressed (the file is compressed as
a whole afterwards), all zero pages sharing one copy.
elf: the same file with zeros in place of what is left out.

Beside the dump goes moved.txt: the pfns that changed between truth and stop.
"""
import argparse
import os
import shutil
import struct
import subprocess
import sys

from memimage import Core, Memmap, ram_ranges

DUMP_LEVEL = 30


def kernel_symbols(vmlinux, names):
    out = subprocess.run(["nm", vmlinux], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = {}
    for line in out.splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[2] in names:
            found[fields[2]] = int(fields[0], 16)
    return found


def section(vmlinux, wanted):
    """(address, bytes) of one section."""
    with open(vmlinux, "rb") as f:
        head = f.read(64)
        order = ">" if head[5] == 2 else "<"
        shoff, = struct.unpack_from(order + "Q", head, 40)
        size, count, strings = struct.unpack_from(order + "HHH", head, 58)
        f.seek(shoff)
        table = f.read(size * count)
        rows = [struct.unpack_from(order + "IIQQQQ", table, size * i) for i in range(count)]
        f.seek(rows[strings][4])
        names = f.read(rows[strings][5])
        for name, _, _, addr, off, length in rows:
            if names[name:names.index(b"\0", name)] == wanted.encode():
                f.seek(off)
                return addr, f.read(length)
    raise KeyError(wanted)


def names_in_use(truth):
    """Names that kernel data is likely to point to in read-only data."""
    found = {"DMA", "DMA32", "Normal", "Movable", "Device", "HighMem"}
    if os.path.exists(f"{truth}/proc/slabinfo"):	# not with CONFIG_SLUB_TINY
        found |= {line.split()[0] for line in open(f"{truth}/proc/slabinfo").read().splitlines()[2:]}
    for line in open(f"{truth}/proc/filesystems"):
        found.add(line.split()[-1])
    return found


def printed_names(addr, rodata, sym, order):
    """Addresses of the tables that page_owner prints gfp flags and reasons of migration with, and of the names in them."""
    found = []
    for table, first, step in (("gfpflag_names", 8, 16), ("migrate_reason_names", 0, 8)):
        at = sym.get(table, addr) - addr + first
        while "page_owner_ops" in sym and table in sym and 0 <= at <= len(rodata) - 8:
            name, = struct.unpack_from(order + "Q", rodata, at)
            if not addr <= name < addr + len(rodata):
                break
            found += [addr + at, name, name + 24]
            at += step
        found += [addr + at] if "page_owner_ops" in sym and table in sym else []
    return found


SELF = (("kallsyms_offsets", "kallsyms_seqs_of_names"), ("kallsyms_offsets", "kallsyms_token_index"),
        ("kallsyms_num_syms", "kallsyms_offsets"), ("__start_BTF", "__stop_BTF"))


def zeroed(core, vmlinux, truth, own):
    """pfns of text and read-only data, without the pages to keep."""
    names = ("_text", "_stext", "_etext", "__start_rodata", "__end_rodata", "__start_ro_after_init", "__end_ro_after_init",
             "__start_orc_unwind_ip", "__stop_orc_unwind", "linux_banner", "init_uts_ns", "page_owner_ops",
             "gfpflag_names", "migrate_reason_names", *(name for pair in SELF for name in pair))
    sym = kernel_symbols(vmlinux, names)
    slide, page = core.symbol("_stext") - sym["_stext"], core.page_size

    def pages(first, last):	# whole pages only
        lo, hi = core.image_pa(sym[first] + slide), core.image_pa(sym[last] + slide)
        return range((lo + page - 1) // page, hi // page)

    def pfn_of(va):
        return core.image_pa(va + slide) // page

    drop = set(pages("_text", "_etext")) | set(pages("__start_rodata", "__end_rodata"))
    if "__start_orc_unwind_ip" in sym:
        drop |= set(pages("__start_orc_unwind_ip", "__stop_orc_unwind"))
    keep = set(range(pfn_of(sym["__start_ro_after_init"]), pfn_of(sym["__end_ro_after_init"]) + 1))
    keep |= {pfn_of(sym["linux_banner"]), pfn_of(sym["linux_banner"]) + 1}
    addr, rodata = section(vmlinux, ".rodata")
    for name in names_in_use(truth):
        at = rodata.find(b"\0" + name.encode() + b"\0")
        if at >= 0:
            keep |= {pfn_of(addr + at + 1), pfn_of(addr + at + len(name) + 1)}
    keep |= {pfn_of(at) for at in printed_names(addr, rodata, sym, core.order)}
    for first, last in SELF if own else ():	# kernels differ in the order of the tables
        if first in sym and last in sym:
            keep |= set(range(pfn_of(sym[first]), pfn_of(sym[last] + 512) + 1))
    return (drop | set(core.module_text())) - keep


def kpageflags(truth):
    first, second = (open(f"{truth}/kpageflags.{i}", "rb").read() for i in (1, 2))
    count = min(len(first), len(second)) // 8
    return [(a, b) for a, b in zip(struct.unpack_from(f"<{count}Q", first), struct.unpack_from(f"<{count}Q", second))]


def compare_with_truth(plan, truth):
    """Two lists of pfns: left out though the guest's words say neither free nor user memory; not left out though
    they say free or on an LRU list.  What changed while the truth was written is not looked at."""
    lru, slab, buddy, anon, swapcache, huge, thp, pgtable = (1 << b for b in (5, 7, 10, 12, 13, 17, 22, 26))
    wrong, kept, ram = [], [], set(plan.pfns)
    for pfn, (before, after) in enumerate(kpageflags(truth)):
        if before != after or pfn not in ram:
            continue
        user = before & (lru | anon | swapcache | huge | thp) and not before & (slab | pgtable)
        state = plan.out.get(pfn)
        if state and not (before & buddy if state == "free" else user):
            wrong.append(pfn)
        elif (before & buddy and state != "free") or (before & lru and state != "user"):
            kept.append(pfn)
    return wrong, kept


class Plan:
    """Which pages are RAM, which of them are left out, which are zero-filled."""

    def __init__(self, run, vmlinux, own):
        self.core = Core(f"{run}/dump.elf")
        self.zero = zeroed(self.core, vmlinux, f"{run}/truth", own)
        self.memmap = Memmap(self.core)
        self.page_size = self.core.page_size
        self.ram = ram_ranges(open(f"{run}/truth/proc/iomem").read(), self.page_size)
        self.pfns = [p for lo, hi in self.ram for p in range(lo, hi) if self.core.file_offset(p * self.page_size) is not None]
        self.out = self.memmap.excluded(self.pfns)
        at = self.core.file_offset(self.core.image_pa(self.core.symbol("init_uts_ns")))
        at = self.core.data.find(b"Linux\0", at)
        self.uts = self.core.data[at:at + 390]

    def page(self, pfn):
        return bytes(self.page_size) if pfn in self.zero else self.core.page(pfn)


# --- forms ----------------------------------------------------------------

def round_up(n, page):
    return (n + page - 1) // page * page


def bitmap(pfns, size):
    bits = bytearray(size)
    for pfn in pfns:
        bits[pfn >> 3] |= 1 << (pfn & 7)
    return bits


def write_kdump(plan, path):
    core, page_size = plan.core, plan.page_size
    top = max(plan.pfns) + 1
    stored = [p for p in plan.pfns if p not in plan.out]
    map_size = round_up((top + 7) // 8, page_size)
    notes_at = page_size + 104
    sub_size = round_up(104 + len(core.notes), page_size)

    nr_cpus = core.notes.count(struct.pack(core.order + "I", 1) + b"CORE\0\0\0\0")	# NT_PRSTATUS
    header = struct.pack(core.order + "8sI390s6xQQIIIIIIIIII", b"KDUMP   ", 6, plan.uts, 0, 0, 0, page_size, sub_size // page_size,
                         2 * map_size // page_size, top, len(plan.pfns), 0, 0, 0, nr_cpus)
    sub = struct.pack(core.order + "QiiQQQQQQQQQQQ", core.machine.phys_base & (1 << 64) - 1, DUMP_LEVEL, 0, 0, 0,
                      notes_at + core.info_at, core.info_size, notes_at, len(core.notes), 0, 0, 0, 0, top)
    with open(path, "wb") as f:
        f.write(header.ljust(page_size, b"\0"))
        f.write((sub + core.notes).ljust(sub_size, b"\0"))
        f.write(bitmap(plan.pfns, map_size) + bitmap(stored, map_size))
        table, data_at = f.tell(), f.tell() + 24 * len(stored)
        zero_at, descriptors = data_at, bytearray()
        f.seek(data_at)
        f.write(bytes(page_size))
        at = data_at + page_size
        for pfn in stored:
            page = plan.page(pfn)
            where = zero_at
            if page.count(0) != page_size:
                where, at = at, at + page_size
                f.write(page)
            descriptors += struct.pack(core.order + "QIIQ", where, page_size, 0, 0)
        f.seek(table)
        f.write(descriptors)
    return len(stored)


def write_elf(plan, run, path):
    shutil.copyfile(f"{run}/dump.elf", path)
    blank = plan.zero | set(plan.out)
    # What is not RAM: nothing there is the kernel's.
    ram, page = set(plan.pfns), plan.page_size
    with open(path, "r+b") as f:
        for start, size, off, _ in plan.core.loads:
            for pfn in range(start // page, (start + size + page - 1) // page):
                if pfn in blank or (pfn not in ram and pfn >= 0x100):
                    lo, hi = max(pfn * page, start), min(pfn * page + page, start + size)
                    f.seek(off + lo - start)
                    f.write(bytes(hi - lo))
    return len(ram) - len(plan.out)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--form", choices=("kdump", "elf"), required=True)
    ap.add_argument("--run", required=True)
    ap.add_argument("--vmlinux", required=True)
    ap.add_argument("--self", action="store_true", help="keep BTF and kallsyms")
    ap.add_argument("--moving", action="store_true", help="the guest ran on after the truth: differences are no error")
    ap.add_argument("out")
    a = ap.parse_args()

    plan = Plan(a.run, a.vmlinux, a.self)
    wrong, kept = compare_with_truth(plan, f"{a.run}/truth")
    with open(f"{os.path.dirname(a.out) or '.'}/moved.txt", "w") as f:
        f.writelines(f"{pfn:#x}\n" for pfn in sorted(wrong + kept))
    if a.form == "kdump":
        stored = write_kdump(plan, a.out)
    else:
        stored = write_elf(plan, a.run, a.out)
    free = sum(kind == "free" for kind in plan.out.values())
    print(f"{a.out}: {len(plan.pfns)} pages of RAM, {stored} stored, {len(plan.zero)} of them zero-filled, "
          f"left out {free} free and {len(plan.out) - free} user; {os.path.getsize(a.out)} bytes")
    if wrong and not a.moving:
        sys.exit(f"{len(wrong)} pages left out against the truth, see moved.txt")


if __name__ == "__main__":
    main()
