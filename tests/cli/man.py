#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual pages against --help: each command has a page, each option of one is in the other, with its value and words.

Run from the build folder.  PAGEFSCK names the program, MAN the folder of the pages.
"""
import os
import pathlib
import re
import subprocess
import sys

PAGEFSCK = os.path.abspath(os.environ.get("PAGEFSCK", "pagefsck"))
MAN = pathlib.Path(os.environ.get("MAN", pathlib.Path(__file__).resolve().parent.parent.parent / "man"))
# Of every command; described once, in pagefsck.1.
EVERYWHERE = {"--help": "-?", "--usage": None, "--version": "-V"}


def output(*args):
    return subprocess.run([PAGEFSCK, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True,
                          timeout=60).stdout


def commands():
    return re.findall(r"^  ([a-z]+) ", output("--help"), re.M)


def options(command):
    """{"--long": ("-s" or None, value or None)} of --help."""
    found = re.findall(r"^  (?:(-.), |    )(--[a-z-]+)(?:=(\S+))?", output(command, "--help"), re.M)
    return {long: (short or None, value or None) for short, long, value in found}


def flags(text):
    """Names of options that a page mentions, "-x" and "--long": arguments of Fl up to what is no name any more."""
    found = set()
    for line in text.splitlines():
        if not line.startswith((".Fl", ".It Fl", ".Op Fl", ".Pq Fl")):
            continue
        on = False
        for word in line[1:].split():
            if word == "Fl":
                on = True
            elif word in ("Ar", "Cm", "No"):
                on = False
            elif on and (name := re.fullmatch(r"(?:\\&)?(-?[A-Za-z?][a-z-]*)", word)):
                found |= {"-" + name[1]} if name[1][0] == "-" else {"-" + letter for letter in name[1]}
    return found


def items(text):
    """{"--long": the line} of what is described in a list."""
    return {"-" + m[2]: m[0] for m in re.finditer(r"^\.It (?:Fl (.) , )?Fl (-[a-z-]+).*", text, re.M)}


def choices():
    """{"check --format": {"text", ...}} of the options that take one of some words."""
    found = re.findall(r"'([a-z]+ --[a-z-]+)'.*\) echo 'words ([a-z ]+)'", output("completion", "bash"))
    return {option: set(words.split()) for option, words in found}


def wrong_item(option, short, value, line, words):
    if short and not line.startswith(f".It Fl {short[1]} , "):
        yield f"{option}: {short} is not at its side"
    if bool(value) != bool(re.search(r" (Ar|Cm) ", line)):
        yield f"{option}: value {value} in --help, not so in the page"
    if words and set(re.sub(r".* Cm ", "", line).split(" | ")) != words:
        yield f"{option}: takes {sorted(words)}, says the program"


def wrong_page(command, words):
    text = (MAN / f"pagefsck-{command}.1").read_text()
    offered, mentioned, described = options(command), flags(text), items(text)
    for option, (short, value) in offered.items():
        if option in EVERYWHERE:
            continue
        if option not in mentioned:
            yield f"{option} is missing"
        if short and short not in mentioned:
            yield f"{short} is missing"
        if option in described:
            yield from wrong_item(option, short, value, described[option], words.get(f"{command} {option}"))
        elif command == "check":
            yield f"{option} is not described, and other pages refer to this one"
    known = {n for long, (short, _) in offered.items() for n in (long, short)}
    yield from (f"{flag} does not exist" for flag in sorted(mentioned - known))


def wrong_main(all_commands):
    text = (MAN / "pagefsck.1").read_text()
    mentioned = flags(text)
    yield from (f"{c}: no .It Cm" for c in all_commands if f".It Cm {c}\n" not in text)
    yield from (f"{c}: not under SEE ALSO" for c in all_commands if f".Xr pagefsck-{c} 1 ,\n" not in text.split(".Sh SEE ALSO")[1])
    yield from (f"{n} is missing" for pair in EVERYWHERE.items() for n in pair if n and n not in mentioned)
    known = {n for c in all_commands for long, (short, _) in options(c).items() for n in (long, short)}
    yield from (f"{flag} does not exist" for flag in sorted(mentioned - known))


def main():
    words, all_commands = choices(), commands()
    assert len(all_commands) >= 6 and words["check --format"] == {"text", "json", "html"}
    bad = [f"pagefsck.1: {w}" for w in wrong_main(all_commands)]
    for command in all_commands:
        bad += [f"pagefsck-{command}.1: {w}" for w in wrong_page(command, words)]
    pages = {p.name for p in MAN.glob("*.1")}
    bad += [f"{p}: page without a command" for p in sorted(pages - {"pagefsck.1"} - {f"pagefsck-{c}.1" for c in all_commands})]
    print(*bad, sep="\n")
    print(f"{len(all_commands)} commands, {len(bad)} errors")
    sys.exit(1 if bad else 0)


main()
