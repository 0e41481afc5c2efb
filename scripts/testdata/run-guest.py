#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boot a guest under QEMU, let it run the workload, dump its memory.

run-guest.py --kernel DIR --out DIR [--mem MB] [--append WORDS] [--wl NAMES]
             [--cpu MODEL] [--qemu ARGS] [--kdump]

DIR of the kernel is what fetch-kernel.py left.  Leaves in the output folder:
dump.elf as QEMU wrote it (with --kdump: /proc/vmcore as the capture kernel saw
it), truth/ and serial.log.  See guest/ for what runs inside.
"""
import argparse
import array
import glob
import gzip
import json
import lzma
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

from machines import MACHINES, arch_of, page_shift, release_of

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = ["qemu_fw_cfg", "crc32c_generic", "crc32c-intel", "virtio_pci", "virtio_blk", "ext4", "lzo-rle", "lzo",
           "lz4", "zram", "af_packet", "virtio_balloon"]
CAPTURE_MODULES = ["virtio_pci", "virtio_blk"]
# Leaves out what costs pages and is never looked at: the tracing files, the kfence pool, large logs.
CMDLINE = ("panic=-1 kfence.sample_interval=0 initcall_blacklist=tracer_init_tracefs "
           "log_buf_len=64K random.trust_cpu=on init_on_free=1")


def run(*args, **kw):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, **kw).stdout


# --- initramfs ------------------------------------------------------------

def cpio(entries):
    """A newc archive of (name, mode, contents)."""
    out = bytearray()
    for ino, (name, mode, data) in enumerate(entries + [("TRAILER!!!", 0, b"")], 1):
        raw = name.encode() + b"\0"
        fields = (ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
        out += b"070701" + b"".join(b"%08X" % v for v in fields) + raw
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def module_files(kernel, release, wanted):
    """The wanted modules and what they need, in loading order."""
    seen, files = set(), []
    for module in wanted:
        p = subprocess.run(["modprobe", "-S", release, "-d", f"{kernel}/root", "--show-depends", module],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in p.stdout.splitlines():
            word = line.split()
            if word[0] != "insmod" or word[1] in seen:
                continue
            seen.add(word[1])
            data, name = open(word[1], "rb").read(), os.path.basename(word[1])
            if name.endswith(".xz"):
                data, name = lzma.decompress(data), name[:-3]
            files.append((name, data))
    return files


def initramfs(kernel, init, wanted, extra=()):
    release = release_of(kernel)
    files = module_files(kernel, release, wanted)
    entries = [("dev", 0o40755, b""), ("mods", 0o40755, b""),
               ("init", 0o100755, open(init, "rb").read()),
               ("mods/order", 0o100644, "".join(n + "\n" for n, _ in files).encode())]
    entries += [(f"mods/{n}", 0o100644, d) for n, d in files]
    return cpio(entries + list(extra))


def build_init(dest, cc, shift):
    sources = sorted(f"{HERE}/guest/{n}" for n in os.listdir(f"{HERE}/guest") if n.endswith(".c"))
    run(cc, "-std=gnu11", "-Os", "-Wall", "-Wextra", "-Wno-unused-result", "-D_GNU_SOURCE", f"-DGUEST_PAGE_SHIFT={shift}", "-static",
        "-pthread", "-s", *sources, "-o", dest)


# --- disks ----------------------------------------------------------------

def sparse(path, megabytes):
    with open(path, "wb") as f:
        f.truncate(megabytes << 20)
    return path


def make_disks(tmp, vmcore_mb, page):
    src = f"{tmp}/src"
    os.makedirs(f"{src}/dir")
    with open(f"{src}/big.dat", "wb") as f:
        for i in range(80):
            f.write(struct.pack("<Q", i) * (page // 8))
    for i in range(20):
        with open(f"{src}/dir/f{i}", "w") as f:
            f.write(f"file {i}\n" * i * 40)
    disks = [sparse(f"{tmp}/truth", 64), sparse(f"{tmp}/swap", 16), sparse(f"{tmp}/ext4", 8 if page == 4096 else 16)]
    run("mkswap", "-q", "-p", str(page), disks[1], stderr=subprocess.DEVNULL)
    run("mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "-d", src, disks[2], stderr=subprocess.DEVNULL)
    if vmcore_mb:
        disks.append(sparse(f"{tmp}/vmcore", vmcore_mb))
    return disks


# --- QEMU -----------------------------------------------------------------

class Qmp:
    """The monitor socket: commands and the events that arrive between them."""

    def __init__(self, path):
        for _ in range(100):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(.1)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]


def wait_for(guest, monitor, log, mark, timeout, linger, balloon):
    """Until the guest stopped itself (pvpanic), or until linger seconds after its mark."""
    end, marked = time.time() + timeout, None
    while time.time() < end:
        running = guest.poll() is None
        text = open(log, errors="replace").read() if os.path.exists(log) else ""
        if mark in text and marked is None:
            marked = time.time()
        if not running or (marked and time.time() - marked > linger):
            break
        if monitor and monitor("query-status")["status"] == "guest-panicked":
            return True
        if balloon and "step w-ksm" in text:	# the last step, and the longest
            monitor("balloon", value=balloon << 20)
            balloon = 0
        time.sleep(.2)
    return marked is not None


def copy_vmcore(disk, dest):
    with open(disk, "rb") as f:
        head = f.read(4096)
        if head[:8] != b"PFVMCORE":
            sys.exit("the capture kernel wrote no vmcore")
        left = struct.unpack_from("<Q", head, 8)[0]
        with open(dest, "wb") as out:
            while left:
                block = f.read(min(left, 1 << 20))
                out.write(block)
                left -= len(block)


def console_of(log):
    """What the kernel printed when it crashed: from READY to the first line of the capture kernel."""
    lines = open(log, errors="replace").read().partition("\nREADY")[2].splitlines()
    end = [i for i, line in enumerate(lines) if "] Linux version " in line]
    return "".join(line + "\n" for line in lines[:end[0] if end else len(lines)] if line.startswith("["))


def swap_truth(truth):
    """Files of 64-bit words, as a big-endian guest wrote them, become little-endian: nobody has to know who wrote them."""
    for path in glob.glob(f"{truth}/kpage*") + glob.glob(f"{truth}/proc/*/pagemap"):
        with open(path, "r+b") as f:
            words = array.array("Q", f.read())
            words.byteswap()
            f.seek(0)
            f.write(words.tobytes())


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--kernel", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--mem", type=int, default=128)
    ap.add_argument("--append", default="", help="more words for the kernel command line")
    ap.add_argument("--wl", default="", help="parts of the workload that are off by default: churn, poison, direct, none")
    ap.add_argument("--cpu", help="model (default: see machines.py)")
    ap.add_argument("--qemu", default="", help="more arguments for QEMU")
    ap.add_argument("--balloon", type=int, default=0, help="MB to take from the guest by its balloon")
    ap.add_argument("--modules", default="", help="more kernel modules")
    ap.add_argument("--leak", help="leak.ko for this kernel (scripts/testdata/leak)")
    ap.add_argument("--crash", help="crash.ko for this kernel (scripts/testdata/crash)")
    ap.add_argument("--linger", type=float, default=3, help="seconds from READY to the stop, if the guest does not stop itself")
    ap.add_argument("--kdump", action="store_true", help="crash; keep the capture kernel's /proc/vmcore")
    ap.add_argument("--crashkernel", default="160M")
    ap.add_argument("--timeout", type=int, default=300)
    a = ap.parse_args()

    shutil.rmtree(a.out, ignore_errors=True)
    os.makedirs(f"{a.out}/truth")
    machine, shift = MACHINES[arch_of(release_of(a.kernel))], page_shift(a.kernel)
    a.cpu = a.cpu or machine["cpu"]
    log, words = f"{a.out}/serial.log", f"console={machine['console']} {CMDLINE} {a.append}"
    names = [n for n in a.wl.split(",") if n] + (["kdump"] if a.kdump else [])
    if names:
        words += " wl=" + ",".join(names)
    if a.kdump:
        words += f" crashkernel={a.crashkernel}"
    with tempfile.TemporaryDirectory() as tmp:
        build_init(f"{tmp}/init", f"{machine['tools']}gcc", shift)
        extra = [("leak.ko", 0o100644, open(a.leak, "rb").read())] if a.leak else []
        extra += [("crash.ko", 0o100644, open(a.crash, "rb").read())] if a.crash else []
        if a.kdump:
            capture = gzip.compress(initramfs(a.kernel, f"{tmp}/init", CAPTURE_MODULES))
            extra += [("vmlinuz", 0o100644, open(f"{a.kernel}/vmlinuz", "rb").read()), ("capture.cpio", 0o100644, capture)]
        with gzip.open(f"{tmp}/initrd", "wb", 6) as f:
            f.write(initramfs(a.kernel, f"{tmp}/init", MODULES + a.modules.split(), extra))
        command = [*machine["qemu"], "-accel", "tcg", "-cpu", a.cpu, "-smp", "2", "-m", str(a.mem),
                   "-display", "none", "-no-reboot", "-nic", "none", "-action", "panic=pause",
                   "-kernel", f"{a.kernel}/vmlinuz", "-initrd", f"{tmp}/initrd", "-append", words,
                   "-serial", f"file:{log}", "-qmp", f"unix:{tmp}/qmp,server=on,wait=off"]
        if "mend" not in machine:
            command += ["-device", "vmcoreinfo"]
        if not a.kdump and "stop" in machine:
            command += ["-device", machine["stop"]]
        bus = machine.get("bus", "pci")
        if a.balloon:
            command += ["-device", f"virtio-balloon-{bus}"]
        disks = make_disks(tmp, a.mem + 64 if a.kdump else 0, 1 << shift)
        if "direct" in names:
            disks.append(sparse(f"{tmp}/slow", 32))
        for i, disk in enumerate(disks):
            slow = ",throttling.iops-total=1" if disk.endswith("/slow") else ""
            command += ["-drive", f"file={disk},format=raw,if=none,id=d{i},cache=unsafe{slow}", "-device", f"virtio-blk-{bus},drive=d{i},serial=disk{i}"]
        guest = subprocess.Popen(command + a.qemu.split())
        try:
            monitor = Qmp(f"{tmp}/qmp")
            ok = wait_for(guest, None if a.kdump else monitor, log, "CAPTURED" if a.kdump else "READY", a.timeout, a.linger,
                          a.mem - a.balloon if a.balloon else 0)
            if ok and not a.kdump:
                monitor("stop")
                monitor("dump-guest-memory", paging=False, protocol=f"file:{os.path.abspath(a.out)}/dump.elf")
            if guest.poll() is None and not (ok and a.kdump):
                monitor("quit")
            guest.wait(60)
        finally:
            if guest.poll() is None:
                guest.kill()
        if ok and a.kdump:
            copy_vmcore(disks[3], f"{a.out}/dump.elf")
            with open(f"{a.out}/truth/console", "w") as f:
                f.write(console_of(log))
        subprocess.run(["tar", "-xf", disks[0], "-C", f"{a.out}/truth"], stderr=subprocess.DEVNULL)
        if machine.get("order") == ">":
            swap_truth(f"{a.out}/truth")
    if ok:
        os.chmod(f"{a.out}/dump.elf", 0o644)	# QEMU makes it 0400
        if machine.get("mend"):
            run(f"{HERE}/mend-core.py", f"{a.out}/dump.elf")
        subprocess.run(["fallocate", "-d", f"{a.out}/dump.elf"])
    with open(f"{a.out}/run.json", "w") as f:
        json.dump({"release": release_of(a.kernel), "mem_mb": a.mem, "cmdline": words.strip(),
                   "cpu": a.cpu, "qemu": a.qemu, "kdump": a.kdump, "wl": names}, f, indent=1)
    sys.exit(0 if ok else "the guest did not get ready, see serial.log")


if __name__ == "__main__":
    main()
