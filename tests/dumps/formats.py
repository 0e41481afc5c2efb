#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same memory in every form of dump gives the same report: all that "check" says but for "dump" and "timing"."""
import functools
import os
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
import dumptest
import forms

FORMS = {
    "none": ("--kdump", "none"), "zlib": ("--kdump", "zlib"), "lzo": ("--kdump", "lzo"),
    "snappy": ("--kdump", "snappy"), "zstd": ("--kdump", "zstd"), "elf": ("--elf",),
}
# One of each kernel generation, and what has several nodes, holes or five levels.
INPUTS = ("5.10", "6.12-la57", "7.3-numa")
POWER = "6.12-ppc64el"
# Big-endian, and so are headers, descriptors and notes.
BIG_ENDIAN = "6.12-s390x"
# Bundled as they came from QEMU and from /proc/vmcore.
ELVES = {"6.1-elf": "ELF", "6.1-kdump": "ELF"}


# An ELF file does not tell pages of zeros from pages that were left out.
NOT_IN_ELF = ("--skip", "filtered-kernel-page")


def essence(report):
    return {name: value for name, value in report.items() if name not in ("dump", "timing")} if report else None


@functools.lru_cache(maxsize=None)
def known(dump, *args):
    """What the dump as it is bundled says."""
    return dumptest.check_json(dump, *args)[1]


def difference(one, other):
    """Names of the members that differ."""
    if not other:
        return "no report"
    return ", ".join(f"{name}: {str(one[name])[:200]} became {str(other[name])[:200]}"
                     for name in one if one[name] != other[name])


def try_form(cases, dump, form, folder):
    path = folder / f"vmcore.{form}"
    dumptest.redump(*FORMS[form], dump.path, path)
    less = NOT_IN_ELF if form == "elf" else ()
    status, report = dumptest.check_json(dump, *less, path=path)
    wrong = [f"exit status {status}"] if status else []
    if report:
        # redump tells one of QEMU's notes less than a file of QEMU has: nothing that a report shows
        wrong.append(difference(essence(known(dump, *less)), essence(report)))
        wrong += wrong_header(report["dump"], form, path)
    cases.case(f"{dump.name} as {form}", wrong)
    path.unlink()


def wrong_header(header, form, path):
    expected = {"path": str(path), "size": path.stat().st_size, "truncated": False, "pages_truncated": 0,
                "format": "ELF" if form == "elf" else "kdump"}
    return [f"dump.{name} is {header.get(name)}, not {value}" for name, value in expected.items()
            if str(header.get(name)).lower() != str(value).lower()]


def try_elf(cases, dump, form):
    status, report = dumptest.check_json(dump)
    wrong = [f"exit status {status}"] if status else []
    if report and report["dump"]["format"].lower() != form.lower():
        wrong.append(f"format {report['dump']['format']}")
    cases.case(f"{dump.name} is {form}", wrong if report else "no report")


# ---- flattened, piped, split ------------------------------------------------------------------------------------------


def same_report(cases, name, dump, expected, *args, **header):
    """One case: these files say what the one dump says, and the header says what it should."""
    done = dumptest.pagefsck("check", "--format", "json", "-d", dump.vmlinux, *args)
    report = dumptest.parse(done.stdout)
    wrong = [f"exit status {done.returncode}: {done.stderr}"] if done.returncode else []
    if report:
        wrong.append(difference(essence(expected), essence(report)))
        wrong += [f"dump.{key} is {report['dump'].get(key)}, not {value}" for key, value in header.items()
                  if report["dump"].get(key) != value]
    cases.case(f"{dump.name} {name}", wrong)


def flat_forms(dump, folder):
    """(name, bytes) of all forms that are flattened."""
    for codec in ("none", "zlib", "lzo", "snappy", "zstd"):
        path = folder / "vmcore"
        dumptest.redump("--kdump", codec, dump.path, path)
        yield codec, path.read_bytes()
    dumptest.redump("--elf", dump.path, path)
    yield "elf", path.read_bytes()
    path.unlink()


def try_flattened(cases, dump, folder):
    for seed, (name, data) in enumerate(flat_forms(dump, folder)):
        flat = folder / "vmcore.flat"
        flat.write_bytes(forms.flatten(data, seed, piece=65536 - 99 * seed))
        less = NOT_IN_ELF if name == "elf" else ()
        same_report(cases, f"as {name}, flattened", dump, known(dump, *less), *less, flat, flattened=True, truncated=False)
        flat.unlink()


def try_piped(cases, dump, folder):
    """On standard input, as a file and through a pipe, and through a FIFO."""
    flat = folder / "vmcore.flat"
    flat.write_bytes(forms.flatten(open(dump.path, "rb").read()))
    program = f"{dumptest.PAGEFSCK} check --format json -d {dump.vmlinux}"
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    for name, line in (("standard input is a file", f"{program} - < {flat}"),
                       ("standard input is a pipe", f"cat {dump.path} | {program} -"),
                       ("a FIFO", f"cat {flat} > {fifo} & {program} {fifo}"),
                       ("a pipe, TMPDIR is set", f"cat {flat} | TMPDIR={folder} {program} -")):
        done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        report = dumptest.parse(done.stdout)
        cases.case(f"{dump.name}, {name}", [f"exit status {done.returncode}: {done.stderr}" if done.returncode else "",
                                            difference(essence(known(dump)), essence(report))])
    left = sorted(p.name for p in folder.iterdir() if p.name.startswith("pagefsck"))
    cases.case("nothing is left of pipes", left)
    flat.unlink()
    fifo.unlink()


