#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare the pages found by walking every page cache with what the guest's own kernel counted just before it was stopped.

    Buffers  page caches of block devices
    Shmem    page caches of tmpfs, System V and anonymous shared memory
    Cached   both of the latter and all other files (NR_FILE_PAGES without buffers and swap cache)

A guest that was busy when it was stopped has moved on: it is left out.
"""
import re
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_pages import BUSY


def counted(dump):
    text = (dump.truth / "proc/meminfo").read_text()
    return {name: int(kib) // dump.page_kib for name, kib in re.findall(r"^(\w+): +(\d+) kB$", text, re.M)}


def found(dump):
    return {name: int(value) for name, value in (line.split("\t") for line in dumptest.tool_lines("caches", dump))}


def compare(cases, dump):
    truth, walk = counted(dump), found(dump)
    for what, pages in (("Buffers", walk["block"]), ("Shmem", walk["shmem"]), ("Cached", walk["file"] + walk["shmem"])):
        cases.case(f"{dump.name}: {what}", "" if truth[what] == pages else f"{truth[what]} pages counted, {pages} found")
    cases.case(f"{dump.name}: something was there", "" if walk["inodes"] and walk["entries"] else str(walk))


dumptest.each_dump("caches", compare, BUSY)
