#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Build a small kernel of a Debian source package, with what stock kernels leave out.

build-kernel.py [--sources DIR] SOURCE VERSION SUITE CONFIG DEST

SOURCE is the package (linux-source-6.12); CONFIG a fragment beside this script, merged into tinyconfig, guest.config and
guest-MACHINE.config; its name without ".config" becomes part of the release and says for which machine it is, as
machines.py knows it ("arm64-64k").  A line "#! unselect SYMBOL" in it builds as an architecture would that does not select
the symbol.  --sources unpacks there, or takes what was unpacked there before.  Leaves in DEST what fetch-kernel.py leaves:
vmlinuz, vmlinux (with BTF, added by pahole), config, root/ without modules, packages.txt.  Needs what the kernel's build
needs, a compiler for the machine, and pahole; minutes of time.
"""
import argparse
import glob
import importlib.util
import os
import shutil
import subprocess
import tempfile

from machines import MACHINES, arch_of

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("fetch", f"{HERE}/fetch-kernel.py")
fetch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fetch)
# Sources of what is never built; their Kconfig files stay.
LEFT_OUT = [f"--exclude=*/{part}" for part in ("tools/testing", "Documentation/translations", "drivers/gpu/drm/amd/include",
                                               "drivers/net/*.c", "drivers/media/*.c", "drivers/gpu/*.c", "sound/*.c")]
# What the kernel's build calls the machine, and the image that QEMU starts.
BUILDS = {
    "amd64": ("x86", "arch/x86/boot/bzImage"),
    "arm64": ("arm64", "arch/arm64/boot/Image"),
    "riscv64": ("riscv", "arch/riscv/boot/Image"),
}


def make(source, *args):
    subprocess.run(["make", "-s", "-C", source, *args], check=True)


def sources(package, version, suite, dest):
    """Unpack the package's tarball; leaves a line beside it that says what was taken."""
    os.makedirs(dest)
    lists = (fetch.package_list(None, suite, arch) for arch in ("amd64", "all"))  # one of them has it
    fields = next(found[package] for found in (fetch.stanzas(text, [package], version) for text in lists) if package in found)
    package_files = tempfile.mkdtemp(dir=dest)
    fetch.unpack(fetch.download(fields, package_files), package_files, ["./usr/src/*.tar.xz"])
    tarball = fetch.first_file(f"{package_files}/usr", "linux-source")
    subprocess.run(["tar", "-xf", tarball, "-C", dest, "--strip-components=1", *LEFT_OUT], check=True)
    shutil.rmtree(package_files)
    open(f"{dest}/packages.txt", "w").write(f"{package} {version} {fields['SHA256']}\n")


def unselect(source, config):
    """Take from x86 what the fragment says that it shall not select."""
    wanted = [line.split()[2] for line in open(config) if line.startswith("#! unselect ")]
    for path in glob.glob(f"{source}/arch/x86/Kconfig*") if wanted else []:
        lines = open(path).readlines()
        open(path, "w").writelines(l for l in lines if not (l.split()[:1] == ["select"] and l.split()[1] in wanted))


def configure(source, build, config, arch, variables):
    """tinyconfig, what every guest needs, what this machine's need, and the fragment."""
    fragments = [f"{HERE}/guest.config", f"{HERE}/guest-{arch}.config", f"{HERE}/{config}"]
    make(source, f"O={build}", *variables, "tinyconfig")
    subprocess.run(["scripts/kconfig/merge_config.sh", "-m", "-O", build, f"{build}/.config", *filter(os.path.exists, fragments)],
                   cwd=source, check=True, stdout=subprocess.DEVNULL)
    make(source, f"O={build}", *variables, "olddefconfig")


def keep(build, dest, image, tools, taken):
    """Leave in DEST what fetch-kernel.py leaves."""
    release = open(f"{build}/include/config/kernel.release").read().strip()
    shutil.copy(f"{build}/vmlinux", f"{dest}/vmlinux")
    # pahole adds the section with objcopy; LLVM's refuses arm64's vmlinux
    subprocess.run(["pahole", "-J", f"{dest}/vmlinux"], check=True, env={**os.environ, "LLVM_OBJCOPY": f"{tools}objcopy"})
    shutil.copy(f"{build}/{image}", f"{dest}/vmlinuz")
    shutil.copy(f"{build}/.config", f"{dest}/config")
    shutil.copy(taken, f"{dest}/packages.txt")
    os.makedirs(f"{dest}/root/lib/modules/{release}", exist_ok=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--sources", help="the unpacked sources; made if they are not there")
    ap.add_argument("-j", type=int, default=os.cpu_count(), help="so many compilers at a time")
    for name in ("package", "version", "suite", "config", "dest"):
        ap.add_argument(name)
    a = ap.parse_args()
    os.makedirs(a.dest, exist_ok=True)
    source, build = os.path.abspath(a.sources or f"{a.dest}/source"), os.path.abspath(f"{a.dest}/build")
    if not os.path.exists(f"{source}/packages.txt"):
        sources(a.package, a.version, a.suite, source)
    unselect(source, f"{HERE}/{a.config}")
    name = a.config.removesuffix(".config")
    arch = arch_of(name)
    machine, image = BUILDS[arch]
    variables = [f"ARCH={machine}", f"CROSS_COMPILE={MACHINES[arch]['tools']}"]
    configure(source, build, a.config, arch, variables)
    make(source, f"O={build}", *variables, f"LOCALVERSION=-{name}", f"-j{a.j}", "vmlinux", os.path.basename(image))
    if "CONFIG_MODULES=y\n" in open(f"{build}/.config"):
        make(source, f"O={build}", *variables, "modules_prepare")
    keep(build, a.dest, image, MACHINES[arch]['tools'], f"{source}/packages.txt")


if __name__ == "__main__":
    main()
