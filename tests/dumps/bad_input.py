#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Input that cannot be used: exit status 8, nothing on standard output, no file left, and one line on standard error
that names the file and tells what to do next.  Usage errors: exit status 16.
"""
import os
import shutil
import stat
import struct
import sys

sys.dont_write_bytecode = True
import dumptest
import forms

UTS_MACHINE = 12 + 4 * 65  # in the kdump header
E_CLASS, E_DATA, E_MACHINE = 4, 5, 18


class World:
    """A folder to run in, good files to begin with, and what they say."""

    def __init__(self, cases, folder, dumps):
        self.cases, self.folder, self.dumps = cases, folder, dumps
        self.work = folder / "work"
        self.work.mkdir()
        self.dump, self.vmlinux = dumps["6.1"].path, dumps["6.1"].vmlinux
        self.kdump = read(self.dump, 1 << 20)
        self.elf = read(dumps["6.1-elf"].path, 1 << 20)
        self.debuginfo = read(self.vmlinux)

    def make(self, name, data):
        path = self.work / name
        path.write_bytes(data)
        return path

    def snapshot(self):
        return sorted((str(p), p.lstat().st_size, p.lstat().st_mtime_ns) for p in self.work.rglob("*"))

    def run(self, *args):
        """Run with a fresh cache: (the run, what it left behind in the folder)."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        before = self.snapshot()
        done = dumptest.pagefsck(*args, cwd=self.work)
        return done, sorted(set(self.snapshot()) ^ set(before))

    def refuses(self, name, dump, says, vmlinux=None, known=None):
        """One case: pagefsck refuses the dump or the vmlinux in one line that says all that."""
        done, left = self.run("check", "-o", self.work / "report", "-d", vmlinux or self.vmlinux, dump)
        blamed = os.path.basename(vmlinux or dump)
        wrong = [f"exit status {done.returncode}" if done.returncode != 8 else "",
                 f"standard output: {done.stdout[:200]}" if done.stdout else "",
                 f"left behind: {left}" if left else "",
                 "not one line" if done.stderr.count("\n") != 1 or not done.stderr.endswith("\n") else "",
                 "does not begin with pagefsck:" if not done.stderr.startswith("pagefsck: ") else "",
                 "control characters" if any(ord(c) < 32 for c in done.stderr.rstrip("\n")) else ""]
        wrong += [f"does not say '{word}'" for word in (*says, blamed) if word not in done.stderr]
        wrong = [w for w in wrong if w] and [*wrong, done.stderr]
        if known:
            self.cases.todo(name, known, wrong)
        else:
            self.cases.case(name, wrong)


def read(path, size=-1):
    with open(path, "rb") as f:
        return f.read(size)


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


# ---- dumps -------------------------------------------------------------------------------------------------------------


def try_no_dump(w):
    w.refuses("no such dump", w.work / "absent", ["No such file", "check the path"])
    w.refuses("dump is a text", w.make("text", b"hello\n"), ["not a dump", "ELF core", "kdump"])
    w.refuses("dump is packed", w.make("vmcore.gz", b"\x1f\x8b\x08" + bytes(4096)), ["gzip", "pagefsck check -"])
    for name, magic, says in (("xz", b"\xfd7zXZ\0", "xz -dc"), ("zstd", b"\x28\xb5\x2f\xfd", "zstd -dc"),
                              ("LKCD", bytes.fromhex("ed238f61730119a8"), "LKCD dump of version 0"), ("savevm", b"QEVM", "--memory-only"),
                              ("sadump", b"sadump\0\0", "sadump"), ("VMware", b"\xd2\xbe\xd2\xbe", "vmss2core")):
        w.refuses(f"dump is of {name}", w.make("vmcore", magic + bytes(4096)), [says])
    w.refuses("flattened text", w.make("vmcore.flat", forms.flatten(b"hello" * 2000)), ["not a dump"])
    w.refuses("flattened twice", w.make("vmcore.flat", forms.flatten(forms.flatten(w.kdump))), ["cannot read"])
    w.refuses("dump is empty", w.make("empty", b""), ["empty file", "full disk"])
    w.refuses("dump is a folder", w.folder, ["is a directory", "give the dump file"])
    w.refuses("dump is the vmlinux", w.vmlinux, ["not a core dump", "-d"])
    for device in ("/dev/null", "/dev/zero"):
        if os.path.exists(device):
            w.refuses(f"dump is {device}", device, ["neither a file nor a pipe", "/proc/kcore"])
    os.mkfifo(w.work / "fifo")
    w.refuses("dump is a FIFO", w.work / "fifo", ["nothing came through the pipe"])


def try_hostile_name(w):
    path = w.make("a\x1b[2Jb\nc", b"x" * 5000)
    done, _ = w.run("check", "-d", w.vmlinux, path)
    w.cases.case("hostile name of a dump", [] if done.returncode == 8 and "\x1b" not in done.stderr and
                 done.stderr.count("\n") == 1 else [f"exit status {done.returncode}", repr(done.stderr)])


