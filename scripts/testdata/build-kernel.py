#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Build a small kernel of a Debian source package, with what stock kernels leave out.

build-kernel.py SOURCE VERSION SUITE CONFIG DEST

SOURCE is the package (linux-source-6.12); CONFIG a fragment beside this script, merged into tinyconfig and guest.config;
its name without ".config" becomes part of the release.  A line "#! unselect SYMBOL" in it builds as an architecture would
that does not select the symbol.  Leaves in DEST what fetch-kernel.py leaves: vmlinuz, vmlinux (with BTF, added by pahole),
config, root/ without modules, packages.txt.  Needs what the kernel's build needs, and pahole; minutes of time.
"""
import glob
import importlib.util
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("fetch", f"{HERE}/fetch-kernel.py")
fetch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fetch)
# Sources of what is never built; their Kconfig files stay.
LEFT_OUT = [f"--exclude=*/{part}" for part in ("tools/testing", "Documentation/translations", "drivers/gpu/drm/amd/include",
                                               "drivers/net/*.c", "drivers/media/*.c", "drivers/gpu/*.c", "sound/*.c")]


def make(source, *args):
    subprocess.run(["make", "-s", "-C", source, *args], check=True)


def sources(package, version, suite, dest):
    """Unpack the package's tarball; returns the line that says what was taken."""
    lists = (fetch.package_list(None, suite, arch) for arch in ("amd64", "all"))  # one of them has it
    fields = next(found[package] for found in (fetch.stanzas(text, [package], version) for text in lists) if package in found)
    deb = fetch.download(fields, dest)
    fetch.unpack(deb, dest, ["./usr/src/*.tar.xz"])
    os.unlink(deb)
    tarball = fetch.first_file(f"{dest}/usr", "linux-source")
    os.makedirs(f"{dest}/source")
    subprocess.run(["tar", "-xf", tarball, "-C", f"{dest}/source", "--strip-components=1", *LEFT_OUT], check=True)
    shutil.rmtree(f"{dest}/usr")
    return f"{package} {version} {fields['SHA256']}\n"


def unselect(source, config):
    """Take from x86 what the fragment says that it shall not select."""
    wanted = [line.split()[2] for line in open(config) if line.startswith("#! unselect ")]
    for path in glob.glob(f"{source}/arch/x86/Kconfig*") if wanted else []:
        lines = open(path).readlines()
        open(path, "w").writelines(l for l in lines if not (l.split()[:1] == ["select"] and l.split()[1] in wanted))


def configure(source, build, config):
    make(source, f"O={build}", "tinyconfig")
    subprocess.run(["scripts/kconfig/merge_config.sh", "-m", "-O", build, f"{build}/.config", f"{HERE}/guest.config", config],
                   cwd=source, check=True, stdout=subprocess.DEVNULL)
    make(source, f"O={build}", "olddefconfig")


def main():
    package, version, suite, config, dest = sys.argv[1:]
    os.makedirs(dest, exist_ok=True)
    taken = sources(package, version, suite, dest)
    source, build = f"{dest}/source", os.path.abspath(f"{dest}/build")
    unselect(source, f"{HERE}/{config}")
    configure(source, build, f"{HERE}/{config}")
    make(source, f"O={build}", f"LOCALVERSION=-{config.removesuffix('.config')}", f"-j{os.cpu_count()}", "vmlinux", "bzImage")
    if "CONFIG_MODULES=y\n" in open(f"{build}/.config"):
        make(source, f"O={build}", "modules_prepare")
    release = open(f"{build}/include/config/kernel.release").read().strip()
    shutil.copy(f"{build}/vmlinux", f"{dest}/vmlinux")
    subprocess.run(["pahole", "-J", f"{dest}/vmlinux"], check=True)
    shutil.copy(f"{build}/arch/x86/boot/bzImage", f"{dest}/vmlinuz")
    shutil.copy(f"{build}/.config", f"{dest}/config")
    os.makedirs(f"{dest}/root/lib/modules/{release}")
    open(f"{dest}/packages.txt", "w").write(taken)


if __name__ == "__main__":
    main()
