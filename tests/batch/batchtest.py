# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of this folder share: a folder full of dumps of all forms, running scan, comparing stores."""
from collections import Counter
import os
import pathlib
import random
import shutil
import sqlite3
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "dumps"))
import dumptest
import forms

SANITIZED = "fsanitize" in (dumptest.BUILD / "Makefile").read_text()
# What tells when, where and how fast, not what came out.
TIMES = {"started", "finished", "host", "checked_at", "seconds", "max_rss", "inode", "mtime"}
IDS = {"id", "dump", "run", "first_run"}


def unpacked():
    return dumptest.unpack("6.12-tiny", "6.12-owner", "leaks/6.12-owner")


def elf_offset(data, pa):
    """Where an ELF dump keeps a physical address."""
    phoff, = struct.unpack_from("<Q", data, 32)
    phentsize, phnum = struct.unpack_from("<HH", data, 54)
    for i in range(phnum):
        kind, _, offset, _, start, size, _, _ = struct.unpack_from("<IIQQQQQQ", data, phoff + i * phentsize)
        if kind == 1 and start <= pa < start + size:
            return offset + pa - start
    raise KeyError(hex(pa))


def damage_elf(dump, path):
    """Write 0x7f into the reference counts of the first struct pages of a page of the memmap that has free ones."""
    lines = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path).stdout.decode().splitlines()
    kinds = {int(line.split("\t")[0], 0): line.split("\t")[1] for line in lines[1:]}
    memmap = [pfn for pfn in sorted(kinds) if kinds[pfn] == "vmemmap"]
    data = bytearray(path.read_bytes())
    at = elf_offset(data, memmap[len(memmap) // 2] * 4096)
    for i in range(0, 8):
        struct.pack_into("<I", data, at + i * 64 + 52, 0x7f)
    path.write_bytes(data)


def core_of_process():
    """An ELF core file as a process leaves it."""
    note = struct.pack("<III", 5, 16, 6) + b"CORE\0\0\0\0" + bytes(16)
    header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(note), len(note), 1) + note


def make_tree(root, dumps):
    """Dumps of many forms below root, three corrupted ones among them, and what is none; how many dumps there are."""
    tiny, owner, leak = dumps["6.12-tiny"], dumps["6.12-owner"], dumps["leaks/6.12-owner"]
    for name, dump in ("tiny", tiny), ("owner", owner), ("leak", leak):
        (root / name).mkdir(parents=True)
        shutil.copy(dump.path, root / name / "vmcore")
        shutil.copy(dump.vmlinux, root / name / "vmlinux")
    data = pathlib.Path(tiny.path).read_bytes()
    (root / "tiny/flat").write_bytes(forms.flatten(data))
    dumptest.redump("--elf", tiny.path, root / "tiny/elf.core")
    shutil.copy(root / "tiny/elf.core", root / "tiny/damaged")
    damage_elf(tiny, root / "tiny/damaged")
    for i, part in enumerate(forms.split(data, 0x1000, 0x5000)):
        (root / f"tiny/part{i}").write_bytes(part)
    (root / "bad").mkdir()
    (root / "bad/cut").write_bytes(data[:5000])
    (root / "bad/header").write_bytes(b"KDUMP   " + random.Random(1).randbytes(20000))
    (root / "bad/elf").write_bytes((root / "tiny/elf.core").read_bytes()[:64] + b"\xff" * 4096)
    (root / "text").write_text("no dump\n")
    (root / "empty").touch()
    (root / "core").write_bytes(core_of_process())
    (root / "again").symlink_to("tiny/vmcore")
    (root / "loop").symlink_to(".")
    (root / "nowhere").symlink_to("not-there")
    os.mkfifo(root / "pipe")
    return 10


def scan(*args, **more):
    return dumptest.pagefsck("scan", *args, **more)


class Store:
    """A store of SQLite.  Not opened read-only: what a killed scan had begun to write is taken back by who opens it next."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=rw", uri=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    def all(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def columns(self, table):
        return [row[1] for row in self.all(f"PRAGMA table_info({table})")]

    def tables(self):
        return [row[0] for row in self.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]

    def contents(self):
        """All rows of all tables as text, without times, and with paths in the place of numbers."""
        return contents(self)


def contents(store):
    paths = dict(store.all("SELECT id, path FROM dumps"))
    lines = []
    for table in store.tables():
        names = store.columns(table)
        for row in store.all(f"SELECT {', '.join(names)} FROM {table}"):
            row = [int(v) if isinstance(v, float) and v.is_integer() else v for v in row]
            cells = [f"{n}={paths[v] if n == 'dump' and table != 'signatures' and v in paths else v}"
                     for n, v in zip(names, row) if n not in TIMES and (n not in IDS or (n == "dump" and v in paths))]
            lines.append(f"{table} " + " ".join(cells))
    return sorted(lines)


def differ(one, other, what):
    """The first lines that only one of two has, or has more often."""
    more = sorted(((Counter(one) - Counter(other)) + (Counter(other) - Counter(one))).elements())[:4]
    return f"{what}: {len(one)} and {len(other)} rows, in one alone: {more}" if one != other else ""


def sqlite_run(path, sql):
    with sqlite3.connect(path) as db:
        db.executescript(sql)
    db.close()


def children_of(pid):
    """Processes that pid has started and that have not ended."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_for(pid):
    """The same, as soon as there is one; none when pid ended."""
    found = []
    while not found and os.path.exists(f"/proc/{pid}") and " Z " not in pathlib.Path(f"/proc/{pid}/stat").read_text():
        found = children_of(pid)
    return found


def start(*args):
    """A scan that goes on while the test does."""
    return subprocess.Popen([dumptest.PAGEFSCK, "scan", *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
