# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/kernels/matrix is made of: one dump in every form, debug info from every source, and the tables of both."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "dumps"))
import dumptest
import forms
import kernels

AS_IS, PIPE, FILTERED = "as it is", "pipe", "`-d 31`"
CODECS = ("plain", "zlib", "lzo", "snappy", "zstd")
FORMS = (AS_IS, "ELF", *CODECS, "flattened", PIPE, "split", "no note", FILTERED)
DWARF, STRIPPED, CARRIED = "DWARF", "vmlinux without DWARF", "nothing but the dump"
SOURCES = (DWARF, STRIPPED, CARRIED)
# What a filter did to the dump, not what is in it.
OF_FILTER = "warning filtered-kernel-page"
# Members of a report that may differ from one form of a dump to the other, or that follow from the rules that ran.
OWN = ("dump", "timing", "judgement", "totals", "rules", "findings", "kernel", "census")


class Missing(Exception):
    """There is no such form of this dump: why."""


class NoSource(Exception):
    """There is no such debug info: why."""


# ---- forms -------------------------------------------------------------------------------------------------------------


def rewritten(dump, folder, *args):
    path = folder / "vmcore"
    dumptest.redump(*args, dump, path)
    return path


def flattened(dump, folder):
    path = folder / "vmcore.flat"
    path.write_bytes(forms.flatten(rewritten(dump, folder, "--kdump", "none").read_bytes()))
    return path


