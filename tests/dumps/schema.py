#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON of every command on real dumps fits doc/pagefsck.schema.json, which names every member; a strange member does not fit.

"--read" takes the outputs to validate from files named COMMAND.json instead: schema.py --read FILE...
"""
import copy
import json
import pathlib
import sys

sys.dont_write_bytecode = True
import dumptest

try:
    import jsonschema
except ImportError:
    print("skip: no python3-jsonschema")
    sys.exit(dumptest.SKIP)

SCHEMA = json.loads((dumptest.HERE.parent.parent / "doc/pagefsck.schema.json").read_text())
COMMANDS = ("check", "census", "page", "layout", "explain")


def validator(command):
    """Of what one command writes."""
    schema = {name: value for name, value in SCHEMA.items() if name != "anyOf"}
    return jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{command}"})


VALIDATORS = {command: validator(command) for command in COMMANDS}


def errors(command, output):
    found = sorted(VALIDATORS[command].iter_errors(output), key=lambda e: list(map(str, e.path)))
    return [f"{'/'.join(map(str, e.path))}: {e.message[:300]}" for e in found[:5]]


def run(cases, name, command, *args):
    done = dumptest.pagefsck(command, "--format", "json", *args)
    output = dumptest.parse(done.stdout)
    if output is None:
        cases.case(name, f"no output: {done.stderr}")
        return None
    cases.case(name, errors(command, output))
    return output


def try_schema(cases):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    named = {part["$ref"] for part in SCHEMA["anyOf"]}
    cases.case("the schema itself", [c for c in COMMANDS if f"#/$defs/{c}" not in named])


def objects(output):
    """Every object in it."""
    if isinstance(output, dict):
        yield output
    for part in output.values() if isinstance(output, dict) else output if isinstance(output, list) else ():
        yield from objects(part)


def try_strange(cases, command, output):
    """A member that the schema does not name is an error, wherever it is; so is one that is missing, or of another type."""
    accepted = 0
    for i, _ in enumerate(objects(output)):
        changed = copy.deepcopy(output)
        next(o for j, o in enumerate(objects(changed)) if i == j)["no such member!"] = []
        accepted += VALIDATORS[command].is_valid(changed)
    wrong = [f"a strange member fits in {accepted} places"] * bool(accepted)
    for name in SCHEMA["$defs"][command]["required"]:
        without = {n: v for n, v in output.items() if n != name}
        other = {**output, name: 3.5}
        wrong += [f"without {name}"] * VALIDATORS[command].is_valid(without)
        wrong += [f"another {name}"] * VALIDATORS[command].is_valid(other)
    cases.case(f"{command}: strange members", wrong)


def thinned(output):
    """One element of each list is enough."""
    if isinstance(output, dict):
        return {name: thinned(value) for name, value in list(output.items())}
    return [thinned(output[0])] if isinstance(output, list) and output else output


def try_dumps(cases, dumps, folder):
    first, leaky = dumps["6.1"], dumps["leaks/6.12"]
    check = run(cases, "check: leaks", "check", "--case-id", "\033<1>", "-d", leaky.vmlinux, leaky.path)
    try_strange(cases, "check", thinned(check))
    run(cases, "check: a crash", "check", "-d", dumps["6.12-kdump"].vmlinux, dumps["6.12-kdump"].path)
    lacking = folder / "lacking"
    lines = dumptest.pagefsck("census", "--pages", "-d", first.vmlinux, first.path).stdout.decode().splitlines()
    tables = [int(pfn) for pfn, kind, *_ in (line.split("\t") for line in lines) if kind == "page-table"][::7]
    dumptest.redump("--elf", *(a for pfn in tables for a in ("--exclude", f"{pfn}-{pfn + 1}")), first.path, lacking)
    gaps = run(cases, "check: a dump that lacks pages, some rules", "check", "--skip", "free-*,pte-*", "-d", first.vmlinux, lacking)
    cases.case("it has gaps", [] if gaps and gaps["gaps"] else "it has none")
    run(cases, "census", "census", "--owners", "-d", first.vmlinux, first.path)
    pages = [f["subject"]["pfn"] for f in check["findings"] if "pfn" in f["subject"]][:2] if check else []
    run(cases, "page", "page", "--holders", "-d", leaky.vmlinux, leaky.path, *pages, "0x1000", "5000")
    run(cases, "layout", "layout", "-d", first.vmlinux, first.path)
    layout = run(cases, "layout of debug info", "layout", first.vmlinux)
    if layout:
        cases.case("layout: a strange member", [n for n in ("facts", "flags") if not errors("layout", {**layout, n: [{"x": 1}]})])
    run(cases, "explain", "explain")


def main():
    cases = dumptest.Cases()
    if "--read" in sys.argv:
        for path in map(pathlib.Path, sys.argv[2:]):
            cases.case(str(path), errors(path.name.split("-")[0].split(".")[0], json.loads(path.read_text())))
        cases.finish()
    try_schema(cases)
    dumps = dumptest.unpack("6.1", "leaks/6.12", "6.12-kdump")
    with dumptest.Workplace("schema") as folder:
        try_dumps(cases, dumps, folder)
    cases.finish()


main()