def try_permission(w):
    path = w.make("secret", w.kdump)
    path.chmod(0)
    if os.access(path, os.R_OK):
        w.cases.skip("dump may not be read", "root may read everything")
    else:
        w.refuses("dump may not be read", path, ["Permission denied"])
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)


def try_cut_headers(w):
    for size, where in ((100, "kdump header"), (4096, "kdump sub header"), (10000, "page bitmaps")):
        w.refuses(f"kdump cut after {size} bytes", w.make("short", w.kdump[:size]), [f"{size} bytes", where, "copy"])
    for size, where in ((16, "ELF header"), (64, "program headers"), (500, "notes")):
        w.refuses(f"ELF cut after {size} bytes", w.make("short", w.elf[:size]), [f"{size} bytes", where, "copy"])


def try_split(w):
    """One part of several (makedumpfile --split): from pfn 0 to 0x4000."""
    part = patched(w.kdump, 4096 + 12, struct.pack("<IQQ", 1, 0, 0x4000))
    part = patched(part, 4096 + 80, struct.pack("<QQ", 0, 0x4000))
    w.refuses("one part of a split dump", w.make("part", part), ["no part of the split dump", "0x4000", "missing"])


def try_architecture(w):
    for name, word in (("mips64", "mips64"), ("i686", "i686"), ("\x1b[2J", "\\x1b[2J")):
        field = name.encode().ljust(65, b"\0")
        w.refuses(f"kdump of machine {name!r}", w.make("other", patched(w.kdump, UTS_MACHINE, field)),
                  [word, "not supported", "x86_64"])
    for name, number in (("mips", 8), ("sparc", 43), ("nothing", 999)):
        w.refuses(f"ELF of machine {name}", w.make("other", patched(w.elf, E_MACHINE, struct.pack("<H", number))),
                  ["not supported", "x86_64"])
    w.refuses("ELF of 32 bits", w.make("other", patched(w.elf, E_CLASS, b"\1")), ["32-bit", "not supported"])
    w.refuses("ELF of a big-endian machine", w.make("other", patched(w.elf, E_DATA, b"\2")), ["big-endian", "not supported"])


def try_lacking(w):
    if not os.access(dumptest.REDUMP, os.X_OK):
        w.cases.skip("no VMCOREINFO", "redump was not built: a codec's library is missing")
        return
    for form in ("--kdump", "none"), ("--elf",):
        path = w.work / "anonymous"
        dumptest.redump(*form, "--drop-vmcoreinfo", w.dump, path)
        # it could be found in memory, too
        path.write_bytes(read(path).replace(b"OSRELEASE=", b"OSRELEASF="))
        w.refuses(f"no VMCOREINFO ({form[0]})", path, ["VMCOREINFO", "dump again"])
        path.unlink()


# ---- debug info --------------------------------------------------------------------------------------------------------


def build_id(vmlinux, dump):
    """The build-id of the kernel of a dump, as its own vmlinux gives it."""
    lines = dumptest.pagefsck("census", "--format", "json", "-d", vmlinux, dump).stdout.decode()
    return lines.split('"build_id": "')[1].split('"')[0]


def try_other_build(w):
    ids = {name: build_id(dump.vmlinux, dump.path) for name, dump in w.dumps.items()}
    for name, other in (("6.1", "6.12"), ("6.1", "5.10"), ("5.10", "6.1"), ("7.3", "6.12")):
        w.refuses(f"dump of {name}, vmlinux of {other}", w.dumps[name].path, [ids[name], ids[other], "-d", f"release {name}"],
                  vmlinux=w.dumps[other].vmlinux)


def try_no_build_id(w):
    """A dump that does not tell its build-id: another build must still be noticed."""
    data = read(w.dump)
    path = w.make("no-id", data.replace(b"BUILD-ID=", b"BUILDXID="))
    w.refuses("no build-id, vmlinux of another build", path, ["does not fit", "6.1.0-50-amd64"],
              vmlinux=w.dumps["6.12"].vmlinux)
    done, _ = w.run("check", "-d", w.vmlinux, path)
    w.cases.case("no build-id, right vmlinux", done.stderr if done.returncode else "")
    path.unlink()


def try_no_debuginfo(w):
    w.refuses("no such vmlinux", w.dump, ["No such file"], vmlinux=w.work / "absent")
    w.refuses("vmlinux is a text", w.dump, ["neither an ELF file nor", "give the vmlinux"], vmlinux=w.make("text", b"hello\n"))
    w.refuses("vmlinux is empty", w.dump, ["empty", "give the vmlinux"], vmlinux=w.make("empty", b""))
    w.refuses("vmlinux is /dev/null", w.dump, ["not a regular file"], vmlinux="/dev/null")
    w.refuses("vmlinux is a FIFO", w.dump, ["not a regular file"], vmlinux=w.work / "fifo")
    w.refuses("vmlinux is the dump", w.dump, ["neither an ELF file nor", "give the vmlinux"], vmlinux=w.dump)


