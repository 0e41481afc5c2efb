#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""doc/MATRIX.md is what matrix.json says, no healthy dump in it has an alarm, and one cheap dump measured again is the same.

How many rules there are may change any day: what is compared is what each form gains and loses.
"""
import json
import sys

sys.dont_write_bytecode = True
import cells
import dumptest

CHEAP = "6.12-tiny"
AGAIN = (cells.AS_IS, "ELF", "zstd", cells.PIPE, "split", "no note")


def measured(results):
    """(where, form, cell) of each."""
    for name, row in results.items():
        for source, got in row["sources"].items():
            for form, cell in ({} if isinstance(got, str) else got["cells"]).items():
                yield f"{name}, {source}, {form}", form, cell


def try_document(cases, results):
    text = (cells.HERE.parents[1] / "doc/MATRIX.md").read_text()
    cases.case("document", "" if text.endswith(cells.document(results)) else "is not what matrix.json says: matrix --document")
    missing = set(dumptest.DUMPS + dumptest.CRASHED) - set(results)
    cases.case("every bundled dump is in it", [f"no {name}: matrix --only {name}" for name in sorted(missing)])


def try_healthy(cases, results):
    wrong = []
    for where, form, cell in measured(results):
        if isinstance(cell, str):
            wrong += [] if form == cells.FILTERED or cell == cells.BIG_ENDIAN else [f"{where}: {cell}"]
            continue
        alarms = cells.false_alarms(form, cell)
        wrong += [f"{where}: {alarms}"] if alarms else []
        wrong += [f"{where}: another report"] if not cell["same"] and form != cells.FILTERED else []
    cases.case("healthy dumps have no alarm in any form", wrong)


def relative(cell):
    return {key: cell[key] for key in ("findings", "lost", "gained", "same")}


def try_again(cases, results):
    before = results[CHEAP]["sources"][cells.DWARF]["cells"]
    dump = dumptest.unpack(CHEAP)[CHEAP]
    with dumptest.Workplace("matrix") as folder:
        now = cells.measure(dump.path, dump.vmlinux, cells.DWARF, folder, AGAIN)
    for form in AGAIN:
        got, expected = now[form], before[form]
        same = isinstance(got, dict) and relative(got) == relative(expected)
        cases.case(f"{CHEAP}, {form}", "" if same else f"measured {got}, matrix.json has {expected}")


def try_words(cases, results):
    """A difference and a finding show in the tables."""
    row = json.loads(json.dumps(results[CHEAP]))
    cell = row["sources"][cells.DWARF]["cells"]["zstd"]
    cell |= {"same": False, "findings": {"error flags-known": 2, "note buddy-order": 1}, "lost": {"buddy-order": "no order"}}
    text = cells.document({"x": row})
    wanted = ("1 rules with errors", " / 2 / ", "≠", "| found | `flags-known` | error |", "| lost | `buddy-order` | no order |")
    cases.case("a difference shows", [f"no '{word}' in\n{text}" for word in wanted if word not in text])


def main():
    cases = dumptest.Cases()
    results = json.loads((cells.HERE / "matrix.json").read_text())
    try_document(cases, results)
    try_healthy(cases, results)
    try_words(cases, results)
    try_again(cases, results)
    cases.finish()


main()
