#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same memory in every form of dump gives the same report: all that "check" says but for "dump" and "timing"."""
import os
import sys

sys.dont_write_bytecode = True
import dumptest

FORMS = {
    "none": ("--kdump", "none"), "zlib": ("--kdump", "zlib"), "lzo": ("--kdump", "lzo"),
    "snappy": ("--kdump", "snappy"), "zstd": ("--kdump", "zstd"), "elf": ("--elf",),
}
# One of each kernel generation, and what has several nodes, holes or five levels.
INPUTS = ("5.10", "6.12-la57", "7.3-numa")
# Bundled as they came from QEMU and from /proc/vmcore.
ELVES = {"6.1-elf": "ELF", "6.1-kdump": "ELF"}


def essence(report):
    return {name: value for name, value in report.items() if name not in ("dump", "timing")} if report else None


def difference(one, other):
    """Names of the members that differ."""
    if not other:
        return "no report"
    return ", ".join(f"{name}: {str(one[name])[:200]} became {str(other[name])[:200]}"
                     for name in one if one[name] != other[name])


def try_form(cases, dump, form, folder):
    path = folder / f"vmcore.{form}"
    dumptest.redump(*FORMS[form], dump.path, path)
    status, report = dumptest.check_json(dump, path=path)
    wrong = [f"exit status {status}"] if status else []
    if report:
        # redump tells one of QEMU's notes less than a file of QEMU has: nothing that a report shows
        wrong.append(difference(essence(dumptest.check_json(dump)[1]), essence(report)))
        wrong += wrong_header(report["dump"], form, path)
    cases.case(f"{dump.name} as {form}", wrong)
    path.unlink()


def wrong_header(header, form, path):
    expected = {"path": str(path), "size": path.stat().st_size, "truncated": False, "pages_truncated": 0,
                "format": "ELF" if form == "elf" else "kdump"}
    return [f"dump.{name} is {header.get(name)}, not {value}" for name, value in expected.items()
            if str(header.get(name)).lower() != str(value).lower()]


def try_elf(cases, dump, form):
    status, report = dumptest.check_json(dump)
    wrong = [f"exit status {status}"] if status else []
    if report and report["dump"]["format"].lower() != form.lower():
        wrong.append(f"format {report['dump']['format']}")
    cases.case(f"{dump.name} is {form}", wrong if report else "no report")


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack(*INPUTS, *ELVES)
    with dumptest.Workplace("formats") as folder:
        for name, form in ELVES.items():
            try_elf(cases, dumps[name], form)
        for name in INPUTS:
            for form in FORMS:
                if not os.access(dumptest.REDUMP, os.X_OK):
                    cases.skip(f"{name} as {form}", "redump was not built: a codec's library is missing")
                elif cases.wanted(f"{name} as {form}"):
                    try_form(cases, dumps[name], form, folder)
    cases.finish()


main()
