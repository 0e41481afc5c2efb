#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""LKCD, Xen's, sadump's and s390's forms of a dump give the report the dump gives; cut or damaged ones give an error or gaps.

"--flips N" damages N files of each form instead of a few.
"""
import os
import random
import struct
import sys

sys.dont_write_bytecode = True
import dumptest
import foreign
from foreign import GZIP, NONE, PAGE, RLE

INPUT, S390 = "6.12-owner", "6.12-s390x"
FLIPS = next((int(sys.argv[i + 1]) for i, a in enumerate(sys.argv[:-1]) if a == "--flips"), 6)
# None of these forms tells which pages were left out.
LESS = ("--skip", "filtered-kernel-page")
FORMS = {
    "LKCD 8": lambda pages: foreign.lkcd(pages, 8, NONE),
    "LKCD 9, run lengths": lambda pages: foreign.lkcd(pages, 9, RLE),
    "LKCD 10, zlib": lambda pages: foreign.lkcd(pages, 10, GZIP),
    "Xen": foreign.xen_core,
    "sadump": lambda pages: foreign.sadump(pages, version=0),
    "sadump on other media": lambda pages: foreign.sadump(pages, media=True),
}
CUT = "LKCD 8", "LKCD 10, zlib", "Xen", "sadump"
FORMAT = {"LKCD": "lkcd", "Xen": "xen", "sadump": "sadump"}


def essence(report):
    return {name: value for name, value in report.items() if name not in ("dump", "timing")} if report else {}


def try_same(cases, dump, pages, path):
    """Each form whole, and then cut more and more: every file is written once."""
    known = essence(dumptest.check_json(dump, *LESS)[1])
    for name, make in FORMS.items():
        size = path.write_bytes(make(pages))
        status, report = dumptest.check_json(dump, *LESS, path=path)
        found = essence(report)
        header = report["dump"] if report else {}
        wrong = [f"exit status {status}" if status else ""]
        wrong += [f"{key}: {str(known[key])[:200]} became {str(found.get(key))[:200]}" for key in known if known[key] != found.get(key)]
        wrong += [f"{key} is {header.get(key)}" for key, value in
                  (("format", FORMAT[name.split()[0]]), ("truncated", False), ("pages_present", len(pages))) if header.get(key) != value]
        cases.case(f"{dump.name} as {name}", wrong)
        if name in CUT:
            try_cut(cases, dump, name, path, size)


def try_s390(cases, dump, path):
    """What the stand-alone dumper writes of the same memory.  It has no notes: what the CPUs were at is not known then."""
    known = essence(dumptest.check_json(dump, *LESS)[1])
    with open(dump.path, "rb") as elf, open(path, "wb") as file:
        foreign.write_s390(file, foreign.pages_of(elf.read()))
    status, report = dumptest.check_json(dump, *LESS, path=path)
    found = essence(report)
    wrong = [f"exit status {status}" if status else ""]
    wrong += [f"{key}: {str(known[key])[:200]} became {str(found.get(key))[:200]}" for key in known if known[key] != found.get(key)]
    wrong += [f"format is {report['dump']['format']}" if report and report["dump"]["format"] != "s390" else ""]
    cases.case(f"{dump.name} as a stand-alone dump", wrong)


def try_cut(cases, dump, name, path, size):
    """An error that says so, or gaps and not one false alarm."""
    for percent in (99, 50, 1):
        os.truncate(path, size * percent // 100)
        done = dumptest.pagefsck("check", "--format", "json", "-d", dump.vmlinux, path)
        report = dumptest.parse(done.stdout)
        if report:
            wrong = [f["message"] for f in report["findings"] if f["severity"] != "note"]
            wrong.append("" if report["dump"]["truncated"] else "not truncated")
        else:
            says = any(word in done.stderr for word in ("cut after", "was cut", "truncated"))
            wrong = "" if done.returncode == 8 and says else f"exit status {done.returncode}: {done.stderr}"
        cases.case(f"{dump.name} as {name}, cut after {percent} %", wrong)


def damage(data, rng, header):
    """One to four bytes of what the form itself wrote, at its two ends."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 2, 4))):
        at = rng.randrange(header) if rng.random() < 0.8 else len(data) - 1 - rng.randrange(min(len(data), 4096))
        data[at] = rng.choice((0, 1, 0x7f, 0x80, 0xff, data[at] ^ 1 << rng.randrange(8)))
    return data


