#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder of everything: which dumps are found, what becomes of each, exit status, table, lines of JSON, limits."""
import json
import os
import pathlib
import re
import shutil
import signal
import sys

sys.dont_write_bytecode = True
import batchtest
import dumptest

OUTCOMES = {
    "owner/vmcore": "clean", "leak/vmcore": "warnings", "tiny/vmcore": "clean", "tiny/flat": "clean", "tiny/elf.core": "clean",
    "tiny/damaged": "errors", "tiny/part0": "clean", "bad/cut": "failed", "bad/header": "failed", "bad/elf": "failed",
}


def lines_of(done):
    return {obj["path"]: obj for obj in map(json.loads, done.stdout.splitlines())}


def check_found(cases, root, lines):
    got = {os.path.relpath(path, root): line["outcome"] for path, line in lines.items()}
    cases.case("each dump is found by what it holds, once, with its outcome",
               [f"{name}: {got.get(name)} instead of {OUTCOMES.get(name)}" for name in sorted(got.keys() | OUTCOMES)
                if got.get(name) != OUTCOMES.get(name)])
    split = lines[str(root / "tiny/part0")]
    cases.case("parts of a split dump are one", [] if split["files"] == 3 else f"{split['files']} files")
    damaged = lines[str(root / "tiny/damaged")]
    cases.case("signatures of a damaged dump are listed with their counts",
               [] if sum(s["findings"] for s in damaged["signatures"]) == damaged["findings"] > 0 else str(damaged))
    wrong = [line["message"] for line in lines.values() if line["outcome"] == "failed" and (not line["message"] or str(root) in line["message"])]
    cases.case("what could not be checked says why, without its own path", wrong)


def check_schema(cases, lines, summary):
    """Lines and table fit doc/pagefsck.schema.json."""
    try:
        import jsonschema
    except ImportError:
        cases.skip("the schema", "no python3-jsonschema")
        return
    schema = json.loads((dumptest.HERE.parent.parent / "doc/pagefsck.schema.json").read_text())
    del schema["anyOf"]
    for name, objects in ("scan_line", lines.values()), ("scan", [summary]):
        validator = jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})
        cases.case(f"the schema of {name}", [e.message[:300] for o in objects for e in validator.iter_errors(o)])


def check_same_as_check(cases, root, lines):
    """What scan says of a dump is what check says of it."""
    report = dumptest.parse(dumptest.pagefsck("check", "--format", "json", root / "leak/vmcore").stdout)
    line = lines[str(root / "leak/vmcore")]
    wrong = [f"{a}: {line[a]}, check says {report['totals'][b]}"
             for a, b in (("errors", "error"), ("warnings", "warning"), ("notes", "note"), ("findings", "findings"))
             if line[a] != report["totals"][b]]
    ids = sorted({f["signature"] for f in report["findings"]})
    if ids != [s["signature"] for s in line["signatures"]]:
        wrong.append(f"{ids} {line['signatures']}")
    cases.case("scan says what check says", wrong)


def check_table(cases, root):
    done = batchtest.scan("-v", root)
    text = done.stdout.decode()
    wrong = [] if done.returncode == 12 else [f"status {done.returncode}: {done.stderr}"]
    wrong += [f"wider than 80 columns: {line}" for line in text.splitlines()
              if len(line) > 80 and not line.startswith("  /")]
    wrong += [f"{pattern} missing" for pattern in (
        r"^10 dumps: 1 with errors, 1 with warnings, 5 clean, 3 not checked$",
        r"looked at +\d+ files; \d+ no dumps", r"DUMPS, WORST FIRST, below", r"failed +bad/cut\n +cut after 5 000 bytes|failed +bad/cut\n",
        r"errors +tiny/damaged", r"warnings +leak/vmcore", r"tiny/part0 \(split\)", r"SEEN MOST",
    ) if not re.search(pattern, text, re.M)]
    order = [m.start() for m in (re.search(p, text) for p in (r"  failed ", r"  errors ", r"  warnings ", r"  clean ")) if m]
    if order != sorted(order) or len(order) != 4:
        wrong.append(f"order {order}")
    if wrong:
        wrong.append(text)
    cases.case("the table: worst first, 80 columns, findings and failures in the status", wrong)


def check_summary(cases, root, lines):
    """The table for programs has what the lines have."""
    summary = json.loads(batchtest.scan("--format", "json", root).stdout)
    check_schema(cases, lines, summary)
    dumps = {d.pop("path"): d for d in summary["dumps"]}
    wrong = [f"{path}: {dumps.get(path)}" for path in dumps.keys() | lines
             if dumps.get(path, {}).get("state") != "checked" or dumps[path]["outcome"] != lines[path]["outcome"]
             or dumps[path].get("signatures") != lines[path].get("signatures")]
    cases.case("the table as JSON", wrong if summary["schema"] == "pagefsck-scan-summary-1" else str(summary))


