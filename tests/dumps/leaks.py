#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""In guests that leak on purpose, every reference and page that was forgotten is found, and every one that is kept is traced
to the address where the driver keeps it."""
import sys

sys.dont_write_bytecode = True
import dumptest

KERNELS = ("5.10", "6.1", "6.12", "7.3")


class Note:
    """A line of what the driver says it did."""

    def __init__(self, line):
        self.what, pfn, order, where = line.split()
        self.pfn, self.order, self.where = int(pfn, 0), int(order), int(where, 0)

    def __str__(self):
        return f"{self.what} pfn {self.pfn:#x} order {self.order}"


def pages_json(dump, pfns):
    done = dumptest.pagefsck("page", "--holders", "--format", "json", "-d", dump.vmlinux, dump.path, *map(hex, pfns))
    return {page["pfn"]: page for page in dumptest.parse(done.stdout)["pages"]}


def counts(holder):
    return holder["state"] != "stale" and not holder["own_slot"] and not holder["inside"]


def total(findings, rule, name="nr_pages"):
    """Pages that findings of a rule are about: each says how many."""
    fields = [field for f in findings if f["rule"] == rule for field in f["fields"]]
    return sum(int(str(field["found"]), 0) for field in fields if field["name"] == name)


def forgotten(pages, notes):
    """References nobody has: unexplained, and nothing points to the page."""
    for n in notes:
        references = pages[n.pfn]["references"]
        rest = references["unexplained"]["value"] + references.get("pins", {"value": 0})["value"]
        want = 1024 if n.what.startswith("pin") and not pages[n.pfn]["order"] else 1
        if rest != want:
            yield f"{n}: {rest} references unexplained, {want} are: {references['equation']}"
        if "refcount-extra" not in {f["rule"] for f in pages[n.pfn]["findings"]}:
            yield f"{n}: page does not show the finding"
        for holder in filter(counts, pages[n.pfn]["holders"]):
            yield f"{n}: held by {holder['text']}"


def kept(pages, notes):
    """References somebody has: a word at the very address leads to the page."""
    for n in notes:
        words = [h for h in pages[n.pfn]["holders"] if h["address"] and int(h["address"], 0) == n.where]
        if len(words) != 1 or not counts(words[0]):
            yield f"{n}: not found at {n.where:#x}, but {[h['text'] for h in pages[n.pfn]['holders']]}"


def folios(pages, notes):
    return len({pages[n.pfn]["head_pfn"] for n in notes})


def compare(cases, dump):
    notes = [Note(line) for line in (dump.truth / "proc/leak").read_text().splitlines()]
    on_user = [n for n in notes if not n.what.startswith("alloc") and n.what != "pool"]
    forgot = [n for n in on_user if "forget" in n.what]
    keep = [n for n in on_user if "keep" in n.what] + [n for n in notes if n.what in ("alloc-kept", "alloc-address")]
    lost = [n for n in notes if n.what in ("alloc", "alloc-comp", "alloc-many")]
    pool = [n for n in notes if n.what == "pool"]
    pages = pages_json(dump, {n.pfn for n in forgot + keep + pool})
    # up to v5.13 nothing marks a page that a page_pool gave out
    lost += [n for n in pool if "page-pool" not in pages[n.pfn]["references"]["equation"]]
    findings = dumptest.check_json(dump)[1]["findings"]
    cases.case(f"{dump.name}: what was forgotten is explained by nothing", forgotten(pages, forgot))
    cases.case(f"{dump.name}: what is kept is found where it is kept", kept(pages, keep))
    nr = folios(pages, forgot)
    got = total(findings, "refcount-extra")
    cases.case(f"{dump.name}: all that was forgotten is reported", [f"{got} of {nr}"] if got != nr else [])
    nr = sum(1 << n.order for n in lost)
    got = total(findings, "kernel-page-lost", "all_pages")
    cases.case(f"{dump.name}: all pages that were lost are reported", [f"{got} of {nr}"] if got != nr else [])
    others = {f["rule"] for f in findings} - {"refcount-extra", "kernel-page-lost", "refcount-held"}
    cases.case(f"{dump.name}: nothing else is", sorted(others))


cases = dumptest.Cases()
dumps = dumptest.unpack(*(f"leaks/{kernel}" for kernel in KERNELS))
with dumptest.Workplace("leaks"):
    for leaky in dumps.values():
        compare(cases, leaky)
cases.finish()
