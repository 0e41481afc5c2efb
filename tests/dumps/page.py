#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What "page" says of a page is what "census --pages" says; it takes every way to name a page; healthy pages add up."""
import sys

sys.dont_write_bytecode = True
import dumptest

# Kinds whose references the page itself explains in a healthy dump, at least for most pages.
EXPLAINED = {"anon", "file", "shmem", "ksm", "slab", "page-table", "vmemmap", "zero-page", "anon-swapcache", "hugetlb"}


def census(dump):
    """The rows of the census by kind."""
    lines = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path).stdout.decode().splitlines()
    header, rows = lines[0].split("\t"), {}
    for line in lines[1:]:
        row = dict(zip(header, line.split("\t")))
        rows.setdefault(row["kind"], []).append(row)
    return rows


def pages(dump, *names):
    done = dumptest.pagefsck("page", "--format", "json", "-d", dump.vmlinux, dump.path, *names)
    report = dumptest.parse(done.stdout)
    return done, report["pages"] if report else []


def wrong_page(row, page):
    """What page says otherwise than the census."""
    words = page["words of struct page"]
    if row["refcount"] == "-":
        return []
    wrong = [f"{name} {page[name]}, not {row[name]}" for name in ("pfn", "head_pfn", "order") if page[name] != int(row[name])]
    if page["page_kind"] != row["kind"]:
        wrong.append(f"kind {page['page_kind']}, not {row['kind']}")
    if words["_refcount"]["value"] != int(row["refcount"]):
        wrong.append(f"_refcount {words['_refcount']}, not {row['refcount']}")
    if row["mapcount"] != "-" and words["_mapcount"]["value"] + 1 != int(row["mapcount"]):
        wrong.append(f"_mapcount {words['_mapcount']}, not {row['mapcount']} - 1")
    return wrong + [f"{len(page['findings'])} findings" for _ in page["findings"][:1]]


def try_kinds(cases, dump, rows):
    """A few pages of each kind: first, last, and a tail where there is one."""
    chosen = [row for kind in rows.values() for row in (kind[0], kind[len(kind) // 2], kind[-1])]
    done, found = pages(dump, *(row["pfn"] for row in chosen))
    wrong = [f"exit status {done.returncode}: {done.stderr}"] if done.returncode else []
    if len(found) != len(chosen):
        wrong.append(f"{len(found)} pages of {len(chosen)}")
    for row, page in zip(chosen, found):
        wrong += [f"pfn {row['pfn']} ({row['kind']}): {w}" for w in wrong_page(row, page)]
    cases.case(f"{dump.name}: {len(chosen)} pages of {len(rows)} kinds", wrong)


def try_arithmetic(cases, dump, rows):
    """Of forty pages of a kind at most a few may have a holder that the page itself does not show."""
    for kind in sorted(EXPLAINED & rows.keys()):
        chosen = rows[kind][:: max(1, len(rows[kind]) // 40)]
        left = [(p["pfn"], p["references"]["unexplained"]["value"]) for p in pages(dump, *(r["pfn"] for r in chosen))[1]
                if "references" in p]
        wrong = [f"pfn {pfn}: {extra}" for pfn, extra in left if extra < 0]
        odd = [pfn for pfn, extra in left if extra > 0]
        if not left:
            wrong.append("no page has an equation")
        if len(odd) > len(left) / 2:
            wrong.append(f"{len(odd)} of {len(left)} with unexplained references")
        cases.case(f"{dump.name}: references of {kind}", wrong)


def try_names(cases, dump, rows):
    """One page by every name it has."""
    row = rows["anon"][0]
    pfn = int(row["pfn"])
    page = pages(dump, pfn)[1][0]
    va = page["page"]["struct page"]["value"]
    for name in (hex(pfn), f"p:{pfn << 12:#x}", f"p:{(pfn << 12) + 4095:#x}", va, hex(int(va, 16) + 24)):
        done, found = pages(dump, name)
        cases.case(f"{dump.name}: page named {name if name[1] == ':' else 'by ' + str(len(name)) + ' characters'}",
                   [] if found and found[0]["pfn"] == pfn else f"{done.stderr}{found[:1]}")
    for name in ("0xffffffffffffffff", "0x123456789abcdef", "twelve", "p:", str(1 << 40), "-1"):
        done = dumptest.pagefsck("page", "-d", dump.vmlinux, dump.path, "--", name)
        wrong = [f"exit status {done.returncode}"] if done.returncode not in (8, 16) else []
        if done.stdout or not done.stderr.strip():
            wrong.append(f"says {done.stdout[:100]} {done.stderr}")
        cases.case(f"{dump.name}: no page is named {name}", wrong)


def try_text(cases, dump, rows):
    done = dumptest.pagefsck("page", "-d", dump.vmlinux, dump.path, rows["anon"][0]["pfn"], rows["slab"][0]["pfn"])
    text = done.stdout.decode()
    wrong = [f"no '{word}'" for word in ("words of struct page", "references", "findings\n  none", "struct page") if word not in text]
    wrong += [f"{len(line)} columns: {line}" for line in text.splitlines() if len(line) > 80]
    cases.case(f"{dump.name}: text", wrong)


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack("5.10", "6.1", "6.12", "7.3")
    with dumptest.Workplace("page"):
        for dump in dumps.values():
            rows = census(dump)
            try_kinds(cases, dump, rows)
            try_arithmetic(cases, dump, rows)
            try_names(cases, dump, rows)
            try_text(cases, dump, rows)
    cases.finish()


main()
