#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Without a vmlinux: the BTF and kallsyms that the kernel in a dump carries must answer what its vmlinux answers.

5.10 does not say where they are and has per-CPU symbols that are no addresses; 7.3 says where, and its offsets are relative to
their own place.  Then each is damaged.
"""
import os
import struct
import subprocess

import dumptest

KERNELS = ("5.10", "7.3")
# BTF has no variables but those of CPUs: for these, src/layout/layout_arrays.c.
NO_VARIABLES = {"array node_data", "array swap_info", "array stack_slabs", "array stack_pools"}
DIGITS = b"0\0" b"1\0" b"2\0" b"3\0" b"4\0" b"5\0" b"6\0" b"7\0" b"8\0" b"9\0"
MAGIC = b"\x9f\xeb\x01\0\x18\0\0\0\0\0\0\0"


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Kernel:
    """A bundled dump where no vmlinux is beside it, and the BTF in it: pages are stored as they are, one after the other."""

    def __init__(self, work, dump):
        self.dump = dump
        self.folder = work / dump.name
        self.folder.mkdir()
        self.alone = self.folder / "vmcore"
        os.symlink(dump.path, self.alone)
        self.btf = self.find_btf(read(dump.path))

    @staticmethod
    def find_btf(data):
        """The largest blob, which is the kernel's, not a module's; where it was unpacked at boot remains may lie before."""
        blobs, at = [], data.find(MAGIC)
        while at >= 0:
            types, strings_at, strings = struct.unpack_from("<3I", data, at + 12)
            blobs.append(data[at:at + 24 + strings_at + strings])
            assert types == strings_at
            at = data.find(MAGIC, at + 1)
        return max(reversed(blobs), key=len)

    def make(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path


def report(*args):
    done = dumptest.pagefsck("check", "--format", "json", *args)
    return dumptest.parse(done.stdout) if done.returncode in (0, 4) else None, done


def differences(a, b):
    """Parts of two reports that differ, but for time and where debug info is from."""
    sources = a["kernel"].pop("debuginfo"), b["kernel"].pop("debuginfo")
    return [k for k in a if k != "timing" and k != "dump" and a[k] != b[k]], sources


def is_btf(source, path):
    return (source["source"], source["path"]) == ("btf", path)


def try_same_report(cases, k):
    with_vmlinux, _ = report("-d", k.dump.vmlinux, k.dump.path)
    without, done = report(k.alone)
    if not without:
        cases.case(f"{k.dump.name} alone", done.stderr)
        return
    different, (_, source) = differences(with_vmlinux, without)
    cases.case(f"{k.dump.name} alone: same report", f"different: {different}" if different else "")
    cases.case(f"{k.dump.name} alone: says so", "" if is_btf(source, None) else str(source))
    text = dumptest.pagefsck("census", k.alone).stdout.decode()
    cases.case(f"{k.dump.name} alone: header", "" if "BTF in the dump" in text else text[:400])


def try_facts(cases, k):
    tool = os.path.abspath(os.environ.get("FACTS", "tests/tools/facts"))
    done = subprocess.run([tool, k.dump.vmlinux, "-", k.alone], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    *lines, totals = done.stdout.splitlines() or [done.stderr]
    # The bundled vmlinux is reduced: it does not have all that the kernel has.
    wrong = [line for line in lines if line.split(":")[0] not in NO_VARIABLES and "dwarf absent" not in line]
    cases.case(f"{k.dump.name}: facts", "\n".join(wrong))
    words = totals.split()
    cases.case(f"{k.dump.name}: facts were found", "" if words[0] == "compared" and int(words[3]) > 500 else totals)


def try_file(cases, k):
    """BTF in a file, symbols from the dump; and BTF alone."""
    path = k.make("vmlinux.btf", k.btf)
    only = ("--only", "free-*,buddy-*,page-*")
    a, _ = report(*only, "-d", k.dump.vmlinux, k.dump.path)
    b, done = report(*only, "-d", path, k.alone)
    if b:
        different, (_, source) = differences(a, b)
        cases.case(f"{k.dump.name}: BTF file", f"different: {different}" if different else "")
        cases.case(f"{k.dump.name}: BTF file named", "" if is_btf(source, str(path)) else str(source))
    else:
        cases.case(f"{k.dump.name}: BTF file", done.stderr)
    layouts = [dumptest.pagefsck("layout", p).stdout.decode() for p in (k.dump.vmlinux, path)]
    words = [[line for line in t.splitlines() if "_refcount" in line or "last_cpupid" in line] for t in layouts]
    cases.case(f"{k.dump.name}: layout of BTF alone", "" if words[0] == words[1] and words[0] else str(words))


def refused(cases, name, done, texts):
    missing = [t for t in texts if t not in done.stderr]
    why = f"exit {done.returncode}: {done.stderr}" if done.returncode != 8 else f"not said: {missing}: {done.stderr}" if missing else ""
    cases.case(name, why)


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


def try_bad_file(cases, k):
    size = len(k.btf)
    bad = {f"cut at {share} %": (k.btf[:size * share // 100], "cut") for share in (1, 50, 99)}
    bad["cut in the header"] = k.btf[:20], "cut"
    bad["version"] = patched(k.btf, 2, b"\7"), "unknown version"
    for name, at in ("length of header", 4), ("types at", 8), ("types", 12), ("strings at", 16), ("strings", 20):
        bad[name] = patched(k.btf, at, b"\xff\xff\xff\x7f"), "BTF is damaged"
    bad["kind of type 1"] = patched(k.btf, 24 + 7, b"\x1e"), "at offset 0x18"
    for name, (data, text) in bad.items():
        done = dumptest.pagefsck("check", "-d", k.make("bad.btf", data), k.alone)
        refused(cases, f"BTF file, {name}", done, [text, "bad.btf"])
    # Types that lead anywhere: an error or not, but an end.
    types = struct.unpack_from("<I", k.btf, 12)[0]
    for name, word in ("zeros", b"\0"), ("ones", b"\1"):
        done = dumptest.pagefsck("layout", k.make("bad.btf", patched(k.btf, 24 + types // 2, word * (types // 4))))
        refused(cases, f"BTF file, types of {name}", done, ["bad.btf"])


def try_bad_dump(cases, k):
    """What the dump has is damaged: say what, and which vmlinux to give."""
    data = read(k.dump.path)
    damage = {
        "kallsyms tokens": (DIGITS, b"x" * len(DIGITS), "kallsyms"),
        "BTF version": (MAGIC, patched(MAGIC, 2, b"\7"), "BTF"),
        "BTF types": (k.btf[:64], k.btf[:24] + b"\xff" * 40, "BTF is damaged at offset 0x18"),
    }
    for name, (old, new, text) in damage.items():
        done = dumptest.pagefsck("check", k.make("bad.vmcore", data.replace(old, new)))
        refused(cases, f"{k.dump.name}, damaged {name}", done, [text, "vmlinux", "-d", "does not serve"])


def main():
    os.environ.pop("PAGEFSCK_DEBUGINFO_PATH", None)
    os.environ.pop("DEBUGINFOD_URLS", None)
    cases = dumptest.Cases()
    with dumptest.Workplace("btf") as work:
        kernels = [Kernel(work, dump) for dump in dumptest.unpack(*KERNELS).values()]
        for k in kernels:
            try_same_report(cases, k)
            try_facts(cases, k)
            try_file(cases, k)
            try_bad_dump(cases, k)
        try_bad_file(cases, kernels[1])
    cases.finish()


main()
