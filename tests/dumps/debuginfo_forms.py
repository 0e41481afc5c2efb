#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The forms in which a vmlinux comes: packed, stripped with its debug info apart, with compressed sections; and what is
taken for one by mistake, or was damaged on its way.
"""
import bz2
import gzip
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import dumptest

OBJCOPY, CC, ZSTD = (shutil.which(tool) for tool in ("objcopy", os.environ.get("CC", "cc").split()[-1], "zstd"))


class World:
    def __init__(self, cases, folder, dump):
        self.cases, self.work = cases, folder / "work"
        self.work.mkdir()
        self.dump, self.data = dump.path, pathlib.Path(dump.vmlinux).read_bytes()
        self.vmlinux = self.make("vmlinux", self.data)
        self.expected = self.layout(self.vmlinux)[1]
        self.id = re.search(r'"build_id": "(\w+)"', self.expected)[1]

    def make(self, name, data):
        path = self.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    def objcopy(self, name, *args, source=None):
        subprocess.run([OBJCOPY, *map(str, args), source or self.vmlinux, self.work / name], check=True, timeout=60)
        return self.work / name

    def layout(self, debuginfo, dump=True):
        """(the run, the report without the name of the file)."""
        shutil.rmtree(self.work.parent / "cache", ignore_errors=True)
        args = ("-d", debuginfo, self.dump) if dump else (debuginfo,)
        done = dumptest.pagefsck("layout", "--format", "json", *args,
                                 env={**os.environ, "TMPDIR": str(self.work), "DEBUGINFOD_URLS": ""})
        return done, re.sub(r'"path": "[^"]*vmlinux[^"]*"', "", done.stdout.decode())

    def serves(self, name, path, used=None):
        """One case: it says the same as the vmlinux; the report names the file that was used."""
        before = sorted(os.listdir(self.work))
        done, text = self.layout(path)
        self.cases.case(name, ["another report" if text != self.expected else "",
                               "" if str(used or path).encode() in done.stdout else f"does not name {used or path}",
                               "" if sorted(os.listdir(self.work)) == before else "leaves files behind", done.stderr])

    def refused(self, name, path, *says, blamed=None):
        """One case: exit status 8, and one line with these words and the name of a file."""
        done, _ = self.layout(path)
        wrong = [f"exit status {done.returncode}" if done.returncode != 8 else "",
                 "not one line" if done.stderr.count("\n") != 1 else ""]
        wrong += [f"does not say '{word}'" for word in (*says, os.path.basename(blamed or path)) if word not in done.stderr]
        wrong = [w for w in wrong if w]
        self.cases.case(name, wrong and [*wrong, done.stderr])


def pack(w, method):
    if method == "gz":
        return gzip.compress(w.data, 1)
    if method == "xz":
        return lzma.compress(w.data, preset=1)
    return subprocess.run([ZSTD, "-q", "-1"], input=w.data, stdout=subprocess.PIPE, check=True).stdout


def try_packed(w):
    for method in ("gz", "xz", "zst"):
        if method == "zst" and not ZSTD:
            w.cases.skip("packed: zst", "no zstd here")
            continue
        packed = pack(w, method)
        path = w.make(f"vmlinux.{method}", packed)
        if "was built without" in w.layout(path)[0].stderr:
            w.cases.skip(f"packed: {method}", "built without it")
            continue
        w.serves(f"packed: {method}", path)
        for percent in 1, 50, 99:
            w.refused(f"{method} cut at {percent} %", w.make("vmlinux.cut", packed[:len(packed) * percent // 100]),
                      "ends early", "copy the file again")
        middle = len(packed) // 2
        w.refused(f"{method} damaged", w.make("vmlinux.bad", packed[:middle] + b"\xa5" * 64 + packed[middle + 64:]))
    done, _ = w.layout(w.make("vmlinux.gz", gzip.compress(w.data)), dump=False)
    w.cases.case("packed: the layout of it alone", done.stderr if done.returncode else "")
    w.refused("gz of a text", w.make("vmlinux.gz", gzip.compress(b"hello")), "no ELF file in it")
    w.refused("a bomb", w.make("vmlinux.gz", gzip.compress(w.data + bytes(200 << 20), 9)), "which no vmlinux does")
    w.refused("bzip2", w.make("vmlinux.bz2", bz2.compress(w.data[:5000])), "bzip2", "unpack it first")
    w.cases.case("nothing left in TMPDIR", [p for p in os.listdir(w.work) if p.startswith("pagefsck.")])


def try_sections(w):
    for method in ("zlib", "zlib-gnu", "zstd"):
        try:
            path = w.objcopy(f"vmlinux-{method}", f"--compress-debug-sections={method}")
        except subprocess.CalledProcessError:
            w.cases.skip(f"sections compressed: {method}", "this objcopy does not know it")
            continue
        if "was built without" in w.layout(path)[0].stderr:
            w.cases.skip(f"sections compressed: {method}", "built without it")
            continue
        if method != "zlib-gnu":
            w.serves(f"sections compressed: {method}", path)
        else: # .zdebug_*: older than kernels with a folio by far
            w.refused(f"sections compressed: {method}", path, "no DWARF")


def try_apart(w):
    debug = w.objcopy("vmlinux.debug", "--only-keep-debug")
    w.serves("a debug file alone", debug)
    stripped = w.objcopy("vmlinux-stripped", "--strip-all", f"--add-gnu-debuglink={debug}")
    w.serves("stripped, debug file beside it", stripped, used=debug)
    (w.work / ".debug").mkdir()
    debug.rename(w.work / ".debug/vmlinux.debug")
    w.serves("stripped, debug file in .debug", stripped, used=w.work / ".debug/vmlinux.debug")
    hidden = (w.work / ".debug/vmlinux.debug").read_bytes().replace(b".symtab\0", b".xymtab\0")
    w.make(".debug/vmlinux.debug", hidden)
    half = w.objcopy("vmlinux-half", "--strip-debug", f"--add-gnu-debuglink={w.make('vmlinux.debug', hidden)}")
    (w.work / "vmlinux.debug").unlink()
    w.serves("symbols in one file, types in the other", half, used=w.work / ".debug/vmlinux.debug")
    w.refused("symbols in neither", stripped, "no symbol table", blamed="vmlinux.debug")
    shutil.rmtree(w.work / ".debug")
    w.refused("stripped, debug file nowhere", stripped, "no DWARF", "vmlinux.debug")
    w.make("vmlinux.debug", b"\x7fELF but not much of it")
    w.refused("stripped, debug file damaged", stripped, "no DWARF", "vmlinux.debug")
    other = bytearray(w.data)
    at = other.index(bytes.fromhex(w.id))
    other[at] ^= 1
    w.make("vmlinux.debug", bytes(other))
    w.refused("stripped, debug file of another build", stripped, "no DWARF", "vmlinux.debug")


def try_mistaken(w):
    boot = bytearray(0x4000)
    boot[0x1fe:0x200], boot[0x202:0x206], boot[0x20e:0x210] = b"\x55\xaa", b"HdrS", b"\x00\x10"
    boot[0x1200:0x1220] = b"6.1.0-50-amd64 (x@y) #1 SMP\0\0\0\0\0"
    w.refused("vmlinuz", w.make("vmlinuz", bytes(boot)), "boot image", "6.1.0-50-amd64,", "no debug info")
    boot[0x20e:0x210] = b"\xff\xff"
    w.refused("vmlinuz with a version beyond its end", w.make("vmlinuz", bytes(boot)), "boot image", "kernel ?,")
    w.refused("arm64 Image", w.make("Image", bytes(0x38) + b"ARM\x64" + bytes(64)), "boot image", "no debug info")
    w.refused("a Debian package", w.make("x.deb", b"!<arch>\ndebian-binary   " + bytes(64)), "dpkg-deb -x", "with -d")
    w.refused("an RPM package", w.make("x.rpm", b"\xed\xab\xee\xdb\3\0" + bytes(99)), "rpm2cpio", "with -d")
    if OBJCOPY:
        note = w.make("note", b"x" * 64)
        w.refused("a module", w.objcopy("x.ko", f"--add-section=.gnu.linkonce.this_module={note}"), "a kernel module")
        link = w.make("link", b"kernel.dwz\0" + bytes(20))
        w.refused("dwz", w.objcopy("vmlinux-dwz", f"--add-section=.gnu_debugaltlink={link}"), "by dwz: kernel.dwz")
    if not CC:
        w.cases.skip("split DWARF", "no compiler")
        return
    source = w.make("x.c", b"struct page { long flags; } p; void _start(void) {}\n")
    for version in 4, 5:
        done = subprocess.run([CC, "-nostdlib", "-static", "-O0", f"-gdwarf-{version}", "-gsplit-dwarf", "-Wl,--build-id=0x" + w.id,
                               "-o", w.work / "vmlinux-split", source], stderr=subprocess.DEVNULL, timeout=60)
        if done.returncode:
            w.cases.skip(f"split DWARF {version}", "this compiler does not make it")
        else:
            w.refused(f"split DWARF {version}", w.work / "vmlinux-split", ".dwo files", "CONFIG_DEBUG_INFO_SPLIT")


def try_damaged(w):
    for percent in 1, 50, 99:
        w.refused(f"cut at {percent} %", w.make("vmlinux-cut", w.data[:len(w.data) * percent // 100]), "copy the file again")
    wrong = []
    for at in range(64):
        new = bytes([w.data[at] ^ 0xff])
        done, text = w.layout(w.make("vmlinux-bad", w.data[:at] + new + w.data[at + 1:]))
        fine = done.returncode == 0 and text == w.expected
        if not fine and (done.returncode != 8 or done.stderr.count("\n") != 1 or "vmlinux-bad" not in done.stderr):
            wrong.append(f"byte {at} as {new!r}: exit status {done.returncode}: {done.stderr[:300]}")
    w.cases.case("each byte of the ELF header", wrong)


def main():
    cases = dumptest.Cases()
    dump = dumptest.unpack("6.1")["6.1"]
    with dumptest.Workplace("debuginfo_forms") as folder:
        world = World(cases, folder, dump)
        try_packed(world)
        if OBJCOPY:
            try_sections(world)
            try_apart(world)
        else:
            cases.skip("sections, debug info apart", "no objcopy")
        try_mistaken(world)
        try_damaged(world)
    cases.finish()


main()