def check_status(cases, root):
    wanted = {("owner",): 0, ("leak",): 0, ("leak", "--fail-on", "warning"): 4, ("tiny/damaged",): 4, ("bad",): 8, ("text",): 8}
    for (name, *options), status in wanted.items():
        done = batchtest.scan(*options, root / name)
        cases.case(f"status of {name} {' '.join(options)}", [] if done.returncode == status else f"{done.returncode}: {done.stdout} {done.stderr}")
    done = batchtest.scan(root / "not-there")
    cases.case("a folder that is not there", [] if done.returncode == 8 and "not-there" in done.stderr else f"{done.returncode} {done.stderr}")
    (root / "nothing").mkdir()
    done = batchtest.scan(root / "nothing")
    cases.case("no dump at all is no failure", [] if done.returncode == 0 and b"no dump found" in done.stdout else f"{done.returncode} {done.stdout}")
    for bad in (["--shard", "3/2"], ["--shard", "0/2"], ["--memory", "0"], ["--memory", "99999999T"], ["--timeout", "-1"], ["--recheck"], ["--db", ""]):
        done = batchtest.scan(*bad, root / "owner")
        cases.case(f"usage: {' '.join(bad)}", [] if done.returncode == 16 else f"{done.returncode} {done.stderr}")


def check_limits(cases, root):
    done = batchtest.scan("--jsonl", "-", "--timeout", "0.02", "-j", "1", root / "leak")
    line = next(iter(lines_of(done).values()))
    cases.case("a dump that takes too long", [] if done.returncode == 8 and line["outcome"] == "timeout" else str(line))
    done = batchtest.scan("--jsonl", "-", "--memory", "8M", root / "leak")
    line = next(iter(lines_of(done).values()))
    if batchtest.SANITIZED:
        cases.skip("a dump that needs too much memory", "sanitizers set terabytes aside")
    else:
        cases.case("a dump that needs too much memory", [] if done.returncode == 8 and line["outcome"] == "memory" else str(line))


def check_crash(cases, root):
    """A child that crashes takes nobody with it."""
    scan = batchtest.start("--jsonl", "-", "-j", "1", root / "leak", root / "owner")
    for pid in batchtest.wait_for(scan.pid):
        os.kill(pid, signal.SIGSEGV)
    out, err = scan.communicate()
    got = sorted((obj["outcome"], obj["message"]) for obj in map(json.loads, out.splitlines()))
    names = [outcome for outcome, _ in got]
    # either may be the one that was at work
    wrong = [] if scan.returncode & 8 and "crashed" in names and len(names) == 2 and {"clean", "warnings"} & set(names) \
        else [f"{scan.returncode} {got} {err}"]
    if not any("signal 11" in message or "status" in message for outcome, message in got if outcome == "crashed"):
        wrong.append(f"{got}")
    cases.case("a check that crashes is told, and the rest goes on", wrong)


def check_names(cases, root, data):
    """File names are bytes."""
    names = [b"new\nline", b"\xff\xfe\x80", b"quo'te\"; DROP TABLE dumps; --", b"esc\x1b[31m", b"back\\slash", b"back\\x5cslash", "naïve".encode(), b"-d"]
    folder = os.fsencode(root / "names")
    os.mkdir(folder)
    for name in names:
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    done = batchtest.scan("--db", root / "names.db", "--jsonl", root / "names.jsonl", root / "names")
    texts = {json.loads(line)["path"] for line in open(root / "names.jsonl", "rb")}
    with batchtest.Store(root / "names.db") as store:
        stored = {path for path, in store.all("SELECT path FROM dumps")}
    wrong = [] if len(texts) == len(names) and texts == stored else [f"{texts} {stored}"]
    wrong += [f"not printable: {path!r}" for path in texts if not path.isprintable()]
    if b"\x1b" in done.stdout or "\x1b" in done.stderr or done.returncode != 8:
        wrong.append(f"{done.returncode} {done.stdout} {done.stderr}")
    done = batchtest.scan("--db", root / "names.db", root / "names")
    if f"known before  {len(names)}".encode() not in done.stdout:
        wrong.append(done.stdout.decode())
    cases.case("hostile file names", wrong)


def main():
    cases = dumptest.Cases()
    dumps = batchtest.unpacked()
    with dumptest.Workplace("scan") as work:
        root = work / "root"
        batchtest.make_tree(root, dumps)
        done = batchtest.scan("--jsonl", "-", root)
        lines = lines_of(done)
        check_found(cases, root, lines)
        check_same_as_check(cases, root, lines)
        check_summary(cases, root, lines)
        check_table(cases, root)
        check_limits(cases, root)
        check_crash(cases, root)
        check_status(cases, root)
        check_names(cases, work, pathlib.Path(dumps["6.12-tiny"].path).read_bytes()[:6000])
    cases.finish()


main()
