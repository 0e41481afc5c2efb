#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vmalloc areas, huge pages and poisoned pages that the walks met are those that the guest's own files count."""
import re
import sys

sys.dont_write_bytecode = True
import dumptest
from truth_pages import BUSY, RAN_ON


def vmallocinfo(dump):
    """(areas, pages of them); areas that are only waiting to be purged are off the list already."""
    text = (dump.truth / "proc/vmallocinfo").read_text()
    areas = [line for line in text.splitlines() if "unpurged vm_area" not in line]
    return len(areas), sum(int(n) for n in re.findall(r"pages=(\d+)", "\n".join(areas)))


def expected(dump):
    """What each rule must have looked at."""
    areas, pages = vmallocinfo(dump)
    pools = (dump.truth / "sys").read_text(errors="replace")
    total, free = (sum(map(int, re.findall(rf"^/sys/kernel/mm/hugepages/hugepages-\d+kB/{name}\n\t(\d+)", pools, re.M)))
                   for name in ("nr_hugepages", "free_hugepages"))
    return {"vmalloc-area-valid": areas, "vmalloc-page-live": pages, "hugetlb-free-list": free,
            "hugetlb-active-list": total - free}


def compare(cases, dump):
    report = dumptest.check_json(dump, "--only", "vmalloc-*,hugetlb-*,hwpoison-count")[1]
    rules = {rule["id"]: rule for rule in report["rules"]}
    wrong = [f"{rule}: {rules[rule]['checked']} looked at, {nr} in the guest's files"
             for rule, nr in expected(dump).items() if rules[rule]["checked"] != nr and not rules[rule]["skipped"]]
    cases.case(f"{dump.name}: areas and huge pages", wrong)


dumptest.each_dump("owners", compare, BUSY | RAN_ON)
