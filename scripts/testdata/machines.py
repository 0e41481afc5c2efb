# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs between the machines that guests run on, by Debian's name of the architecture."""
import os
import re
import struct

# qemu: the program and what is always said to it; cpu: the default model; console: of the kernel; tools: prefix of
# compiler and linker; elf: e_machine; stop: the device whose register pauses the guest; mend: QEMU has no vmcoreinfo
# device there, so that mend-core.py completes the dump, or (False) it stays as it is, as whoever gets one finds it; bus: of virtio devices, where it is not PCI; order: of the bytes in a
# word, where it is not little-endian.
MACHINES = {
    "amd64": {
        "qemu": ["qemu-system-x86_64", "-machine", "q35"],
        "cpu": "max,la57=off",
        "console": "ttyS0",
        "tools": "",
        "elf": 62,
        "stop": "pvpanic",
    },
    "arm64": {
        "qemu": ["qemu-system-aarch64", "-machine", "virt,gic-version=3"],
        "cpu": "cortex-a72",
        "console": "ttyAMA0",
        "tools": "aarch64-linux-gnu-",
        "elf": 183,
        "stop": "pvpanic-pci",
    },
    "riscv64": {
        "qemu": ["qemu-system-riscv64", "-machine", "virt"],
        "cpu": "rv64,svnapot=on",
        "console": "ttyS0",
        "tools": "riscv64-linux-gnu-",
        "elf": 243,
        "stop": "pvpanic-pci",
        "mend": True,
    },
    "powerpc64le": {
        "debian": "ppc64el",
        "qemu": ["qemu-system-ppc64", "-machine", "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off"],
        "cpu": "power9",
        "console": "hvc0",
        "tools": "powerpc64le-linux-gnu-",
        "elf": 21,
        "stop": "pvpanic-pci",
        "mend": True,
    },
    "s390x": {
        "qemu": ["qemu-system-s390x", "-machine", "s390-ccw-virtio"],
        "cpu": "max",
        "console": "ttyS1",
        "tools": "s390x-linux-gnu-",
        "elf": 22,
        "bus": "ccw",
        "order": ">",
        "mend": False,
    },
}

PAGE_SHIFTS = {"CONFIG_ARM64_16K_PAGES": 14, "CONFIG_ARM64_64K_PAGES": 16, "CONFIG_PPC_64K_PAGES": 16}


def arch_of(release):
    """"6.12.95+deb12-arm64-16k": "arm64"."""
    for word in re.split(r"[-+]", release):
        if word in MACHINES:
            return word
    return "amd64"


def tools_of(vmlinux):
    """Prefix of the tools that make files like this one."""
    with open(vmlinux, "rb") as f:
        head = f.read(20)
    machine, = struct.unpack_from(">H" if head[5] == 2 else "<H", head, 18)
    return next(m["tools"] for m in MACHINES.values() if m["elf"] == machine)


def release_of(kernel):
    """Release of a kernel that fetch-kernel.py or build-kernel.py left."""
    return os.listdir(f"{kernel}/root/lib/modules")[0]


def page_shift(kernel):
    """Of the pages that a kernel was built for."""
    if not os.path.exists(f"{kernel}/config"):  # not in the packages of 7.x
        return 12
    with open(f"{kernel}/config") as f:
        for line in f:
            option, _, value = line.strip().partition("=")
            if value == "y" and option in PAGE_SHIFTS:
                return PAGE_SHIFTS[option]
    return 12
