#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who allocated a page, with its stack: what "page" says is what the guest's own page_owner file said, word for word.

Pages that were allocated again between the truth and the stop are left out: their time of allocation tells, or, on kernels
that keep none, that they are freed.  The kernel names a return address behind the last instruction of a function by the
function that comes next; pagefsck by the one that called.
"""
import re
import sys

sys.dont_write_bytecode = True
import dumptest

HEAD = re.compile(r"Page allocated via order (\d+), mask 0x([0-9a-f]+)\((.*?)\)(?:, pid (\d+), tgid (\d+) \((.*)\), ts (\d+) ns)?"
                  r"(?:, free_ts (\d+) ns)?\nPFN (\w+) type (\w+) ")
STEP = 10
# The kernel goes by the nearest label; pagefsck by the function around it.
LABELS = {"entry_SYSCALL_64_after_hwframe", "common_startup_64", "secondary_startup_64_no_verify"}


def records(text):
    """pfn -> what the guest said."""
    found = {}
    for part in text.split("\n\n"):
        m = HEAD.match(part)
        if not m:
            continue
        stack = re.findall(r"^ (\S+)/0x[0-9a-f]+$", part, re.M)
        moved = re.search(r"last migrate reason: (\w+)", part)
        found[int(m[9], 0)] = {"order": int(m[1]), "gfp": int(m[2], 16), "names": m[3], "pid": m[4], "tgid": m[5], "comm": m[6],
                               "time": m[7], "type": m[10], "stack": stack, "reason": moved and moved[1]}
    return found


def stack_of(sheet, name):
    frames = []
    while f"{name}[{len(frames)}]" in sheet:
        frames.append(sheet[f"{name}[{len(frames)}]"].get("text", "?"))
    return frames


def wrong_frames(expected, found):
    if len(expected) != len(found):
        return [f"{len(found)} frames, not {len(expected)}"]
    return [f"frame {b}, not {a}" for a, b in zip(expected, found)
            if a != b and not a.endswith("+0x0") and a.split("+")[0] not in LABELS]


def wrong_page(truth, sheet):
    """What the sheet says otherwise than the guest."""
    found = {"order": sheet["order"]["value"], "gfp": int(str(sheet["gfp"]["value"]), 0), "names": sheet["gfp"].get("text"),
             "type": sheet["migrate type"].get("text"), "reason": sheet.get("last migration", {}).get("text")}
    wrong = [f"{name} {value}, not {truth[name]}" for name, value in found.items() if value != truth[name]]
    if truth["pid"] and f"by pid {truth['pid']}, tgid {truth['tgid']}" not in sheet["allocated"]["text"]:
        wrong.append(f"{sheet['allocated']['text']}, not pid {truth['pid']}, tgid {truth['tgid']}")
    if truth["comm"] and sheet.get("comm") != truth["comm"]:
        wrong.append(f"comm {sheet.get('comm')}, not {truth['comm']}")
    return wrong + wrong_frames(truth["stack"], stack_of(sheet, "alloc"))


def is_the_same(truth, sheet):
    if sheet["state"] != "in use":
        return False
    return not truth["time"] or sheet["allocated"]["value"] == int(truth["time"])


def compare(cases, dump):
    truth = records((dump.truth / "page_owner").read_text(errors="backslashreplace"))
    chosen = sorted(truth)[::STEP]
    done = dumptest.pagefsck("page", "--format", "json", "-d", dump.vmlinux, dump.path, *chosen)
    report = dumptest.parse(done.stdout)
    wrong, stayed, frames = [], 0, 0
    for page in report["pages"] if report else []:
        sheet, said = page["allocation"], truth[page["pfn"]]
        if is_the_same(said, sheet):
            stayed += 1
            frames += len(said["stack"])
            wrong += [f"pfn {page['pfn']:#x}: {w}" for w in wrong_page(said, sheet)]
    if stayed < len(chosen) * 9 // 10 or stayed < 200:
        wrong.append(f"only {stayed} of {len(chosen)} pages could be compared: {done.stderr}")
    cases.case(f"{dump.name}: {stayed} pages, {frames} frames", wrong[:20])


def try_freed(cases, dump):
    """A page on a free list has a stack of who freed it."""
    rows = dumptest.pagefsck("census", "--pages", "-d", dump.vmlinux, dump.path).stdout.decode().splitlines()
    chosen = [row.split("\t")[0] for row in rows if row.split("\t")[1] == "pcp-free"][:50]
    report = dumptest.parse(dumptest.pagefsck("page", "--format", "json", "-d", dump.vmlinux, dump.path, *chosen).stdout)
    sheets = [page["allocation"] for page in report["pages"]]
    wrong = [f"state {s['state']}" for s in sheets if s["state"].startswith("in use")]
    wrong += ["no page has a stack of who freed it"] if not any("free[0]" in s for s in sheets) else []
    cases.case(f"{dump.name}: {len(sheets)} free pages", wrong)


def leaks(dump):
    """(what, pfn, order) of each thing that the driver did."""
    rows = (line.split() for line in (dump.truth / "proc/leak").read_text().splitlines())
    return [(what, int(pfn, 0), int(order)) for what, pfn, order, _ in rows]


def try_driver(cases, dump):
    """What a driver allocated has the driver in its stack, and its process."""
    chosen = [row for row in leaks(dump) if row[0].startswith("alloc")]
    report = dumptest.parse(dumptest.pagefsck("page", "--format", "json", "-d", dump.vmlinux, dump.path,
                                              *(pfn for _, pfn, _ in chosen)).stdout)
    wrong = []
    for (what, pfn, order), page in zip(chosen, report["pages"]):
        sheet = page["allocation"]
        stack = stack_of(sheet, "alloc")
        if sheet["order"]["value"] != order or sheet["comm"] != "leak-user" or not any(f.endswith(" [leak]") for f in stack):
            wrong.append(f"{what} {pfn:#x}: {sheet}")
    cases.case(f"{dump.name}: {len(chosen)} allocations of a driver", wrong[:5])


def try_evidence(cases, dump):
    """A finding about leaked references says who allocated the pages."""
    report = dumptest.check_json(dump, "--only", "refcount-extra")[1]
    forgotten = {pfn for what, pfn, _ in leaks(dump) if "forget" in what}
    told = [[e["text"] for e in f["evidence"] if e["kind"] == "allocation"] for f in report["findings"]]
    wrong = [f"{texts} of {f['subject']}" for f, texts in zip(report["findings"], told)
             if len(texts) != 1 or "(leak-user)" not in texts[0] or "post_alloc_hook+" not in texts[0]]
    if len(told) < 3 or not forgotten & {f["subject"]["pfn"] for f in report["findings"]}:
        wrong.append(f"{len(told)} findings")
    cases.case(f"{dump.name}: {len(told)} findings with who allocated the pages", wrong)


def main():
    cases = dumptest.Cases()
    with dumptest.Workplace("pageowner"):
        for dump in dumptest.unpack(*dumptest.OWNERS).values():
            compare(cases, dump)
            try_freed(cases, dump)
        for dump in dumptest.unpack("leaks/6.12-owner").values():
            try_driver(cases, dump)
            try_evidence(cases, dump)
    cases.finish()


main()
