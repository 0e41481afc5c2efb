#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fetch a stock Debian kernel: image, modules and the vmlinux with DWARF.

fetch-kernel.py [--packages FILE] RELEASE VERSION SUITE DEST

Leaves in DEST: vmlinuz, vmlinux, config and System.map where the packages have
them, root/ with the modules, and packages.txt: what was taken, with hashes.

The mirror is $MIRROR or, without it, the first archive of apt's own
configuration; for suites like bookworm-security $SECURITY_MIRROR or apt's
first archive of such.  The package list of the suite is downloaded unless
--packages names one (Packages or Packages.xz).  Every package is checked
against the hash in that list and deleted once it is unpacked.
"""
import argparse
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import sys
import urllib.request


def mirror(suite):
    """The address that has dists/SUITE and pool/."""
    security = suite.endswith("-security")
    variable = "SECURITY_MIRROR" if security else "MIRROR"
    if os.environ.get(variable):
        return os.environ[variable].rstrip("/")
    out = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in out.splitlines():
        if line.startswith(("http://", "https://")) and ("security" in line) == security:
            return line.rstrip("/")
    sys.exit(f"no mirror for {suite}: set {variable} to what apt would use")


def package_list(name, suite, arch):
    if name:
        data = open(name, "rb").read()
    else:
        url = f"{mirror(suite)}/dists/{suite}/main/binary-{arch}/Packages.xz"
        data = urllib.request.urlopen(url).read()
    if data[:6] == b"\xfd7zXZ\0":
        data = lzma.decompress(data)
    return data.decode()


def stanzas(text, names, version):
    """The fields of each wanted package that the suite has."""
    found = {}
    for name in names:
        for m in re.finditer(r"^Package: " + re.escape(name) + r"\n(?:.+\n)*", text, re.M):
            fields = dict(l.split(": ", 1) for l in m[0].splitlines()
                          if re.match(r"[A-Z][\w-]*: ", l))
            if fields["Version"] == version:
                found[name] = fields
    return found


def download(fields, suite, dest):
    path = os.path.join(dest, os.path.basename(fields["Filename"]))
    subprocess.run(["curl", "-sSfL", "--retry", "3", "-C", "-", "-o", path,
                    f"{mirror(suite)}/{fields['Filename']}"], check=True)
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        for block in iter(lambda: f.read(1 << 20), b""):
            digest.update(block)
    if digest.hexdigest() != fields["SHA256"]:
        sys.exit(f"{path}: wrong hash")
    return path


def unpack(deb, dest, patterns):
    """Unpack the members that match; none matching is fine."""
    p = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", dest, "--wildcards", *patterns],
                   stdin=p.stdout, stderr=subprocess.DEVNULL)
    p.stdout.close()
    p.wait()


def first_file(root, *starts):
    for where, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            path = os.path.join(where, name)
            if name.startswith(starts) and not os.path.islink(path):
                return path
    return None


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--packages", help="the suite's package list, already here")
    ap.add_argument("--arch", default="amd64")
    ap.add_argument("release")
    ap.add_argument("version")
    ap.add_argument("suite")
    ap.add_argument("dest")
    a = ap.parse_args()

    root = os.path.join(a.dest, "root")
    os.makedirs(root, exist_ok=True)
    # Up to 6.x one package holds everything; newer ones split it and leave a
    # linux-image-* that is an empty shell.
    names = [f"linux-{part}-{a.release}" for part in ("binary", "modules", "base")]
    image, debug = f"linux-image-{a.release}", f"linux-image-{a.release}-dbg"
    found = stanzas(package_list(a.packages, a.suite, a.arch), names + [image, debug], a.version)
    if debug not in found or image not in found:
        sys.exit(f"{a.suite} has no {image} or no {debug} of version {a.version}")

    taken = open(os.path.join(a.dest, "packages.txt"), "w")
    for name, fields in sorted(found.items(), key=lambda i: i[0] == debug):
        deb = download(fields, a.suite, a.dest)
        if name == debug:
            unpack(deb, root, ["./usr/lib/debug/boot/vmlinux*", "./usr/lib/debug/lib/modules/*/vmlinux",
                               "./usr/lib/debug/usr/lib/modules/*/vmlinux"])
        else:
            unpack(deb, root, ["./boot/*", "./lib/modules/*", "./usr/lib/modules/*", "./usr/lib/linux*"])
        os.unlink(deb)
        print(name, fields["Version"], fields["SHA256"], file=taken)
    taken.close()

    if os.path.isdir(f"{root}/usr/lib/modules") and not os.path.exists(f"{root}/lib"):
        os.symlink("usr/lib", f"{root}/lib")
    shutil.move(first_file(f"{root}/usr/lib/debug", "vmlinux"), f"{a.dest}/vmlinux")
    for name in ("vmlinuz", "config-", "System.map-"):
        # Some architectures call the image vmlinux, too.
        path = first_file(root, name) or (name == "vmlinuz" and first_file(root, "vmlinux-"))
        if path:
            shutil.copy(path, f"{a.dest}/{name.rstrip('-')}")
    subprocess.run(["depmod", "-b", root, a.release], check=True)


if __name__ == "__main__":
    main()
