#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""doc/GALLERY.md shows what pagefsck says of bundled dumps, healthy and damaged ones: each report in it is what it says today.

README.md quotes some of them, which is held the same way.

"--update" writes the document and the quotations.  Numbers of rules and checks, which grow with every rule, are not compared.
"""
import os
import pathlib
import re
import struct
import sys

sys.dont_write_bytecode = True
import dumptest

DOCUMENT = dumptest.HERE.parent.parent / "doc/GALLERY.md"
README = dumptest.HERE.parent.parent / "README.md"
STATUS = r"\$ echo"
HEAD = """<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
# Gallery of reports

Written by `tests/dumps/gallery.py --update`, which `make check` holds against what pagefsck says: these are real reports, of dumps
of stock Debian kernels in [testdata/](../testdata/README.md). The damaged ones were healthy until the script changed the bytes
that it names. Where a report is shortened, three dots in brackets say so.
"""


class Scene:
    """A folder with vmlinux and vmcore in it."""

    def __init__(self, folder, dump):
        self.folder = folder / dump.name.replace("/", "-")
        self.folder.mkdir(exist_ok=True)
        self.dump, self.vmcore = dump, self.folder / "vmcore"
        for name, target in (("vmlinux", dump.vmlinux), ("vmcore", dump.path)):
            (self.folder / name).unlink(missing_ok=True)
            (self.folder / name).symlink_to(target)

    def redump(self, *args):
        self.vmcore.unlink()
        dumptest.redump(*args, self.dump.path, self.vmcore)

    def run(self, *args):
        """A command as a user types it, what it prints, and its exit status."""
        done = dumptest.pagefsck(*args, cwd=self.folder)
        text = done.stdout.decode() + done.stderr
        words = " ".join(f"'{a}'" if "*" in a else a for a in args)
        status = f"$ echo $?\n{done.returncode}\n"
        return f"```console\n$ pagefsck {words}\n{text}{status}```\n"

    def pages(self):
        """(pfn, kind, order, head, refcount, mapcount, flags) of every page."""
        lines = dumptest.pagefsck("census", "--pages", "-d", "vmlinux", "vmcore", cwd=self.folder).stdout.decode().splitlines()
        return [line.split("\t") for line in lines[1:]]

    def words(self, pfn):
        text = dumptest.pagefsck("page", "--format", "json", "-d", "vmlinux", "vmcore", pfn, cwd=self.folder).stdout
        return dumptest.parse(text)["pages"][0]["words of struct page"]

    def patch(self, pfn, offset, change):
        """Change the 8 bytes at an offset of a struct page, found by the words that come before and after."""
        words = self.words(pfn)
        link, back, mapping, index = (int(words[w]["value"], 16) for w in ("lru.next", "lru.prev", "mapping", "index"))
        data = bytearray(self.vmcore.read_bytes())
        needle = struct.pack("<QQQQ", link, back, mapping, index)
        at = data.find(needle)
        assert at > 8 and data.find(needle, at + 1) < 0, "not found, or found twice"
        at += offset - 8
        value, = struct.unpack_from("<Q", data, at)
        struct.pack_into("<Q", data, at, change(value))
        self.vmcore.write_bytes(data)


def cut(report, first, last):
    """Without the lines from one that begins with first to the one before that which begins with last."""
    return re.sub(rf"^{first}.*?^(?={last})", "[...]\n\n", report, flags=re.M | re.S)


def clean(folder, dumps):
    yield "## A healthy machine", """Two nodes, zswap, persistent memory. The verdict says what it rests on: rules, pages, gaps; rules that this
kernel gives no reason to check are listed with the reason at the end. Nothing to do."""
    yield Scene(folder, dumps["7.3-numa"]).run("check", "-d", "vmlinux", "vmcore")


def leak(folder, dumps):
    yield "## A driver that leaks", """Warnings, not errors: nothing contradicts itself, but nobody can be found who still has these references. The
numbers in the first line of each finding say how many pages have the same cause; the first one stands for all. `refcount-held` names
the variable of the module that keeps the rest. Next: who made that module, and `pagefsck page --holders` on the page."""
    scene = Scene(folder, dumps["leaks/6.12"])
    yield cut(scene.run("check", "--max-findings", "1", "-d", "vmlinux", "vmcore"), "CENSUS", STATUS)
    yield None, "One of the pages, with everything that leads to it:"
    report = dumptest.parse(dumptest.pagefsck("check", "--format", "json", "-d", "vmlinux", "vmcore", cwd=scene.folder).stdout)
    page = next(f["subject"]["pfn"] for f in report["findings"] if f["rule"] == "refcount-held")
    yield scene.run("page", "--holders", "-d", "vmlinux", "vmcore", hex(page))


def flipped_bit(folder, dumps):
    yield "## A flipped bit", """Bit 33 of `mapping` of one page of a process was inverted. One bit away from what is right: the report says so, and
that hardware is the likelier cause. Next: memory test, the machine's error logs, and whether the same module shows up again."""
    scene = Scene(folder, dumps["6.12"])
    scene.redump("--kdump", "none")
    page = next(p for p in scene.pages() if p[1] == "anon" and p[2] == "0" and p[5] == "1" and "lru" in p[6])
    scene.patch(page[0], 24, lambda value: value ^ 1 << 33)
    yield cut(scene.run("check", "--max-findings", "1", "-d", "vmlinux", "vmcore"), "CENSUS", STATUS)


