#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The completion scripts in real shells: what bash and zsh propose at the end of a line, against --help of each command.

Run from the build folder.  PAGEFSCK names the program.  Without zsh its half is left out, and said to be.
"""
import fnmatch
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PAGEFSCK = os.path.abspath(os.environ.get("PAGEFSCK", "pagefsck"))
PATIENCE = 60

# Called as completion calls it; words are split at blanks and, as readline does, at "=".
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_pagefsck
((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
"""

# Every match is also written to a file; ^X^F, read after the tab has been dealt with, says that there are no more.
ZSHRC = """
PS1= fpath=("$PWD" $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
		local -a hits
		builtin compadd -A hits "$@"
		print -rl -- $hits >>hits
	fi
	builtin compadd "$@"
}
done-completing() { print done >>finished; BUFFER= }
zle -N done-completing
bindkey '^X^F' done-completing
LISTMAX=10000 ALWAYS_LAST_PROMPT=
print ready >>finished
"""


def output(*args):
    return subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE).stdout


class Bash:
    def __init__(self, folder):
        self.script = folder / "pagefsck.bash"
        self.script.write_text(output(PAGEFSCK, "completion", "bash"))
        self.folder = folder

    def propose(self, line):
        words = [w for part in line.split(" ") for w in (re.split("(=)", part) if part.startswith("--") else [part])]
        if len(words) > 1 and words[-1] == "" and words[-2] == "=":
            words.pop()
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", self.script, *words], stdin=subprocess.DEVNULL, cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        assert not done.stderr, done.stderr
        return set(done.stdout.splitlines())

    def close(self):
        pass


class Zsh:
    """An interactive one on a terminal of its own."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "_pagefsck").write_text(output(PAGEFSCK, "completion", "zsh"))
        (folder / ".zshrc").write_text(ZSHRC)
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.chdir(folder)
            environment = {"ZDOTDIR": ".", "TERM": "vt100", "PATH": os.environ["PATH"], "LC_ALL": "C"}
            os.execvpe("zsh", ["zsh", "-i", "-o", "no_global_rcs"], environment)
        self.wait()

    def wait(self):
        """Until the shell says in a file that it is done; what it shows meanwhile is thrown away."""
        end, finished = time.monotonic() + PATIENCE, self.folder / "finished"
        while not finished.exists():
            assert time.monotonic() < end, "zsh does not answer"
            if select.select([self.terminal], [], [], 0.02)[0]:
                os.read(self.terminal, 1 << 16)
        finished.unlink()

    def propose(self, line):
        hits = self.folder / "hits"
        hits.unlink(missing_ok=True)
        os.write(self.terminal, line.encode() + b"\t\x18\x06")
        self.wait()
        # zsh fills in a part that every match has
        return {w for w in hits.read_text().split("\n") if w} if hits.exists() else set()

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def long_options(command):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", re.sub(r"\n {20,}[^-\n].*", "", output(PAGEFSCK, command, "--help"))))


def expectations(rules):
    """(line, what must be proposed, a glob that every proposal fits)."""
    yield "pagefsck ", {"check", "page", "census", "layout", "explain", "scan", "completion", "--help", "--version"}, "*"
    yield "pagefsck ce", {"census"}, "ce*"
    for command in re.findall(r"^  ([a-z]+) ", output(PAGEFSCK, "--help"), re.M):
        # zsh shows a short name too
        yield f"pagefsck {command} --", long_options(command), "-*"
    yield "pagefsck check --format ", {"text", "json", "html"}, "[tjh]*"
    yield "pagefsck check --format=h", {"html"}, "h*"
    yield "pagefsck page --format ", {"text", "json"}, "[tj]*"
    yield "pagefsck explain -q --format m", {"markdown"}, "m*"
    yield "pagefsck check --color a", {"auto", "always"}, "a*"
    yield "pagefsck check --fail-on ", {"error", "warning"}, "[ew]*"
    yield "pagefsck completion ", {"bash", "zsh"}, "*sh"
    yield "pagefsck explain ", rules, "*"
    yield "pagefsck explain free-", {r for r in rules if r.startswith("free-")}, "free-*"
    yield "pagefsck check --only head-", {r for r in rules if r.startswith("head-")}, "head-*"
    yield "pagefsck check -d vm", {"vmlinux-1", "vmcore one"}, "vm*"
    yield "pagefsck check -d vmlinux-1 vmc", {"vmcore one"}, "vmc*"
    yield "pagefsck check --case-id ", set(), "no such thing"
    yield "pagefsck check -j ", set(), "no such thing"


def check(shell, line, wanted, fits):
    got = {w.replace("\\ ", " ").rstrip("=") for w in shell.propose(line)}
    wrong = [f"not proposed: {w}" for w in sorted(wanted - got)]
    wrong += [f"proposed: {w}" for w in sorted(got) if not fnmatch.fnmatch(w, fits)]
    wrong += [f"no option: {w}" for w in sorted(got - wanted) if w.startswith("--") and line.endswith(" --")]
    print(f"{'not ok' if wrong else 'ok'} {type(shell).__name__.lower()} '{line}'", *wrong[:5], sep="\n    " if wrong else "", flush=True)
    return not wrong


def check_list(shell, rules):
    """Rules behind a comma: bash proposes the whole list, zsh what is behind the comma."""
    got = shell.propose("pagefsck check --only head-aligned,buddy-")
    got = {w.rpartition(",")[2] for w in got}
    good = got == {r for r in rules if r.startswith("buddy-")}
    print("ok" if good else "not ok", type(shell).__name__.lower(), "list of rules", "" if good else sorted(got))
    return good


def run(kind, rules):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in ("vmlinux-1", "vmcore one", "other"):
            (folder / file).write_text("")
        shell = kind(folder)
        try:
            results = [check(shell, *e) for e in expectations(rules)]
            return all(results + [check_list(shell, rules)])
        finally:
            shell.close()


def main():
    rules = set(re.findall(r"^([a-z0-9-]+) ", output(PAGEFSCK, "explain", "--color", "never"), re.M))
    assert len(rules) > 100 and all(any(r.startswith(s) for r in rules) for s in ("free-", "head-", "buddy-"))
    good = run(Bash, rules)
    if shutil.which("zsh"):
        good = run(Zsh, rules) and good
    else:
        print("skip zsh: not installed")
    sys.exit(0 if good else 1)


main()
