#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare a reduced debug info file with the vmlinux it was made from.

verify-debuginfo.py VMLINUX REDUCED

Every type of types.txt must have the same members, offsets, sizes and
enumerators in both.  Needs drgn (Debian: python3-drgn).
"""
import os
import re
import sys

import drgn
from drgn import TypeKind

RECORDS = (TypeKind.STRUCT, TypeKind.UNION)


def load(path):
    prog = drgn.Program()
    prog.load_debug_info([path])
    return prog


def shape(t):
    """Name, place and size of each member, into unnamed types; arrays without a length count as length 0."""
    if t.kind == TypeKind.ENUM:
        return [(e.name, e.value) for e in t.enumerators or ()]
    rows = [t.size]
    for m in t.members or ():
        rows.append((m.name, m.bit_offset, m.bit_field_size))
        inner = m.type
        while inner.kind == TypeKind.TYPEDEF:
            inner = inner.type
        flexible = inner.kind == TypeKind.ARRAY and not inner.length
        rows.append(0 if flexible else drgn.sizeof(inner))
        if inner.kind in RECORDS and (m.name is None or inner.tag is None):
            rows.append(shape(inner))
    return rows


def find(prog, name):
    try:
        return prog.type(name)
    except LookupError:
        return None


def main():
    full, reduced = (load(path) for path in sys.argv[1:3])
    names = set()
    for line in open(f"{os.path.dirname(os.path.abspath(__file__))}/types.txt"):
        m = re.match(r"(struct|enum): (.*)", line)
        names |= {f"{m[1]} {n}" for n in m[2].split()} if m else set()
    same, wrong = 0, []
    for name in sorted(names):
        ours, theirs = find(reduced, name), find(full, name)
        if not ours and not theirs:
            continue
        if ours and theirs and shape(ours) == shape(theirs):
            same += 1
        else:
            wrong.append(name)
    print(f"{same} types are the same" + "".join(f"\nnot the same: {n}" for n in wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
