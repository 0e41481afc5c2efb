#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare a thin dump, as libkdumpfile reads it, with the memory it was made from.

verify-dump.py --run DIR --vmlinux FILE DUMP

Every page must read back as it was, or as zeros where thin.py says so, or not at
all where it was left out; and no page of the memmap or of the kernel's page
tables may be missing.  Needs drgn (Debian: python3-drgn), which reads dumps
through libkdumpfile.
"""
import argparse
import sys

import drgn
from thin import Plan


def read(prog, pfn, page):
    try:
        return prog.read(pfn * page, page, True)
    except drgn.FaultError:
        return None


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--run", required=True)
    ap.add_argument("--vmlinux", required=True)
    ap.add_argument("--self", action="store_true", help="BTF and kallsyms were kept")
    ap.add_argument("dump")
    a = ap.parse_args()
    plan = Plan(a.run, a.vmlinux, a.self)
    page = plan.page_size
    with open(a.dump, "rb") as f:
        is_kdump = f.read(5) == b"KDUMP"
    prog = drgn.Program()
    prog.set_core_dump(a.dump)
    left_out, same, wrong = 0, 0, 0
    for pfn in plan.pfns:
        if pfn in plan.out:
            left_out += 1
            want = None if is_kdump else bytes(page)
        else:
            want = plan.page(pfn)
        if read(prog, pfn, page) == want:
            same += 1
        else:
            wrong += 1
    memmap = {plan.core.translate(plan.memmap.vmemmap + p * plan.memmap.size & -page) for p in plan.pfns}
    missing = sum(pa is None or pa // page in plan.out or pa // page in plan.zero for pa in memmap)
    print(f"{a.dump}: {same} pages as they should be ({left_out} left out), {wrong} wrong; "
          f"{len(memmap)} pages of memmap, {missing} missing")
    sys.exit(bool(wrong or missing))


if __name__ == "__main__":
    main()
