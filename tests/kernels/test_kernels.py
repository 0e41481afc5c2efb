#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The pieces of tests/kernels/run that need no network and no guest."""
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "dumps"))
import dumptest
import kernels


META = "6.12-amd64"  # what only depends on the newest of a series


def stanza(release, version, *more):
    names = [f"linux-image-{release}-dbg", *(more or [f"linux-image-{release}"])]
    section = {name: "debug" if "-dbg" in name and release != META else "kernel" for name in names}
    return "".join(f"Package: {name}\nArchitecture: amd64\nVersion: {version}\nSection: {section[name]}\n\n" for name in names)


OLD = stanza("6.1.0-47-amd64", "6.1.170-3") + stanza("6.1.0-50-amd64", "6.1.176-1") + stanza("6.1.0-50-cloud-amd64", "6.1.176-1")
NEW = (stanza("6.12.95+deb12-amd64", "6.12.95-1~bpo12+1", "linux-image-6.12.95+deb12-amd64-unsigned") +
       stanza("6.12.95+deb12-rt-amd64", "6.12.95-1~bpo12+1") + stanza("6.12.107+deb13-amd64", "6.12.107-1") +
       stanza(META, "6.12.108-1") + stanza("amd64", "6.12.107-1") + "Package: linux-image-9.9-amd64-dbg\nVersion: 9.9-1\nSection: debug\n\n")
LISTS = [("bookworm", OLD), ("trixie", NEW)]
CHOICES = (
    ("6.1.0-47-amd64", "amd64", ("6.1.0-47-amd64", "6.1.170-3", "bookworm")),
    ("6.1.176-1", "amd64", ("6.1.0-50-amd64", "6.1.176-1", "bookworm")),
    ("6.1", "amd64", ("6.1.0-50-amd64", "6.1.176-1", "bookworm")),
    ("6.1", "cloud-amd64", ("6.1.0-50-cloud-amd64", "6.1.176-1", "bookworm")),
    ("6.12.95+deb12-rt-amd64", "amd64", ("6.12.95+deb12-rt-amd64", "6.12.95-1~bpo12+1", "trixie")),
    ("6.12", "amd64", ("6.12.107+deb13-amd64", "6.12.107-1", "trixie")),
    ("", "amd64", ("6.12.107+deb13-amd64", "6.12.107-1", "trixie")),
    ("6.1", "rt-amd64", None), ("9.9", "amd64", None), ("5.10", "amd64", None),
)


def try_choices(cases):
    for wanted, flavour, expected in CHOICES:
        got = kernels.choose(LISTS, wanted, flavour)
        cases.case(f"choose {wanted or 'the newest'} ({flavour})", "" if got == expected else f"{got}, expected {expected}")


def try_judging(cases):
    """A bundled dump, with two of the comparisons, and with words of a finding that is not there."""
    dump = dumptest.unpack("6.12")["6.12"]
    kernels.program = lambda: dumptest.PAGEFSCK
    verdict = kernels.judge(dump.folder, ("swaps", "owners"))
    text = kernels.sheet(verdict)
    wrong = [f"does not say '{word}'" for word in ("6.12.95+deb12-amd64 (x86_64), 65536 pages", "findings  none", "swaps        3 hold",
                                                   "kernel has no PG_double_map", "verdict   good") if word not in text]
    cases.case("a healthy dump is good", [*wrong, text] if wrong or not kernels.healthy(verdict) else "")
    bad = {**verdict, "findings": {"error flags-known": 2}, "messages": ["page 0x1 is not"]}
    text = kernels.sheet(bad)
    cases.case("a finding is not good", "" if not kernels.healthy(bad) and "error flags-known" in text and "NOT GOOD" in text else text)
    bad = {**verdict, "truth": {"swaps": {"passed": 1, "failed": 1, "skipped": 0, "wrong": ["6.12: swap cache"]}}}
    text = kernels.sheet(bad)
    cases.case("an untrue dump is not good", "" if not kernels.healthy(bad) and "1 of 2" in text and "swap cache" in text else text)
    cases.case("no report", "" if "gives up" in kernels.sheet({"status": 8, "error": "no", "truth": {}}) else "does not say so")
    return verdict


def try_tables(cases, verdict):
    results = {"6.12": {**verdict, "what": "this"}, "6.1": {**verdict, "kernel": "6.1.0-50-amd64", "what": "that"}}
    rows = kernels.matrix(results)
    cases.case("matrix", "" if len(rows) == 4 and "| 6.1.0-50-amd64 | that |" in rows[2] and "| none |" in rows[3] else "\n".join(rows))
    rows = kernels.reasons(results)
    cases.case("reasons", "" if len(rows) > 8 and all("| everywhere |" in row for row in rows[2:]) else "\n".join(rows))


def main():
    cases = dumptest.Cases()
    try_choices(cases)
    with dumptest.Workplace("kernels"):
        try_tables(cases, try_judging(cases))
    cases.finish()


main()
