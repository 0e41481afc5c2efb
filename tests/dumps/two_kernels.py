#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that holds a second VMCOREINFO, of a kernel that ran before: the right one is taken, and the report says so.

The second text is planted in a page of zeros before the right one, so that it is found first.
"""
import re
import struct
import sys

sys.dont_write_bytecode = True
import dumptest
import forms

INPUT = "6.1-elf"
PAGE = 4096
ONLY = ("--only", "page-section-matches")


class Memory:
    """An ELF dump whose note is made unknown, to be changed in place."""

    def __init__(self, path):
        self.elf = bytearray(path.read_bytes() if hasattr(path, "read_bytes") else open(path, "rb").read())
        at = self.elf.index(b"VMCOREINFO\0", 0, 1 << 16)
        self.elf[at:at + 10] = b"VMCOREINFX"
        self.loads = [(s[4], s[2], s[5]) for s in forms.segments(self.elf) if s[0] == forms.PT_LOAD]
        self.zeros, self.text = [], b""
        for pa, offset, size in self.loads:
            for at in range(0, size - PAGE + 1, PAGE):
                self.look(pa + at, offset + at)

    def look(self, pa, offset):
        page = self.elf[offset:offset + PAGE]
        if page[:10] == b"OSRELEASE=" and not self.text:
            self.text = bytes(re.match(rb"[\n -~]*", self.elf[offset:offset + 8 * PAGE])[0])
        if not self.text and 0x100000 <= pa and len(self.zeros) < 2 and not any(page):
            self.zeros.append((pa, offset))

    def offset_of(self, wanted):
        return next(offset + wanted - pa for pa, offset, size in self.loads if pa <= wanted < pa + size)

    def plant(self, text, place=0):
        """What fits in the page, cut behind a line; what only the kernel itself writes comes first."""
        own = b"OFFSET(pglist_data.node_id)="
        text = text.replace(b"\n", b"\n" + own + b"1\n", 1)[:PAGE - 8]
        text = text[:text.rindex(b"\n") + 1]
        self.put(text, place)

    def put(self, data, place):
        self.elf[self.zeros[place][1]:self.zeros[place][1] + PAGE] = data.ljust(PAGE, b"\0")

    def other_root(self):
        """The text of a kernel whose page table maps its image, and nothing else: not the stacks of processors."""
        words = dict(line.split(b"=", 1) for line in self.text.splitlines())
        name = b"SYMBOL(swapper_pg_dir)"
        delta = int(words[b"NUMBER(phys_base)"]) - 0xffffffff80000000
        root = self.offset_of(int(words[name], 16) + delta)
        self.put(bytes(PAGE - 8) + self.elf[root + PAGE - 8:root + PAGE], 1)
        text = re.sub(rb"SYMBOL\(init_top_pgt\)=.*\n", b"", self.text)
        return text.replace(name + b"=" + words[name], name + b"=%x" % (self.zeros[1][0] - delta & (1 << 64) - 1))


def shifted(text):
    """The same kernel, elsewhere in memory."""
    return re.sub(rb"(NUMBER\(phys_base\)=)(-?\d+)", lambda m: m[1] + b"%d" % (int(m[2]) + (16 << 20)), text)


def alike(text):
    """Nothing in memory tells which of the two it is."""
    return text.replace(b"SIZE(list_head)", b"SIZE(none)=1\nSIZE(list_head)")


def run(dump, memory, path, planted):
    memory.plant(planted)
    path.write_bytes(memory.elf)
    return dumptest.pagefsck("check", "--format", "json", *ONLY, "-d", dump.vmlinux, path)


def try_choice(cases, dump, memory, path, name, planted, reason):
    done = run(dump, memory, path, planted)
    header = (dumptest.parse(done.stdout) or {}).get("dump", {})
    wrong = [f"exit status {done.returncode}: {done.stderr}" if done.returncode else "",
             f"reason: {header.get('vmcoreinfo_choice')}" if reason not in header.get("vmcoreinfo_choice", "") else "",
             "took the text that was planted" if header.get("vmcoreinfo_address") == hex(memory.zeros[0][0]) else ""]
    text = dumptest.pagefsck("check", *ONLY, "-d", dump.vmlinux, path).stdout.decode()
    wrong.append("" if "1 more that differ" in " ".join(text.split()) else "the header does not say it")
    cases.case(name, wrong)


def try_error(cases, dump, memory, path, name, planted, *says):
    done = run(dump, memory, path, planted)
    cases.case(name, [f"exit status {done.returncode}" if done.returncode != 8 else "",
                      *(f"does not say '{word}': {done.stderr}" for word in (*says, hex(memory.zeros[0][0])) if word not in done.stderr)])


def try_note(cases, dump, path):
    """A note that makedumpfile wrote from a vmlinux, when it converted a dump that had none: the kernel's own text is better."""
    elf = bytearray(open(dump.path, "rb").read())
    at = elf.index(b"OFFSET(pglist_data.node_id)=", 0, 1 << 16)
    elf[at:at + 6] = b"offset"
    path.write_bytes(elf)
    done = dumptest.pagefsck("check", *ONLY, "-d", dump.vmlinux, path)
    text = " ".join(done.stdout.decode().split())
    cases.case("a note that is not the kernel's", [f"exit status {done.returncode}: {done.stderr}" if done.returncode else "",
               "" if "makedumpfile wrote it from a vmlinux; found it in memory at 0x" in text else text[:400]])


def main():
    cases = dumptest.Cases()
    dump = dumptest.unpack(INPUT)[INPUT]
    memory = Memory(dump.path)
    with dumptest.Workplace("two") as folder:
        path, text = folder / "vmcore", memory.text
        try_choice(cases, dump, memory, path, "of another release", text.replace(b"OSRELEASE=", b"OSRELEASE=4", 1), "init_uts_ns")
        try_choice(cases, dump, memory, path, "of the same kernel elsewhere", shifted(text), "init_uts_ns")
        try_choice(cases, dump, memory, path, "of a kernel whose image is whole", memory.other_root(), "stacks")
        try_error(cases, dump, memory, path, "nothing decides", alike(text), "each of them fits", "vmcoreinfo")
        try_error(cases, dump, memory, path, "pages of another size", text.replace(b"PAGESIZE=4096", b"PAGESIZE=65536"), "different sizes")
        try_note(cases, dump, path)
    cases.finish()


main()
