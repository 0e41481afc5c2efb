#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps and debug info with random damage: pagefsck ends by itself, soon, in little memory, with a status of its own.

Every seed makes the same damage each time.  "--seeds A-B" tries others, "--keep" leaves the file of a failure behind.
"""
import collections
import random
import resource
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import dumptest
import forms
from kdumpfile import BLOCK, Kdump

TIMEOUT = 20
MEMORY = 2 << 30
HUGE_SECONDS = 1
STATUS = (0, 4, 8)  # clean, findings, cannot be checked
INPUTS = ("5.10", "6.12", "7.3")
PLACES = {"memmap": ("vmemmap",), "page tables": ("page-table",), "slabs": ("slab",), "kernel memory": ("kernel", "reserved")}
TOP_PAGES = 32  # of memory: the kernel puts its earliest allocations there, mem_section and node_data among them


def seeds():
    text = next((sys.argv[i + 1] for i, a in enumerate(sys.argv[:-1]) if a == "--seeds"), "0-60")
    first, end = map(int, text.split("-"))
    return range(first, end)


# ---- damage ------------------------------------------------------------------------------------------------------------


def random_bytes(rng, page):
    at, size = rng.randrange(BLOCK), rng.choice((1, 8, 64, 512, BLOCK))
    page[at:at + size] = rng.randbytes(len(page[at:at + size]))


def flip_bits(rng, page):
    for _ in range(rng.choice((1, 4, 64))):
        page[rng.randrange(BLOCK)] ^= 1 << rng.randrange(8)


def fill(rng, page):
    at = rng.randrange(0, BLOCK, 64)
    size = rng.choice((8, 64, BLOCK))
    page[at:at + size] = bytes([rng.choice((0, 0xff, 0x6b, 0xaa))]) * len(page[at:at + size])


def swap_words(rng, page):
    """Values that are right elsewhere: pointers go on leading somewhere, in circles perhaps."""
    for _ in range(rng.choice((1, 16, 256))):
        to, source = rng.randrange(0, BLOCK, 8), rng.randrange(0, BLOCK, 8)
        page[to:to + 8] = page[source:source + 8]


def self_pointers(rng, page):
    """One value of the page in many places."""
    source = rng.randrange(0, BLOCK, 8)
    value = bytes(page[source:source + 8])
    for _ in range(rng.choice((8, 512))):
        to = rng.randrange(0, BLOCK, 8)
        page[to:to + 8] = value


def extreme_numbers(rng, page):
    for _ in range(rng.choice((1, 16))):
        to = rng.randrange(0, BLOCK, 8)
        value = rng.choice((1, 1 << 31, (1 << 31) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 32) - 1))
        page[to:to + 8] = value.to_bytes(8, "little")


DAMAGES = (random_bytes, flip_bits, fill, swap_words, self_pointers, extreme_numbers)


# ---- running -----------------------------------------------------------------------------------------------------------


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def has_asan():
    with open(dumptest.PAGEFSCK, "rb") as f:
        return b"__asan_init" in f.read()


LIMIT = None if has_asan() else limit_memory


def ends_well(*args):
    """What was wrong with a run, if anything was."""
    try:
        done = dumptest.pagefsck(*args, timeout=TIMEOUT, preexec_fn=LIMIT)
    except subprocess.TimeoutExpired:
        return f"still running after {TIMEOUT} s"
    if done.returncode not in STATUS:
        return f"exit status {done.returncode}: {done.stderr[-2000:]}"
    if done.returncode == 8 and (done.stdout or done.stderr.count("\n") != 1):
        return f"not one line: {done.stdout[:200]} {done.stderr[:500]}"
    if done.returncode != 8 and not done.stdout:
        return "no report"
    return None


def kept(path, name):
    if "--keep" not in sys.argv:
        return ""
    copy = dumptest.BUILD / "tests/dumps" / f"{name.replace(' ', '-')}{path.suffix}"
    shutil.copy(path, copy)
    return f" (kept as {copy})"


# ---- dumps -------------------------------------------------------------------------------------------------------------


class Victim:
    """A copy of a dump that is damaged and repaired again and again."""

    def __init__(self, dump, folder):
        self.dump = dump
        self.kdump = Kdump(dump.path)
        self.path = folder / f"{dump.name}.kdump"
        shutil.copy(dump.path, self.path)
        lines = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path).stdout.decode().splitlines()
        self.pfns = collections.defaultdict(list)
        for pfn, kind in (line.split("\t")[:2] for line in lines[1:]):
            if int(pfn) in self.kdump.offset:
                self.pfns[kind].append(int(pfn))
        self.pfns["top"] = sorted(self.kdump.offset)[-TOP_PAGES:]

    def targets(self, place):
        return [pfn for kind in PLACES.get(place, ("top",)) for pfn in self.pfns[kind]]

    def attack(self, place, seed):
        """Damage some pages, run, repair."""
        rng = random.Random(f"{self.dump.name} {place} {seed}")
        damage = rng.choice(DAMAGES)
        pfns = rng.sample(self.targets(place), min(len(self.targets(place)), rng.choice((1, 4, 16))))
        with open(self.path, "r+b") as f:
            for pfn in pfns:
                page = bytearray(self.kdump.page(pfn))
                damage(rng, page)
                f.seek(self.kdump.offset[pfn])
                f.write(page)
        wrong = ends_well(*rng.choice((("check",), ("check", "--format", "json"), ("census", "--pages"))),
                          "-d", self.dump.vmlinux, self.path)
        if wrong:
            wrong = f"seed {seed}, {damage.__name__} in pfns {pfns}: {wrong}" + kept(self.path, f"{place} {seed}")
        with open(self.path, "r+b") as f:
            for pfn in pfns:
                f.seek(self.kdump.offset[pfn])
                f.write(self.kdump.page(pfn))
        return wrong


def try_dumps(cases, dumps, folder):
    places = [*PLACES, "top of memory"]
    for name in INPUTS:
        victim = Victim(dumps[name], folder)
        for place in places:
            mine = [s for s in seeds() if s % len(INPUTS) == INPUTS.index(name) and s // len(INPUTS) % len(places) ==
                    places.index(place)]
            cases.case(f"{name}: {len(mine)} times damage in {place}", [victim.attack(place, seed) for seed in mine])
        victim.path.unlink()


# ---- files as such -----------------------------------------------------------------------------------------------------


def places_to_damage(rng, first, end):
    """(offset, bytes) of a few changes between two places of a file."""
    for _ in range(rng.choice((1, 4, 32))):
        at = rng.randrange(first, end)
        size = min(rng.choice((1, 1, 1, 4, 8)), end - at)
        yield at, rng.choice((rng.randbytes, lambda n: b"\xff" * n, bytes))(size)


def patch(path, changes):
    with open(path, "r+b") as f:
        for at, data in changes:
            f.seek(at)
            f.write(data)


def forget_facts(folder):
    """Debug info is read again only when there is no facts file of it."""
    shutil.rmtree(folder / "cache", ignore_errors=True)


def try_file(cases, name, path, first, end, args):
    """A third of the seeds: damage a file between two places, run, repair; args makes the command line."""
    wrong = []
    data = path.read_bytes()
    mine = list(seeds())[::3]
    for seed in mine:
        changes = list(places_to_damage(random.Random(f"{name} {seed}"), first, end))
        patch(path, changes)
        forget_facts(path.parent)
        result = ends_well("check", *args)
        wrong.append(result and f"seed {seed}: {result}" + kept(path, f"{name} {seed}"))
        patch(path, ((at, data[at:at + len(new)]) for at, new in changes))
    forget_facts(path.parent)
    cases.case(f"{len(mine)} times damage in {name}", wrong)


def try_huge_segment(cases, dump, elf):
    """Seed 102 of the ELF headers: a segment that claims 2^55 bytes costs time for each of its 2^28 sections."""
    phnum = int.from_bytes(elf.read_bytes()[56:58], "little")
    patch(elf, [(64 + 56 * (phnum - 1) + 32, (1 << 55).to_bytes(8, "little"))])
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    wrong = ends_well("check", "-d", dump.vmlinux, elf)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    cases.case("ELF segment of 2^55 bytes",
               wrong or (f"{seconds:.1f} s of CPU time" if seconds > HUGE_SECONDS else ""))


def try_files(cases, dump, folder):
    kdump, vmlinux, elf = folder / "headers.kdump", folder / "vmlinux", folder / "headers.elf"
    shutil.copy(dump.path, kdump)
    shutil.copy(dump.vmlinux, vmlinux)
    try_file(cases, "kdump headers", kdump, 0, min(Kdump(kdump).offset.values()), ("-d", dump.vmlinux, kdump))
    if shutil.which(dumptest.REDUMP):
        dumptest.redump("--elf", dump.path, elf)
        try_file(cases, "ELF headers", elf, 0, 4096, ("-d", dump.vmlinux, elf))
        try_huge_segment(cases, dump, elf)
    kdump.write_bytes(forms.flatten(open(dump.path, "rb").read()))
    try_file(cases, "flattened headers", kdump, 4096, 4096 + 16 + 464 + 32, ("-d", dump.vmlinux, kdump))
    data = kdump.read_bytes()
    at = data.rindex(b"KDUMP   ", 4096) - 16  # the header as it was written last
    try_file(cases, "the last record of a flattened dump", kdump, at, len(data), ("-d", dump.vmlinux, kdump))
    kdump.unlink()
    parts = [folder / f"part.{i}" for i in range(2)]
    for path, part in zip(parts, forms.split(open(dump.path, "rb").read(), 0x3000)):
        path.write_bytes(part)
    try_file(cases, "headers of a part", parts[1], 0, 4096 + 104, ("-d", dump.vmlinux, *parts))
    size = vmlinux.stat().st_size
    sections = int.from_bytes(vmlinux.read_bytes()[40:48], "little")
    try_file(cases, "vmlinux", vmlinux, 64, size, ("-d", vmlinux, dump.path))
    try_file(cases, "vmlinux ELF header", vmlinux, 16, 64, ("-d", vmlinux, dump.path))
    try_file(cases, "vmlinux section headers", vmlinux, sections, size, ("-d", vmlinux, dump.path))


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack(*INPUTS)
    with dumptest.Workplace("hostile") as folder:
        try_dumps(cases, dumps, folder)
        try_files(cases, dumps["7.3"], folder)
    cases.finish()


main()
