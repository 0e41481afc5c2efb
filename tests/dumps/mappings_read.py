# SPDX-License-Identifier: GPL-2.0-or-later
"""Mappings twice: as tests/tools/mappings prints them (Found), and as the guest wrote them down (Process)."""
import collections
import os
import re
import struct
import subprocess

import dumptest
from truth_model import parse_page

MAPPINGS = os.path.abspath(os.environ.get("MAPPINGS", "tests/tools/mappings"))
HEX_COLUMNS = {"va", "mm", "start", "end", "flags", "pgoff", "address", "pa"}
TEXT_COLUMNS = {"comm", "kind", "path", "mapping", "bits", "name"}


def parse(column, text):
    if column in TEXT_COLUMNS:
        return tuple(text.split()) if column == "bits" else text
    return int(text, 16 if column in HEX_COLUMNS else 10)


class Found:
    """Everything that pagefsck found in a dump, as lists of tuples by the name of the table."""

    def __init__(self, dump):
        done = subprocess.run([MAPPINGS, dump.path, dump.vmlinux], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              check=True, timeout=120)
        self.page, self.pmd_pages = dump.page_kib * 1024, dump.pmd_pages
        self.tables, columns = {}, {}
        for line in done.stdout.decode(errors="surrogateescape").split("\n")[:-1]:
            name, *cells = line.split("\t")
            if name.startswith("#"):
                columns[name[1:]] = cells
                self.tables[name[1:]] = [collections.namedtuple(name[1:], cells)]
            else:
                self.tables[name].append(self.tables[name][0]._make(map(parse, columns[name], cells)))
        for rows in self.tables.values():
            del rows[0]
        self.totals = {row.name: row.value for row in self.tables["total"]}
        self.mms = {row.va: row for row in self.tables["mm"]}
        self.areas = self._by_mm("vma")
        self.entries = self._by_mm("entry")
        self.pages = self._census(dump)

    def _by_mm(self, name):
        rows = collections.defaultdict(list)
        for row in sorted(self.tables[name], key=lambda row: row.start if name == "vma" else row.address):
            rows[row.mm].append(row)
        return rows

    @staticmethod
    def _census(dump):
        done = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path)
        return {page.pfn: page for page in map(parse_page, done.stdout.decode().splitlines()[1:])}

    def head(self, pfn):
        return self.pages[self.pages[pfn].head]


# ---- what the guest wrote --------------------------------------------------------------------------------------------


class Area:
    """One area of a process's maps and smaps."""
    LINE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \d+ *(.*)$")

    def __init__(self, match):
        self.start, self.end, self.offset = (int(match[i], 16) for i in (1, 2, 4))
        self.perms, self.path = match[3], match[5]
        self.numbers, self.letters = {}, set()

    def add(self, line):
        name, _, text = line.partition(":")
        if name == "VmFlags":
            self.letters = set(text.split())
        elif text:
            self.numbers[name] = int(text.split()[0])


class Process:
    def __init__(self, folder, page):
        self.folder, self.page, self.pid = folder, page, int(folder.name)
        text = (folder / "status").read_text(errors="surrogateescape")
        self.status = dict(re.findall(r"^(\w+):\t *(.*?)(?: kB)?$", text, re.M))
        self.has_memory = (folder / "maps").exists()
        self.maps = self._areas("maps") if self.has_memory else []
        self.smaps = self._areas("smaps") if self.has_memory else []

    def _areas(self, name):
        areas = []
        for line in (self.folder / name).read_text(errors="surrogateescape").splitlines():
            match = Area.LINE.match(line)
            if match:
                areas.append(Area(match))
            else:
                areas[-1].add(line)
        return [area for area in areas if area.path != "[vsyscall]"]  # of all processes, in no mm_struct (gate_vma)

    def is_kthread(self):
        return int(self.status["Pid"]) == 2 or int(self.status["PPid"]) == 2 and not self.has_memory

    def threads(self):
        """tid -> name of the other threads."""
        names = {}
        for path in (self.folder / "task").glob("*/stat"):
            text = path.read_text(errors="surrogateescape")
            names[int(path.parent.name)] = text[text.index("(") + 1:text.rindex(")")]
        return names

    def pagemap(self):
        """address -> entry, of all that are present or swapped."""
        data = (self.folder / "pagemap").read_bytes()
        entries, at = {}, 0
        while at < len(data):
            start, nr = struct.unpack_from("<QQ", data, at)
            for i, entry in enumerate(struct.unpack_from(f"<{nr}Q", data, at + 16)):
                entries[start + i * self.page] = entry
            at += 16 + nr * 8
        return entries


def processes(dump):
    folders = [folder for folder in (dump.truth / "proc").iterdir() if folder.name.isdigit()]
    return [Process(folder, dump.page_kib * 1024) for folder in sorted(folders, key=lambda folder: int(folder.name))]
