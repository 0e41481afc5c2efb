#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What "layout" says of a vmlinux alone is what it says with a dump of that kernel, on every machine."""
import json
import struct
import sys

sys.dont_write_bytecode = True
import dumptest

MACHINES = ("6.1", "6.1-arm64", "6.12-arm64-16k", "6.12-riscv64", "6.12-ppc64el", "6.12-s390x")
# What nobody can know without a dump, or of a dump alone.
OTHER = ("dump", "kernel", "unknown_without_dump")


def layout(*args):
    done = dumptest.pagefsck("layout", "--format", "json", *args)
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr}


def main():
    cases = dumptest.Cases()
    with dumptest.Workplace("offline") as folder:
        for name, dump in dumptest.unpack(*MACHINES).items():
            alone, whole = layout(dump.vmlinux), layout("-d", dump.vmlinux, dump.path)
            wrong = [key for key in {*alone, *whole} - {*OTHER} if alone.get(key) != whole.get(key)]
            cases.case(f"{name}: vmlinux alone", wrong + ([] if len(alone) > len(OTHER) else [str(alone)]))
        strange = folder / "vmlinux"
        data = bytearray(open(dump.vmlinux, "rb").read())
        struct.pack_into(">H", data, 18, 258)  # LoongArch
        strange.write_bytes(data)
        done = dumptest.pagefsck("layout", strange)
        cases.case("another machine", "" if done.returncode == 8 and "not supported" in done.stderr else done.stderr or "no error")
    cases.finish()


main()