def double_free(folder, dumps):
    yield "## A count too low", """The reference count of a mapped page of a file was lowered by one, as a `put_page()` too many does. The page still looks
fine, but will be freed while it is mapped. The arithmetic is in the finding. Next: page_owner, or the driver that maps or pins it."""
    scene = Scene(folder, dumps["6.1"])
    scene.redump("--kdump", "none")
    page = next(p for p in scene.pages() if p[1] == "shmem" and p[2] == "0" and p[5] == "1" and p[4] == "2")
    scene.patch(page[0], 48, lambda value: value - (1 << 32))
    yield cut(scene.run("check", "--max-findings", "1", "-d", "vmlinux", "vmcore"), "CENSUS", STATUS)


def filtered(folder, dumps):
    yield "## A dump that lacks pages", """Some page tables are not in this dump. What could not be read is a gap; rules that need it say less, and nothing is
taken for zero. Next: a dump with a lower filter level if the question is about processes."""
    scene = Scene(folder, dumps["6.1"])
    tables = [p[0] for p in scene.pages() if p[1] == "page-table"][::7]
    scene.redump("--elf", *(a for pfn in tables for a in ("--exclude", f"{pfn}-{int(pfn) + 1}")))
    yield cut(cut(scene.run("check", "-d", "vmlinux", "vmcore"), "CENSUS", "GAPS"), "SKIPPED RULES", STATUS)


def panic(folder, dumps):
    yield "## A crash", """The kernel ran out of memory and was told to panic. The header says so. No finding but a note, which is a
known habit of this kernel: the cause is not corruption. The census tells who has the memory: anonymous pages of processes."""
    yield cut(Scene(folder, dumps["5.10-kdump"]).run("check", "-d", "vmlinux", "vmcore"), "pages per node/zone", STATUS)


def truncated(folder, dumps):
    yield "## A dump that cannot be checked", """The disk was full when it was copied. Exit status 8, one line that says why and what to do."""
    scene = Scene(folder, dumps["6.1"])
    data = pathlib.Path(scene.dump.path).read_bytes()
    scene.vmcore.unlink()
    scene.vmcore.write_bytes(data[:len(data) // 2])
    yield scene.run("check", "-d", "vmlinux", "vmcore")


CHAPTERS = (clean, leak, flipped_bit, double_free, filtered, panic, truncated)


def chapter(write, folder, dumps):
    parts = []
    for part in write(folder, dumps):
        parts.append(part if isinstance(part, str) else "\n\n".join(p for p in part if p) + "\n")
    return "\n".join(parts)


def comparable(text):
    """Without what grows with the number of rules, and how lines are broken between words of such numbers."""
    text = re.sub(r"(\d|(?<=\d)[ \n]+(?=\d))+(?=\s+(rules?|checks?|of\s+them|gaps?)\b)", "N", text)
    return re.sub(r"\s+", " ", text)


# What README.md quotes: from the line that matches the first pattern to before the one that matches the second.
QUOTED = {
    double_free: ((r"\d+ errors? in ", r"\[\.\.\.\]"),),
    leak: ((r"warning refcount-extra", r"warning kernel-page-lost"),),
}


def quotation(write, text):
    """A chapter's quotations, as README.md has them between its comments, and where that is."""
    parts = [re.search(rf"^{first}.*?(?=^{last})", text, flags=re.M | re.S)[0].rstrip() for first, last in QUOTED[write]]
    command = re.search(r"^\$ pagefsck.*$", text, flags=re.M)[0].replace(" --max-findings 1", "")
    begin, end = f"<!-- {write.__name__}: tests/dumps/gallery.py --update -->\n", f"<!-- end of {write.__name__} -->\n"
    new = begin + "".join(f"```console\n{command}\n...\n{part}\n...\n```\n" for part in parts) + end
    old = README.read_text()
    at = old.find(begin)
    return old[at:old.find(end, at) + len(end)] if at >= 0 else "", new


def quote(cases, write, text):
    old, new = quotation(write, text)
    if dumptest.UPDATE and old:
        README.write_text(README.read_text().replace(old, new))
    same = old and (dumptest.UPDATE or comparable(old) == comparable(new))
    cases.case(f"README.md quotes {write.__name__}", [] if same else dumptest.difference(README, old, new))


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack("6.1", "6.12", "7.3-numa", "5.10-kdump", "leaks/6.12")
    old = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    new = [HEAD]
    with dumptest.Workplace("gallery") as folder:
        for write in CHAPTERS:
            text = chapter(write, folder, dumps)
            new.append(text)
            shown = comparable(text) in comparable(old) or dumptest.UPDATE
            there = old[old.find(text[:text.find("\n")]):].split("\n## ")[0] if text[:20] in old else ""
            cases.case(write.__name__, [] if shown else dumptest.difference(DOCUMENT, there, text))
            if write in QUOTED:
                quote(cases, write, text)
    if dumptest.UPDATE:
        DOCUMENT.write_text("\n".join(new))
    cases.finish()


main()