def try_flips(cases, dump, pages, path):
    """Whatever stands in headers: an exit status of its own, soon, and nothing of a crash."""
    low = pages[:40]
    few = low + [p for p in pages if p[1][24:34] == b"OSRELEASE=" or p[1][:10] == b"OSRELEASE="]
    for name, whole in *((name, make(few)) for name, make in FORMS.items()), ("s390", foreign.s390(low)):
        header = whole.find(pages[0][1]) if name == "Xen" else 4 * PAGE if "sadump" in name else 750
        wrong = []
        for seed in range(FLIPS):
            path.write_bytes(damage(whole, random.Random(f"{name} {seed}"), header))
            done = dumptest.pagefsck("check", "-q", "-d", dump.vmlinux, path, timeout=20)
            if done.returncode not in (0, 4, 8) or done.returncode == 8 and not done.stderr.startswith("pagefsck: "):
                wrong.append(f"seed {seed}: exit status {done.returncode}: {done.stderr[:300]}")
        cases.case(f"{name} with damaged headers ({FLIPS})", wrong)


def try_packed_pages(cases, dump, pages, path):
    """A packed page that is larger than a page, or does not unpack, is a gap: never what was in the buffer before."""
    whole = bytearray(foreign.lkcd(pages[:400], 8, GZIP))
    struct.pack_into("<I", whole, foreign.FIRST_PAGE_V8 + 8, 5 * PAGE)
    path.write_bytes(whole)
    done = dumptest.pagefsck("check", "-d", dump.vmlinux, path)
    cases.case("LKCD page of five pages", [] if done.returncode == 8 and "cut" in done.stderr else [str(done.returncode), done.stderr])


def try_refused(cases, dump, pages, path):
    few = pages[:4]
    lkcd, sadump, s390 = foreign.lkcd(few), foreign.sadump(few), foreign.s390(few)
    for name, data, *says in (
            ("Xen, paravirtual", foreign.xen_core(few, magic=foreign.XEN_PV, p2m=True), "paravirtual", "HVM and PVH"),
            ("Xen without a note", foreign.xen_core(few).replace(struct.pack("<Q", foreign.XEN_HVM), bytes(8), 1), "xl dump-core"),
            ("an ELF core of sections without pages", foreign.xen_core(few).replace(b".xen_pages", b".yen_pages"), "holds no memory"),
            ("LKCD 7", foreign.lkcd(few, 7), "version 7"),
            ("LKCD of a big-endian machine", lkcd[7::-1] + lkcd[8:], "big-endian"),
            ("LKCD, packed in an unknown way", foreign.lkcd(few, codec=3), "unknown"),
            ("LKCD that ends at once", foreign.lkcd(few)[:foreign.FIRST_PAGE_V8], "cut"),
            ("one disk of sadump", foreign.sadump(few, disk=2), "makedumpfile -d 0"),
            ("sadump, first block damaged", sadump[:1024] + b"x" + sadump[1025:], "damaged"),
            ("sadump with few bits", sadump[:PAGE + 60] + b"\0\0\x10\0" + sadump[PAGE + 64:PAGE + 88] + b"\0\0\x10\0" + sadump[PAGE + 92:],
             "bitmaps"),
            ("s390, 31 bits", s390[:75] + b"\1" + s390[76:], "31-bit"),
            ("s390, one volume", s390[:92] + b"\1" + s390[93:], "zgetdump -f elf"),
            ("s390, pages of 3 bytes", s390[:23] + b"\3" + s390[24:], "damaged"),
            ("s390, cut", s390[:-5 * PAGE], "cut"), ("s390, extended", s390[:7] + b"\xfe" + s390[8:], "zgetdump -f elf")):
        path.write_bytes(data)
        done = dumptest.pagefsck("check", "-d", dump.vmlinux, path)
        wrong = [f"exit status {done.returncode}" if done.returncode != 8 else ""]
        wrong += [f"does not say '{word}': {done.stderr}" for word in (*says, path.name) if word not in done.stderr]
        cases.case(f"refused: {name}", wrong)


def main():
    cases = dumptest.Cases()
    if not os.access(dumptest.REDUMP, os.X_OK):
        cases.skip("all", "redump was not built: a codec's library is missing")
        cases.finish()
    dumps = dumptest.unpack(INPUT, S390)
    dump = dumps[INPUT]
    with dumptest.Workplace("foreign") as folder:
        elf = folder / "vmcore.elf"
        dumptest.redump("--elf", dump.path, elf)
        pages, path = foreign.pages_of(elf.read_bytes()), folder / "vmcore"
        elf.unlink()
        if FLIPS < 100:
            try_same(cases, dump, pages, path)
            try_s390(cases, dumps[S390], path)
            try_packed_pages(cases, dump, pages, path)
            try_refused(cases, dump, pages, path)
        try_flips(cases, dump, pages, path)
    cases.finish()


main()
