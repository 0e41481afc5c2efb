#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make the bundled dumps of dumps.py, one folder each.

make-dumps.py --work DIR --out DIR [--keep] [NAME...]

Needs: QEMU, gcc, a static libc and binutils for the machine (machines.py), bpftool, zstd, kmod,
e2fsprogs, util-linux, curl.  Kernels are fetched to DIR/kernels once (some GB);
runs stay in DIR/runs, with the uncut memory in dump.elf.
"""
import argparse
import json
import os
import shutil
import struct
import subprocess

from dumps import BUILT, DUMPS, KERNELS
from machines import MACHINES, arch_of

HERE = os.path.dirname(os.path.abspath(__file__))
FLAGS = {		# bits of /proc/kpageflags
    "slab": 7, "buddy": 10, "lru": 5, "anon": 12, "swapcache": 13, "hugetlb": 17, "unevictable": 18, "hwpoison": 19,
    "ksm": 21, "thp": 22, "offline": 23, "zero page": 24, "page table": 26, "reserved": 32, "mlocked": 33,
}


def tool(name, *args):
    subprocess.run([f"{HERE}/{name}", *map(str, args)], check=True)


def fetch(work, release):
    dest = f"{work}/kernels/{release}"
    if os.path.exists(f"{dest}/vmlinux"):
        return dest
    if release in BUILT:
        version, suite, _, package, config = BUILT[release]
        tool("build-kernel.py", package, version, suite, config, dest)
    else:
        version, suite, _ = KERNELS[release]
        arch = arch_of(release)
        tool("fetch-kernel.py", "--arch", MACHINES[arch].get("debian", arch), release, version, suite, dest)
    return dest


def boot(work, name, dump, kernel):
    run = f"{work}/runs/{name}"
    args = ["--kernel", kernel, "--out", run, "--mem", dump["mem"], "--append", dump["append"]]
    for option in ("wl", "cpu", "modules", "balloon", "crashkernel", "linger"):
        if option in dump:
            args += [f"--{option}", dump[option]]
    if "qemu" in dump:
        args.append(f"--qemu={dump['qemu']}")
    if "leak" in dump.get("wl", ""):
        args += ["--leak", f"{work}/kernels/{dump['kernel']}/leak.ko"]
    if "crash-" in dump.get("wl", "").replace("crash-oom", ""):
        args += ["--crash", f"{work}/kernels/{dump['kernel']}/crash.ko"]
    if dump.get("kdump"):
        args.append("--kdump")
    tool("run-guest.py", *args)
    return run


def compress(path, dest):
    subprocess.run(["zstd", "-q", "-19", "--long=27", "-f", path, "-o", dest], check=True)


def compress_dump(path, dest):
    """Words of 8 bytes are most of a dump: told so, xz packs it a fifth smaller than zstd -19 does."""
    with open(dest, "wb") as out:
        subprocess.run(["xz", "-T1", "--lzma2=preset=9e,lc=0,lp=3,pb=3", "-c", path], stdout=out, check=True)


def pack_truth(run, dest):
    tar = f"{run}/truth.tar"
    subprocess.run(["tar", "-cf", tar, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX",
                    "-C", f"{run}/truth", "."], check=True)
    compress(tar, dest)
    os.unlink(tar)


def census(truth):
    """How many pages carry each flag, and how many changed while the truth was written."""
    first, second = (open(f"{truth}/kpageflags.{i}", "rb").read() for i in (1, 2))
    count = min(len(first), len(second)) // 8
    before, after = (struct.unpack_from(f"<{count}Q", data) for data in (first, second))
    numbers = {name: sum(value >> bit & 1 for value in after) for name, bit in FLAGS.items()}
    return numbers, sum(a != b for a, b in zip(before, after)), count


def kernel_words(release):
    if release in KERNELS:
        return f"Debian package version {KERNELS[release][0]}"
    version, _, _, package, config = BUILT[release]
    return f"built by `build-kernel.py` with `{config}` from Debian package {package} {version}"


def readme(name, dump, kernel, run, dest, form):
    numbers, moved, count = census(f"{run}/truth")
    info = json.load(open(f"{run}/run.json"))
    lines = ["<!-- SPDX-License-Identifier: GPL-2.0-or-later -->", f"# {name}", "", dump["what"], "",
             f"Made by `scripts/testdata/make-dumps.py {name}` (see `scripts/testdata/README.md`).", "",
             "| | |", "|---|---|",
             f"| kernel | {dump['kernel']}, {kernel_words(dump['kernel'])} |",
             f"| guest | {dump['mem']} MB, 2 CPUs (`-cpu {info['cpu']}`), {info['qemu'] and '`' + info['qemu'] + '`' or 'one node'} |",
             f"| command line | `{info['cmdline']}` |",
             f"| dump | `{form}.xz`, {os.path.getsize(f'{run}/thin/{form}')} bytes unpacked |", "",
             f"Flags in `/proc/kpageflags` just before the stop, {count} pfns, of which {moved} changed while the truth was written:", "",
             ", ".join(f"{n} {v}" for n, v in numbers.items() if v) + ".", "", "Packages:", "", "```"]
    lines += open(f"{kernel}/packages.txt").read().splitlines() + ["```", ""]
    open(f"{dest}/README.md", "w").write("\n".join(lines))


def make(work, out, name, dump, keep):
    kernel, dest = fetch(work, dump["kernel"]), f"{out}/{name}"
    run = f"{work}/runs/{name}" if keep else boot(work, name, dump, kernel)
    form = "dump.elf" if dump.get("form") == "elf" else "dump.kdump"
    thin = f"{run}/thin/{form}"
    os.makedirs(f"{run}/thin", exist_ok=True)
    args = ["--form", form.split(".")[1], "--run", run, "--vmlinux", f"{kernel}/vmlinux", thin]
    args += ["--self"] if dump.get("self") else []
    tool("thin.py", *(["--moving"] if dump.get("moving") or dump.get("kdump") else []), *args)

    os.makedirs(dest, exist_ok=True)
    compress_dump(thin, f"{dest}/{form}.xz")
    pack_truth(run, f"{dest}/truth.tar.zst")
    if os.path.getsize(f"{run}/thin/moved.txt") and not dump.get("moving"):
        shutil.copyfile(f"{run}/thin/moved.txt", f"{dest}/moved.txt")
    home = {**KERNELS, **BUILT}[dump["kernel"]][2]
    if home == name:
        tool("reduce-debuginfo.py", f"{kernel}/vmlinux", f"{run}/thin/vmlinux")
        compress(f"{run}/thin/vmlinux", f"{dest}/vmlinux.zst")
    elif not os.path.islink(f"{dest}/vmlinux.zst"):
        os.symlink("../" * (name.count("/") + 1) + f"{home}/vmlinux.zst", f"{dest}/vmlinux.zst")
    readme(name, dump, kernel, run, dest, form)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--work", required=True, help="kernels and runs go here")
    ap.add_argument("--out", required=True, help="the testdata folder")
    ap.add_argument("--keep", action="store_true", help="use the runs that are there, boot nothing")
    ap.add_argument("names", nargs="*")
    a = ap.parse_args()
    for name in a.names or DUMPS:
        make(a.work, a.out, name, DUMPS[name], a.keep)


if __name__ == "__main__":
    main()