def try_split(cases, dump, folder):
    """Parts in any order, found beside each other, and through the commands that take several files."""
    dumptest.redump("--kdump", "zlib", dump.path, folder / "vmcore")
    data = (folder / "vmcore").read_bytes()
    (folder / "vmcore").unlink()
    stored = forms.Kdump(data).stored
    borders = [stored[len(stored) // 3] + 1, stored[len(stored) // 2] | 63]
    paths = [folder / f"vmcore.{i}" for i in range(3)]
    for path, part in zip(paths, forms.split(data, *borders)):
        path.write_bytes(part)
    same_report(cases, "in three parts", dump, known(dump), paths[2], paths[0], paths[1], files=3, truncated=False)
    same_report(cases, "as the second part of three", dump, known(dump), paths[1], files=3, truncated=False)
    pfn = str(stored[len(stored) * 2 // 3])
    sheets = [dumptest.pagefsck("page", "-d", dump.vmlinux, *files, pfn) for files in ([dump.path], paths, [paths[2]])]
    cases.case("page of a split dump", [f"{sheet.stderr}{sheet.stdout[:200]}" for sheet in sheets[1:]
                                        if sheet.returncode or sheet.stdout != sheets[0].stdout])
    try_missing_part(cases, dump, paths, borders)
    try_empty_part(cases, dump, paths, forms.Kdump(data))
    for path in paths:
        path.unlink()


def try_missing_part(cases, dump, paths, borders):
    """What is in no part is a gap, and the report says which pages these are."""
    for missing, pages in (0, (0, borders[0] - 1)), (1, (borders[0], borders[1] - 1)):
        given = [path for i, path in enumerate(paths) if i != missing]
        done = dumptest.pagefsck("check", "--format", "json", "-d", dump.vmlinux, *given)
        report = dumptest.parse(done.stdout)
        says = report["dump"].get("incomplete", "") if report else done.stderr
        wanted = f"for pfns {pages[0]:#x} to {pages[1]:#x}".replace("0x0 ", "0 ")
        wrong = [] if wanted in says else [f"does not say '{wanted}': {says}"]
        if report:
            wrong += [f"false alarm: {f['message']}" for f in report["findings"] if f["severity"] != "note"]
            wrong += [] if report["dump"]["truncated"] and report["dump"]["pages_truncated"] else ["not truncated"]
        cases.case(f"{dump.name}, part {missing} is missing", wrong)


def try_empty_part(cases, dump, paths, kdump):
    """What makedumpfile writes when there are fewer blocks of memory than files: the file ends with the last bit it needs."""
    empty = forms.part(kdump, kdump.max_mapnr, kdump.max_mapnr)
    bits = kdump.bitmap + (kdump.max_mapnr + 7) // 8
    for name, size in ("", bits), (", cut", bits - 1):
        path = paths[0].with_name("vmcore.empty")
        path.write_bytes(empty[:size])
        done = dumptest.pagefsck("check", "--format", "json", "-d", dump.vmlinux, *paths, path)
        report = dumptest.parse(done.stdout)
        good = done.returncode == 8 and "vmcore.empty: cut" in done.stderr if name else not difference(essence(known(dump)), essence(report))
        cases.case(f"{dump.name} with a part that has no page{name}", "" if good else f"exit status {done.returncode}: {done.stderr}")
        path.unlink()


# ---- what was not written for us ------------------------------------------------------------------------------------


def try_no_note(cases, dump, folder):
    """Without the note VMCOREINFO is found in memory, and the report is the same."""
    for name, form, less in ("elf", ("--elf",), NOT_IN_ELF), ("zstd", ("--kdump", "zstd"), ()):
        path = folder / "vmcore.anonymous"
        dumptest.redump(*form, "--drop-vmcoreinfo", dump.path, path)
        same_report(cases, f"as {name} without VMCOREINFO", dump, known(dump, *less), *less, path, truncated=False)
        path.unlink()


def try_turned(cases, dump, folder):
    """QEMU 7.2 writes the headers of ppc64le as big-endian, and no VMCOREINFO."""
    path = folder / "vmcore.turned"
    dumptest.redump("--elf", "--drop-vmcoreinfo", dump.path, path)
    with open(path, "r+b") as f:
        header = f.read(64)
        fields = struct.unpack("<16xHHIQQQIHHHHHH", header)
        f.seek(0)
        f.write(header[:5] + b"\2" + header[6:16] + struct.pack(">HHIQQQIHHHHHH", *fields))
        f.seek(fields[4])
        segments = [struct.unpack("<IIQQQQQQ", f.read(56)) for _ in range(fields[9])]
        f.seek(fields[4])
        f.write(b"".join(struct.pack(">IIQQQQQQ", *s) for s in segments))
    same_report(cases, "as ELF with a big-endian header", dump, known(dump, *NOT_IN_ELF), *NOT_IN_ELF, path, truncated=False)
    path.unlink()


LIVE = {"page-section-matches", "page-zone-matches", "page-node-matches", "flags-undefined-bits", "page-poisoned",
        "type-valid", "type-low-bits", "refcount-negative", "refcount-overflow", "mapcount-underflow", "mapcount-overflow"}


def try_live(cases, dump, folder):
    """What is shaped like /proc/kcore is taken as such: rules about single words only, and the report says so."""
    path = folder / "kcore"
    dumptest.redump("--elf", dump.path, path)
    elf = path.read_bytes()
    for elsewhere in -1, 0:
        path.write_bytes(forms.kcore(elf, elsewhere))
        status, report = dumptest.check_json(dump, path=path)
        text = dumptest.pagefsck("check", "-d", dump.vmlinux, path).stdout.decode()
        ran = {r["id"] for r in report["rules"] if not r["skipped"]} if report else set()
        cases.case(f"{dump.name} as live memory, elsewhere is {elsewhere}",
                   [f"exit status {status}" if status else "", "LIVE is not said" if "LIVE memory" not in text else "",
                    f"rules that ran: {sorted(ran)}" if not ran or not ran <= LIVE else "",
                    "not live" if not report or not report["dump"].get("live") else "",
                    "other pages" if report and report["dump"]["pages_present"] !=
                    known(dump)["dump"]["pages_present"] else ""])
    path.unlink()


def try_big_endian(cases, dump, folder):
    for form in "none", "zlib", "zstd", "elf":  # plain, by libkdumpfile, by ourselves
        try_form(cases, dump, form, folder)
    flat = folder / "vmcore.flat"
    dumptest.redump("--kdump", "lzo", dump.path, folder / "vmcore")
    flat.write_bytes(forms.flatten((folder / "vmcore").read_bytes()))
    same_report(cases, "flattened", dump, known(dump), flat, flattened=True, truncated=False)
    flat.unlink()
    try_split(cases, dump, folder)


def try_cut(cases, dump, folder):
    """Cut after 1, 50 and 99 percent: an error that says so, or gaps and not one false alarm."""
    path = folder / "vmcore.cut"
    data = open(dump.path, "rb").read()
    dumptest.redump("--elf", dump.path, path)
    elf = path.read_bytes()
    whole = {"kdump": [data], "ELF": [elf], "flattened kdump": [forms.flatten(data)], "flattened ELF": [forms.flatten(elf)],
             "split kdump": forms.split(data, 0x3000)}
    for name, parts in whole.items():
        for percent in (1, 50, 99) if name in ("flattened kdump", "split kdump") else (50,):
            path.write_bytes(parts[-1][:len(parts[-1]) * percent // 100])
            files = [path]
            for i, part in enumerate(parts[:-1]):
                files.append(folder / f"vmcore.whole{i}")
                files[-1].write_bytes(part)
            cases.case(f"{dump.name}, {name}, cut after {percent} %", wrong_if_cut(dump, files))
    for file in files:
        file.unlink()


def wrong_if_cut(dump, files):
    done = dumptest.pagefsck("check", "--format", "json", "-d", dump.vmlinux, *files)
    report = dumptest.parse(done.stdout)
    if not report:
        says = any(word in done.stderr for word in ("cut after", "truncated", "missing"))
        return "" if done.returncode == 8 and says else f"exit status {done.returncode}: {done.stderr}"
    alarms = [f["message"] for f in report["findings"] if f["severity"] != "note"]
    return [*alarms, "" if report["dump"]["truncated"] and report["dump"]["pages_truncated"] else "not truncated",
            f"exit status {done.returncode}" if done.returncode else ""]


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack(*INPUTS, *ELVES)
    with dumptest.Workplace("formats") as folder:
        for name, form in ELVES.items():
            try_elf(cases, dumps[name], form)
        for name in INPUTS:
            for form in FORMS:
                if not os.access(dumptest.REDUMP, os.X_OK):
                    cases.skip(f"{name} as {form}", "redump was not built: a codec's library is missing")
                elif cases.wanted(f"{name} as {form}"):
                    try_form(cases, dumps[name], form, folder)
        dump = dumps[INPUTS[0]]
        if os.access(dumptest.REDUMP, os.X_OK):
            try_flattened(cases, dump, folder)
            try_no_note(cases, dump, folder)
            if cases.wanted(f"{POWER} as ELF"):
                try_turned(cases, dumptest.unpack(POWER)[POWER], folder)
            try_big_endian(cases, dumptest.unpack(BIG_ENDIAN)[BIG_ENDIAN], folder)
            try_live(cases, dump, folder)
            try_cut(cases, dump, folder)
            try_split(cases, dump, folder)
        try_piped(cases, dump, folder)
    cases.finish()


main()