def renamed_section(data, name):
    """As if the section were not there."""
    return data.replace(name + b"\0", b".x" + name[2:] + b"\0")


def try_stripped(w):
    w.refuses("vmlinux without debug info", w.dump, ["no DWARF", "debug package", "-d"],
              vmlinux=w.make("vmlinux", renamed_section(w.debuginfo, b".debug_info")))
    w.refuses("vmlinux without symbols", w.dump, ["no symbol table", "stripped", "-d"],
              vmlinux=w.make("vmlinux", renamed_section(w.debuginfo, b".symtab")))
    w.refuses("vmlinux without strings", w.dump, ["debug info"],
              vmlinux=w.make("vmlinux", renamed_section(w.debuginfo, b".debug_str")))
    w.refuses("DWARF without abbreviations", w.dump, ["DWARF is corrupt", "copy the file again"],
              vmlinux=w.make("vmlinux", renamed_section(w.debuginfo, b".debug_abbrev")))


def try_corrupt_elf(w):
    for size in (16, 64, 4096, len(w.debuginfo) // 2):
        w.refuses(f"vmlinux cut after {size} bytes", w.dump, ["copy the file again"],
                  vmlinux=w.make("vmlinux", w.debuginfo[:size]))
    for what, at, new, said in (("32 bits", E_CLASS, b"\1", "only"), ("the other byte order", E_DATA, b"\2", "copy the file again")):
        w.refuses(f"vmlinux of {what}", w.dump, [said], vmlinux=w.make("vmlinux", patched(w.debuginfo, at, new)))
    w.refuses("section headers beyond the end", w.dump, ["section headers", "copy the file again"],
              vmlinux=w.make("vmlinux", patched(w.debuginfo, 40, b"\xff" * 8)))
    for name in (b".debug_info", b".debug_abbrev"):
        offset, size = dumptest.elf_section(w.debuginfo, name)
        w.refuses(f"{name.decode()} of zeros", w.dump, [],
                  vmlinux=w.make("vmlinux", patched(w.debuginfo, offset, bytes(size))))
        w.refuses(f"{name.decode()} of ones", w.dump, [],
                  vmlinux=w.make("vmlinux", patched(w.debuginfo, offset, b"\xff" * size)))
    offset, size = dumptest.elf_section(w.debuginfo, b".symtab")
    w.refuses("symbol table of zeros", w.dump, [], vmlinux=w.make("vmlinux", patched(w.debuginfo, offset, bytes(size))))


# ---- the command line --------------------------------------------------------------------------------------------------


def try_usage(w):
    good = ("-d", w.vmlinux, w.dump)
    lines = {
        "no dump": ("check",), "unknown option": ("check", "--frobnicate", *good),
        "unknown format": ("check", "--format", "yaml", *good), "no threads": ("check", "-j", "0", *good),
        "threads in words": ("check", "-j", "two", *good), "unknown rule": ("check", "--only", "no-such-rule", *good),
        "backward range": ("check", "--pfn-range", "9-3", *good), "half a range": ("check", "--pfn-range", "9", *good),
        "unknown severity": ("check", "--fail-on", "doubt", *good), "census of nothing": ("census",),
        "page of nothing": ("page", *good), "unknown command": ("chekc", *good),
    }
    for name, args in lines.items():
        done, left = w.run(*args)
        w.cases.case(f"usage: {name}", [
            f"exit status {done.returncode}: {done.stderr[:300]}" if done.returncode != 16 else "",
            "nothing on standard error" if not done.stderr else "", f"standard output: {done.stdout[:100]}" if done.stdout else "",
            f"left behind: {left}" if left else ""])


def try_traces(w):
    """A good run writes the report and the cache, nothing else."""
    done, left = w.run("check", "-d", w.vmlinux, w.dump)
    w.cases.case("a run leaves nothing behind", [f"exit status {done.returncode}" if done.returncode else "", *map(str, left)])
    done, left = w.run("check", "-o", "report", "-d", w.vmlinux, w.dump)
    w.cases.case("-o leaves the report only", [f"standard output: {done.stdout[:99]}" if done.stdout else "",
                                             f"{left}" if [p[0] for p in left] != [str(w.work / "report")] else ""])
    before = (w.work / "report").read_bytes()
    w.run("check", "-o", "report", "-d", w.vmlinux, w.make("text", b"hello\n"))
    w.cases.case("a failed run keeps the old report", "" if (w.work / "report").read_bytes() == before else "it did not")
    names = sorted(p.name for p in (w.folder / "cache").rglob("*") if p.is_file())
    w.cases.case("a failed run caches nothing", names)


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack("5.10", "6.1", "6.1-elf", "6.12", "7.3")
    with dumptest.Workplace("bad_input") as folder:
        world = World(cases, folder, dumps)
        for group in (try_no_dump, try_hostile_name, try_permission, try_cut_headers, try_split, try_architecture, try_lacking,
                      try_other_build, try_no_build_id, try_no_debuginfo, try_stripped, try_corrupt_elf, try_usage,
                      try_traces):
            group(world)
    cases.finish()


main()
