# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of this folder share: bundled dumps, running pagefsck, counting cases.

Run from the build folder, as "make check" does.  PAGEFSCK and REDUMP name the programs.  "--update" makes a test write
what it got as what it expects; "--only GLOB" keeps the cases whose name matches.  DUMP_FOLDER names the folder of a dump that
is not bundled (dump.elf, vmlinux, truth/): the only one then, and nothing is expected of it but that it fits its truth.
"""
import fnmatch
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path.cwd()
PAGEFSCK = os.path.abspath(os.environ.get("PAGEFSCK", "pagefsck"))
REDUMP = os.path.abspath(os.environ.get("REDUMP", "tests/tools/redump"))
UPDATE = "--update" in sys.argv
FOLDER = os.environ.get("DUMP_FOLDER")
SKIP = 77
STOCK = ("5.10", "6.1", "6.1-arm64", "6.1-elf", "6.1-kdump", "6.12", "6.12-arm64-16k", "6.12-kdump", "6.12-hvo", "6.12-la57", "6.12-ppc64el", "6.12-riscv64",
         "6.12-s390x", "7.3", "7.3-hvo", "7.3-numa")
# Small kernels built for the bundle.
OWNERS = ("6.1-owner", "6.12-owner")
OTHERS = ("6.12-tiny", "7.3-nomapcount")
DUMPS = STOCK + OWNERS + OTHERS
# Crashes of busy machines, healthy until then; what they did meanwhile no truth knows.
CRASHED = ("5.10-kdump", "6.12-kdump")
if FOLDER:
    DUMPS, STOCK, OTHERS = (os.path.basename(FOLDER),), (os.path.basename(FOLDER),), ()


class Dump:
    """A bundled dump, unpacked."""

    def __init__(self, folder, name):
        self.name = name
        self.folder = folder / name
        self.vmlinux = str(self.folder / "vmlinux")
        self.truth = self.folder / "truth"
        sizes = re.search(r"^KernelPageSize: +(\d+) kB", (self.truth / "proc/1/smaps").read_text(), re.M)
        self.page_kib = int(sizes[1]) if sizes else 4
        sizes = re.search(r"/hpage_pmd_size\n\t(\d+)", (self.truth / "sys").read_text(errors="replace"))
        self.pmd_pages = int(sizes[1]) // 1024 // self.page_kib if sizes else 512
        self.path = str(next(p for p in self.folder.iterdir() if p.name.startswith("dump.")))


def counts_pages(dump):
    """Whether pages of large folios have mapcounts (no CONFIG_NO_PAGE_MAPCOUNT)."""
    layout = json.loads(pagefsck("layout", "--format", "json", "-d", dump.vmlinux, dump.path).stdout)
    return "large folios keep none" not in json.dumps(layout)


def unpack(*names):
    """The bundled dumps of these names (all of them by default) by name."""
    names = names or DUMPS
    if FOLDER:
        return {name: Dump(pathlib.Path(FOLDER).parent, name) for name in names}
    done = subprocess.run([HERE / "unpack.sh", *names], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(SKIP if done.returncode == SKIP else 99)
    return {name: Dump(pathlib.Path(done.stdout.strip()), name) for name in names}


class Workplace:
    """A folder for one test, gone afterwards, with a facts cache of its own."""

    def __init__(self, name):
        (BUILD / "tests/dumps").mkdir(parents=True, exist_ok=True)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}.", dir=BUILD / "tests/dumps"))

    def __enter__(self):
        os.environ["XDG_CACHE_HOME"] = str(self.path / "cache")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path)


def pagefsck(*args, timeout=120, **more):
    """Run it; standard output and error come back as bytes and text."""
    done = subprocess.run([PAGEFSCK, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, **more)
    done.stderr = done.stderr.decode(errors="backslashreplace")
    return done


def check_json(dump, *args, path=None):
    """(exit status, the report as an object) of "check"; the report is None if there is none."""
    done = pagefsck("check", "--format", "json", "-d", dump.vmlinux, *args, path or dump.path)
    return done.returncode, parse(done.stdout)


def parse(text):
    return json.loads(text) if text else None


def untimed(text):
    """A report without its timing."""
    return re.sub(rb'^"timing": .*$', b"", text, flags=re.M)


def tool_lines(name, dump):
    """What a program of tests/tools/ prints of a dump; $NAME is another one."""
    tool = os.path.abspath(os.environ.get(name.upper(), f"tests/tools/{name}"))
    done = subprocess.run([tool, dump.path, dump.vmlinux], stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    return done.stdout.splitlines()


def redump(*args):
    """Write a dump in another form (tests/tools/redump)."""
    subprocess.run([REDUMP, *map(str, args)], check=True, timeout=120)


def elf_section(data, wanted):
    """(offset, size) of a section of a 64-bit ELF file."""
    shoff, = struct.unpack_from("<Q", data, 40)
    shentsize, shnum, shstrndx = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, shoff + i * shentsize) for i in range(shnum)]
    strings = headers[shstrndx][4]
    for name, _, _, _, offset, size in headers:
        if data[strings + name:].startswith(wanted + b"\0"):
            return offset, size
    raise KeyError(wanted)


class Cases:
    """Counts cases and prints each: "ok NAME" or "not ok NAME: why"."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.globs = [sys.argv[i + 1] for i, a in enumerate(sys.argv[:-1]) if a == "--only"]

    def wanted(self, name):
        return not self.globs or any(fnmatch.fnmatch(name, g) for g in self.globs)

    def case(self, name, wrong=()):
        """One case, failed if there is anything in wrong."""
        wrong = [w for w in ([wrong] if isinstance(wrong, str) else wrong) if w]
        if not wrong:
            self.passed += 1
            print(f"ok {name}", flush=True)
            return True
        self.failed += 1
        print(f"not ok {name}: " + "\n    ".join(wrong), flush=True)
        return False

    def todo(self, name, why, wrong):
        """One case that may fail for a known reason: skipped then.  Remove the mark when it passes."""
        wrong = [w for w in ([wrong] if isinstance(wrong, str) else wrong) if w]
        if wrong:
            self.skip(name, f"known to fail: {why}: " + "; ".join(w.strip() for w in wrong))
        else:
            self.case(f"{name} (known to fail, but does not: remove the mark)")

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip {name}: {why}", flush=True)

    def golden(self, name, path, text):
        """One case: text is what the file says."""
        if FOLDER:
            return True
        if UPDATE:
            path.write_text(text)
        expected = path.read_text() if path.exists() else ""
        return self.case(name, [] if text == expected else difference(path, expected, text))

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0 if self.passed else SKIP)


def each_dump(name, compare, busy=()):
    """A whole test: compare(cases, dump) for each bundled dump but those that went on after their truth was written."""
    cases = Cases()
    dumps = unpack()
    with Workplace(name):
        for dump in map(dumps.get, filter(cases.wanted, dumps)):
            if dump.name in busy:
                cases.skip(dump.name, "busy when it was stopped")
            else:
                compare(cases, dump)
    cases.finish()


def difference(path, expected, text):
    import difflib
    lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), str(path), "this run", n=1, lineterm="")
    return [f"differs from {path.name} (--update accepts it)", *lines]
