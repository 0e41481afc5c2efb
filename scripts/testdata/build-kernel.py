#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Build a small kernel of a Debian source package, with what stock kernels leave out.

build-kernel.py SOURCE VERSION SUITE CONFIG DEST

SOURCE is the package (linux-source-6.12); CONFIG a fragment beside this script, merged into tinyconfig; its name without
".config" becomes part of the release.  Leaves in DEST what fetch-kernel.py leaves: vmlinuz, vmlinux (with BTF, added by
pahole), config, root/ without modules, packages.txt.  Needs what the kernel's build needs, and pahole; minutes of time.
"""
import importlib.util
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("fetch", f"{HERE}/fetch-kernel.py")
fetch = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fetch)


def make(source, *args):
    subprocess.run(["make", "-s", "-C", source, *args], check=True)


def sources(package, version, suite, dest):
    """Unpack the package's tarball; returns the line that says what was taken."""
    fields = fetch.stanzas(fetch.package_list(None, suite, "all"), [package], version)[package]
    deb = fetch.download(fields, dest)
    fetch.unpack(deb, dest, ["./usr/src/*.tar.xz"])
    os.unlink(deb)
    tarball = fetch.first_file(f"{dest}/usr", "linux-source")
    os.makedirs(f"{dest}/source")
    subprocess.run(["tar", "-xf", tarball, "-C", f"{dest}/source", "--strip-components=1"], check=True)
    shutil.rmtree(f"{dest}/usr")
    return f"{package} {version} {fields['SHA256']}\n"


def main():
    package, version, suite, config, dest = sys.argv[1:]
    os.makedirs(dest, exist_ok=True)
    taken = sources(package, version, suite, dest)
    source, out = f"{dest}/source", f"O={os.path.abspath(dest)}/build"
    local = f"LOCALVERSION=-{config.removesuffix('.config')}"
    make(source, out, "tinyconfig")
    subprocess.run(["scripts/kconfig/merge_config.sh", "-m", "-O", f"{os.path.abspath(dest)}/build", f"{os.path.abspath(dest)}/build/.config",
                    f"{HERE}/{config}"], cwd=source, check=True, stdout=subprocess.DEVNULL)
    make(source, out, "olddefconfig")
    make(source, out, local, f"-j{os.cpu_count()}", "vmlinux", "bzImage", "modules_prepare")
    release = open(f"{dest}/build/include/config/kernel.release").read().strip()
    shutil.copy(f"{dest}/build/vmlinux", f"{dest}/vmlinux")
    subprocess.run(["pahole", "-J", f"{dest}/vmlinux"], check=True)
    shutil.copy(f"{dest}/build/arch/x86/boot/bzImage", f"{dest}/vmlinuz")
    shutil.copy(f"{dest}/build/.config", f"{dest}/config")
    os.makedirs(f"{dest}/root/lib/modules/{release}")
    open(f"{dest}/packages.txt", "w").write(taken)


if __name__ == "__main__":
    main()
