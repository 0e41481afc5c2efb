#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the kernel came to its end, as the header of the report says, against what the guest printed on its console.

Dumps of machines that ran have no panic; in those of crashes (truth/console: what the kernel printed last) the lines and their
times are those of the console.  Whatever a crash interrupts is healthy, and it is so without the notes of the CPUs, too: the
kernel's memory has them.
"""
import collections
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import dumptest

# Who wrote to /proc/sysrq-trigger or /proc/crash is the first process.
DYING = {"6.1-kdump": (1, "init")}
# The head of a CPU's note.
PRSTATUS = rb"\x05\0\0\0\x50\x01\0\0\x01\0\0\0CORE\0"
# The log of a dump without console.
CAUSE = {"6.1-kdump": "sysrq: Trigger a crash"}


def console(dump):
    """text -> time of the lines that the kernel printed."""
    path = dump.truth / "console"
    lines = re.findall(r"^\[ *(\d+\.\d+)\] (.*?)\s*$", path.read_text(), re.M) if path.exists() else []
    return {text: float(time) for time, text in lines}


def check_line(name, line, printed):
    if line is None:
        return []
    time = printed.get(line["text"].rstrip())
    if time is None:
        return [f"{name}: {line['text']!r} was not printed"]
    return [] if abs(time - line["seconds"]) < 0.0000005 else [f"{name}: at {line['seconds']}, printed at {time}"]


def try_running(cases, dump, kernel):
    cases.case(f"{dump.name}: was running", "" if kernel["end"] == "running" and kernel["panic"] is None else str(kernel["panic"]))


def try_crashed(cases, dump, kernel, printed):
    panic = kernel["panic"] or {}
    wrong = [] if kernel["end"] == "panic" else [kernel["end"]]
    wrong += [] if "cause" in panic or "message" in panic else ["no reason"]
    if dump.name in CAUSE:
        wrong += [] if panic.get("cause", {}).get("text") == CAUSE[dump.name] else [f"cause {panic.get('cause')}"]
    else:
        for name in ("message", "cause", "oops"):
            wrong += check_line(name, panic.get(name), printed)
        for line in kernel["log"]["memory"]:
            wrong += check_line("memory", line, printed)
        bad = {text for text in printed if text.startswith(("BUG: Bad page", "list_del corruption", "page:"))}
        wrong += [f"not told: {text}" for text in bad - {line["text"].rstrip() for line in kernel["log"]["memory"]}]
        died = re.search(r"^CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (\S+)", "\n".join(printed), re.M)
        task = panic.get("task", {})
        if died and (panic.get("cpu"), task.get("pid"), task.get("comm")) != (int(died[1]), int(died[2]), died[3]):
            wrong.append(f"CPU {panic.get('cpu')}, {task}, printed: {died[0]}")
    if dump.name in DYING:
        task = panic.get("task", {})
        wrong += [] if (task.get("pid"), task.get("comm")) == DYING[dump.name] else [f"dying task {task}"]
    cases.case(f"{dump.name}: crashed", wrong)


def judged(dump, path):
    """What a report says but its header and its timing."""
    status, report = dumptest.check_json(dump, path=path)
    return status, {name: report[name] for name in ("findings", "references", "totals", "gaps", "rules")}


def try_busy(cases, dump, folder):
    status, report = judged(dump, dump.path)
    expected = (dumptest.HERE / f"{dump.name}.expect").read_text().splitlines()
    expected = collections.Counter(tuple(line.split()[:2]) for line in expected if line.strip() and not line.startswith("#")
                                   for _ in range(int(line.split()[2])))
    found = collections.Counter((f["severity"], f["rule"]) for f in report["findings"])
    cases.case(f"{dump.name}: nothing that is wrong", [] if not status and found == expected else [f"exit status {status}, {found}"])
    cases.case(f"{dump.name}: no gaps", report["gaps"] and [str(report["gaps"])])
    # the other CPU of 5.10-kdump was idle
    in_flight = [r for r in report["references"] if r["how"] == "in flight"]
    cases.case(f"{dump.name}: work in flight is recognised", "" if in_flight or dump.name == "5.10-kdump" else str(report["references"]))

    data = bytearray(pathlib.Path(dump.path).read_bytes())
    notes = [m.start() for m in re.finditer(PRSTATUS, data[:1 << 16])]
    for at in notes:
        data[at + 12:at + 16] = b"LOST"
    lost = folder / "lost-notes"
    lost.write_bytes(data)
    cases.case(f"{dump.name}: the same without the notes of {len(notes)} CPUs",
               [] if len(notes) == 2 and judged(dump, lost) == (status, report) else ["differs"])
    lost.unlink()


def try_silent(cases, dump, folder):
    """A CPU that did not answer: no note of it, and zeros where it would have written its own.  The report names it."""
    data = bytearray(pathlib.Path(dump.path).read_bytes())
    note = [m.start() for m in re.finditer(PRSTATUS, data[:1 << 16])][-1]
    own = data.find(data[note:note + 20 + 0x150], note + 1)
    data[note + 12:note + 16] = b"LOST"
    data[own:own + 12] = bytes(12)
    silent = folder / "silent"
    silent.write_bytes(data)
    status, report = judged(dump, silent)
    alarms = [f["message"] for f in report["findings"] if f["severity"] != "note"]
    told = [gap["what"] for gap in report["gaps"] if "without registers, namely CPU" in gap["what"] and gap["count"] == 1]
    cases.case(f"{dump.name}: a CPU that did not answer is a gap", [*alarms, f"exit status {status}" if status else "",
                                                                 "no note of a CPU in memory" if own < 0 else "",
                                                                 "" if told and len(report["gaps"]) == 1 else str(report["gaps"])])
    silent.unlink()


def compare(cases, dump):
    report = dumptest.parse(dumptest.pagefsck("census", "--format", "json", "-d", dump.vmlinux, dump.path).stdout)
    kernel, printed = report["kernel"], console(dump)
    log = kernel["log"]
    cases.case(f"{dump.name}: the log is read", "" if log["records"] > 100 and not log["records_missing"] and "problem" not in log else str(log))
    if printed or dump.name in CAUSE:
        try_crashed(cases, dump, kernel, printed)
    else:
        try_running(cases, dump, kernel)
    text = dumptest.pagefsck("census", "-d", dump.vmlinux, dump.path).stdout.decode()
    cases.case(f"{dump.name}: no line is wider than 80 columns", [line for line in text.splitlines() if len(line) > 80 and str(dump.folder) not in line])


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack(*dumptest.DUMPS, *dumptest.CRASHED)
    with dumptest.Workplace("panic") as folder:
        for dump in map(dumps.get, filter(cases.wanted, dumps)):
            compare(cases, dump)
            if dump.name in dumptest.CRASHED:
                try_busy(cases, dump, folder)
                try_silent(cases, dump, folder)
    cases.finish()


if __name__ == "__main__":
    main()