def halves(dump, folder):
    data = rewritten(dump, folder, "--kdump", "none").read_bytes()
    stored = forms.Kdump(data).stored
    paths = [folder / "vmcore.1", folder / "vmcore.2"]
    for path, part in zip(paths, forms.split(data, stored[len(stored) // 2])):
        path.write_bytes(part)
    return paths


def filtered(dump, folder):
    """By makedumpfile itself, which knows the machine that it was built for only, and not QEMU's way to write ELF.
    $MAKEDUMPFILE is the command of another one, as for s390x: qemu-s390x -L ROOT ROOT/usr/bin/makedumpfile."""
    path = folder / "vmcore.filtered"
    with open(dump, "rb") as file:
        magic = file.read(4)
    if magic == b"\x7fELF":
        dump = rewritten(dump, folder, "--elf")
    try:
        done = subprocess.run([*shlex.split(os.environ.get("MAKEDUMPFILE", "makedumpfile")), "--message-level", "4", "-l", "-d", "31", str(dump), str(path)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    except FileNotFoundError:
        raise Missing("makedumpfile is not installed")
    if done.returncode:
        raise Missing("makedumpfile refuses it")
    return path


def form(name, dump, folder):
    """(files, whether the file comes through a pipe) of one form of a dump; all new files are in that folder."""
    if name == AS_IS:
        return [dump], False
    if name == FILTERED:
        return [filtered(dump, folder)], False
    if name == "split":
        return halves(dump, folder), False
    if name in ("flattened", PIPE):
        return [flattened(dump, folder)], name == PIPE
    if name == "no note":
        return [rewritten(dump, folder, "--drop-vmcoreinfo")], False
    args = ("--elf",) if name == "ELF" else ("--kdump", "none" if name == "plain" else name)
    return [rewritten(dump, folder, *args)], False


# ---- debug info ----------------------------------------------------------------------------------------------------------


def stripped(vmlinux, folder):
    """The same vmlinux with symbols and BTF only."""
    path = folder / "vmlinux.stripped"
    if not path.exists():
        sections = subprocess.run(["readelf", "-SW", vmlinux], stdout=subprocess.PIPE, text=True, check=True).stdout
        if not re.search(r" \.BTF +PROGBITS ", sections):
            raise NoSource("no BTF in it")
        subprocess.run(["objcopy", "--strip-debug", vmlinux, path], check=True, stderr=subprocess.DEVNULL)
    return path


def arguments(source, vmlinux, folder):
    """Options that make pagefsck take debug info from there."""
    if source == CARRIED:
        return ["--no-debuginfod"]
    return ["-d", str(stripped(vmlinux, folder) if source == STRIPPED else vmlinux)]


# ---- measuring -----------------------------------------------------------------------------------------------------------


def run(options, files, piped):
    """(report or None, seconds, what went wrong)."""
    args = [dumptest.PAGEFSCK, "check", "--format", "json", *options, *(["-"] if piped else map(str, files))]
    env = {**os.environ, "PAGEFSCK_DEBUGINFO_PATH": "", "DEBUGINFOD_URLS": ""}
    begin = time.monotonic()
    cat = subprocess.Popen(["cat", files[0]], stdout=subprocess.PIPE) if piped else None
    done = subprocess.run(args, env=env, stdin=cat.stdout if cat else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    seconds = time.monotonic() - begin
    if cat:
        cat.stdout.close()
        cat.wait()
    return dumptest.parse(done.stdout), seconds, done.stderr.decode(errors="replace").strip()


def rules_run(report):
    return {rule["id"] for rule in report["rules"] if not rule["skipped"]}


def essence(report, rules):
    """What these rules say, and all that no rule has to do with."""
    kernel = {name: value for name, value in report["kernel"].items() if name != "debuginfo"}
    census = {name: value for name, value in report["census"].items() if name != "no_memmap"}  # of QEMU's devices, filters drop it
    return ({name: value for name, value in report.items() if name not in OWN}, kernel, census,
            [rule for rule in report["rules"] if rule["id"] in rules], [f for f in report["findings"] if f["rule"] in rules])


def cell(report, seconds, reference):
    """One measurement; `reference` is what DWARF says of the dump as it is."""
    ran, before = rules_run(report), rules_run(reference)
    why = {rule["id"]: rule["skipped"] for rule in report["rules"]}
    return {"run": len(ran), "seconds": round(seconds, 2),
            "findings": kernels.findings(report),
            "lost": {rule: why[rule] for rule in sorted(before - ran)}, "gained": sorted(ran - before),
            "same": essence(report, ran & before) == essence(reference, ran & before)}


def measure(dump, vmlinux, source, folder, names=FORMS):
    """{form: measurement, or why there is none} of one dump and one source of debug info."""
    reference = run(["-d", str(vmlinux)], [dump], False)[0]
    options, cells = arguments(source, vmlinux, folder), {}
    for name in names:
        place = folder / "form"
        place.mkdir()
        try:
            files, piped = form(name, dump, place)
            report, seconds, error = run(options, files, piped)
            if report is None and source == CARRIED:
                raise NoSource("not in this dump" if "does not serve" in error else error)
            cells[name] = cell(report, seconds, reference) if report else error
        except Missing as why:
            cells[name] = str(why)
        finally:
            shutil.rmtree(place)
    return cells


def first_time(options, dump, folder):
    """Seconds when the facts of this vmlinux are not in the cache yet."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(folder / f"cold{time.monotonic_ns()}")
    seconds = run(options, [dump], False)[1]
    os.environ["XDG_CACHE_HOME"] = before
    return round(seconds, 1)


def survey(dump, vmlinux, folder, names=FORMS):
    """Everything about one dump; XDG_CACHE_HOME is set, and folder is empty."""
    alone = folder / "alone"  # no vmlinux beside it
    alone.mkdir()
    (alone / "vmcore").symlink_to(os.path.realpath(dump))
    report = run(["-d", str(vmlinux)], [alone / "vmcore"], False)[0]
    row = {"kernel": report["kernel"]["release"], "arch": report["kernel"]["arch"], "pages": report["census"]["pages"],
           "form": report["dump"]["format"], "sources": {}}
    for source in SOURCES:
        try:
            cold = first_time(arguments(source, vmlinux, folder), alone / "vmcore", folder)
            row["sources"][source] = {"cold": cold, "cells": measure(alone / "vmcore", vmlinux, source, folder, names)}
        except NoSource as why:
            row["sources"][source] = str(why)
    return row


def add_forms(row, more):
    """Put some forms that were measured into what was known of a dump."""
    for source, got in more["sources"].items():
        if isinstance(got, dict) and isinstance(row["sources"].get(source), dict):
            row["sources"][source]["cells"] |= got["cells"]


# ---- tables --------------------------------------------------------------------------------------------------------------


def in_order(results):
    """(name, row), the oldest kernel first."""
    return sorted(results.items(), key=lambda item: ([int(n) for n in re.findall(r"\d+", item[1]["kernel"])], item[0]))


def alarms(measured):
    """How many errors and warnings: a healthy dump should have none."""
    return sum(nr for what, nr in measured["findings"].items() if not what.startswith("note "))


def false_alarms(form, measured):
    """Which errors and warnings a healthy dump has in that form."""
    return [what for what in measured["findings"] if not what.startswith("note ") and (form, what) != (FILTERED, OF_FILTER)]


def words(measured):
    if isinstance(measured, str):
        return "–"
    text = f"{measured['run']} / {alarms(measured)} / {measured['seconds']:.1f}"
    return text if measured["same"] else f"{text} ≠"


def rows(results):
    """Lines of the matrix."""
    lines = [f"| dump | kernel | machine | debug info | first time | {' | '.join(FORMS)} |", "|---|---|---|---|--:|" + "--:|" * len(FORMS)]
    for name, row in in_order(results):
        for source in SOURCES:
            got = row["sources"][source]
            if isinstance(got, str):
                continue
            cells = " | ".join(words(got["cells"].get(form, "")) for form in FORMS)
            lines.append(f"| {name} | {row['kernel']} | {row['arch']} | {source} | {got['cold']:.1f} s | {cells} |")
    return lines


def list_of(items):
    return ", ".join(f"`{item}`" for item in items)


def absent(results):
    """Lines that say where there is no measurement, and why."""
    where = {}
    for name, row in in_order(results):
        for source, got in row["sources"].items():
            if isinstance(got, str):
                where.setdefault((source, got), []).append(name)
                continue
            for form, measured in got["cells"].items():
                if isinstance(measured, str):
                    where.setdefault((f"form {form}", measured), []).append(name)
    return ["| column or source | why not | dumps |", "|---|---|---|"] + [
        f"| {what} | {why} | {', '.join(dict.fromkeys(names))} |" for (what, why), names in sorted(where.items())]


def changes(results):
    """Lines of what each source and form loses or gains, against DWARF and the dump as it is, and of all findings."""
    where = {}
    for name, row in in_order(results):
        for source, got in row["sources"].items():
            for form, measured in ({} if isinstance(got, str) else got["cells"]).items():
                if isinstance(measured, str):
                    continue
                for rule, why in measured["lost"].items():
                    where.setdefault((source, form, "lost", rule, why), []).append(name)
                for rule in measured["gained"]:
                    where.setdefault((source, form, "gained", rule, ""), []).append(name)
                for what in measured["findings"]:
                    severity, rule = what.split()
                    where.setdefault((source, form, "found", rule, severity), []).append(name)
    return merged(where)


def merged(where):
    """One line for each (lost, gained or found; rule; why), with the sources, forms and dumps that have it."""
    lines = {}
    for (source, form, what, rule, why), names in where.items():
        line = lines.setdefault((what, why, rule), ({}, {}, {}))
        for place, keys in zip(line, ([source], [form], names)):
            place.update(dict.fromkeys(keys))
    table = {}
    for (what, why, rule), (sources, some, names) in lines.items():
        some = ("all",) if set(FORMS) - set(some) <= {FILTERED} else tuple(some)
        table.setdefault((what, why, tuple(sources), some, tuple(names)), []).append(rule)
    return ["| | rules | why | debug info | form | dumps |", "|---|---|---|---|---|---|"] + [
        f"| {what} | {list_of(rules)} | {why} | {', '.join(sources)} | {', '.join(some)} | {', '.join(names)} |"
        for (what, why, sources, some, names), rules in sorted(table.items(), reverse=True)]


def totals(results):
    """One sentence: how many cells, findings, differences."""
    cells = [(form, measured) for row in results.values() for got in row["sources"].values() if not isinstance(got, str)
             for form, measured in got["cells"].items() if not isinstance(measured, str)]
    wrong = sum(len(false_alarms(form, c)) for form, c in cells)
    return (f"{len(cells)} measurements of {len(results)} dumps; {sum(c['same'] for _, c in cells)} reports equal the reference; "
            f"{wrong} rules with errors or warnings, but for what makedumpfile left out.")


def document(results):
    """The generated part of doc/MATRIX.md."""
    return "\n\n".join([totals(results), "\n".join(rows(results)), "## What a source or a form loses or gains",
                        "\n".join(changes(results)), "## What was not measured", "\n".join(absent(results))]) + "\n"


def write_json(path, results):
    """One line for each form of a dump, so that a change shows."""
    text = json.dumps(results, indent=1, sort_keys=True)
    text = re.sub(r"\{\n +\"findings\":[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", lambda m: re.sub(r"\s*\n\s*", " ", m[0]), text)
    path.write_text(text + "\n")
