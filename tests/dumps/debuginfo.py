#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debug info that nobody names with -d: found by build-id and release, or the words that say where it is to be had.
Servers are asked on the loopback interface only.
"""
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import sys
import threading

sys.dont_write_bytecode = True
import dumptest

RELEASE = "6.1.0-50-amd64"
ALL = (f".build-id/$X/$Y.debug", "$ID/debuginfo", "$ID.debug", f"vmlinux-{RELEASE}", f"vmlinux-{RELEASE}.debug",
       f"{RELEASE}/vmlinux", f"boot/vmlinux-{RELEASE}", f"lib/modules/{RELEASE}/vmlinux", f"usr/lib/modules/{RELEASE}/vmlinux",
       f"lib/modules/{RELEASE}/build/vmlinux", f"usr/lib/debug/.build-id/$X/$Y.debug", f"usr/lib/debug/boot/vmlinux-{RELEASE}",
       f"usr/lib/debug/boot/vmlinux-{RELEASE}.debug", f"usr/lib/debug/lib/modules/{RELEASE}/vmlinux",
       f"usr/lib/debug/usr/lib/modules/{RELEASE}/vmlinux.debug", "vmlinux")


class World:
    """Folders to put debug info into: beside a link to the dump, and a collection."""

    def __init__(self, cases, folder, dumps):
        self.cases, self.folder, self.dumps = cases, folder, dumps
        self.good, self.other = pathlib.Path(dumps["6.1"].vmlinux), pathlib.Path(dumps["6.12"].vmlinux)
        self.work, self.collection = folder / "work", folder / "collection"
        self.id = self.run(dumps["6.1"].path, "-d", self.good)[1]["kernel"]["build_id"]
        self.other_id = self.run(dumps["6.12"].path, "-d", self.other)[1]["kernel"]["build_id"]
        self.clear()

    def clear(self):
        """Nothing but a dump."""
        for path in self.work, self.collection:
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
        self.dump = self.work / "vmcore"
        self.dump.symlink_to(self.dumps["6.1"].path)

    def put(self, where, what=None):
        """A file under a name made like those in ALL."""
        where = pathlib.Path(str(where).replace("$X", self.id[:2]).replace("$Y", self.id[2:]).replace("$ID", self.id))
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes((what or self.good).read_bytes())
        return where

    def run(self, *args, **env):
        """(the run, the report) of the shortest command that needs debug info."""
        env = {"DEBUGINFOD_URLS": "", "PAGEFSCK_DEBUGINFO_PATH": "", **env}
        done = dumptest.pagefsck("layout", "--format", "json", *args, env={**os.environ, **env})
        return done, dumptest.parse(done.stdout) if done.returncode == 0 else None

    def finds(self, name, path, *args, **env):
        """One case: it takes that file."""
        done, report = self.run(*args, self.dump, **env)
        taken = report["kernel"]["debuginfo"]["path"] if report else None
        self.cases.case(name, [] if taken and os.path.realpath(taken) == os.path.realpath(path) else
                        [f"exit status {done.returncode}, took {taken}, not {path}", done.stderr])

    def misses(self, name, says, *args, dump=None, **env):
        """One case: exit status 8 and these words."""
        done, _ = self.run(*args, dump or self.dump, **env)
        wrong = [f"exit status {done.returncode}" if done.returncode != 8 else "",
                 "control characters" if any(ord(c) < 32 for c in done.stderr.replace("\n", "")) else ""]
        wrong += [f"does not say '{word}'" for word in says if word not in done.stderr]
        wrong = [w for w in wrong if w]
        self.cases.case(name, wrong and [*wrong, done.stderr])


def try_places(w):
    for template in ALL:
        w.clear()
        path = w.put(w.collection / template)
        name = template.replace(RELEASE, "REL")
        w.finds(f"in a folder: {name}", path, "-d", w.collection)
    w.finds("in the folders of the environment", path, PAGEFSCK_DEBUGINFO_PATH=f"/nonexistent::{w.collection}")
    for name in ("vmlinux", f"vmlinux-{RELEASE}", f"{RELEASE}.debug", "$ID.debug"):
        w.clear()
        w.finds(f"beside the dump: {name.replace(RELEASE, 'REL')}", w.put(w.work / name))


def try_order(w):
    """What is named first wins, and what is of another build is passed."""
    w.clear()
    w.put(w.work / "vmlinux")
    w.put(w.collection / "vmlinux")
    (w.folder / "named").mkdir()
    named = w.put(w.folder / "named/vmlinux")
    env = {"PAGEFSCK_DEBUGINFO_PATH": str(w.collection)}
    w.finds("-d before the environment", named, "-d", w.folder / "named", **env)
    w.finds("the environment before the dump's folder", w.collection / "vmlinux", **env)
    w.put(w.collection / "vmlinux", w.other)
    w.finds("another build is passed", w.work / "vmlinux", **env)
    w.put(w.work / "vmlinux", w.other)
    (w.work / f"vmlinux-{RELEASE}").write_bytes(b"hello")
    w.misses("nothing but other builds", [f"build-id {w.other_id}", w.id, f"{w.collection}/vmlinux: another build",
                                          f"{w.work}/vmlinux-{RELEASE}: neither an ELF file"], **env)
    shutil.rmtree(w.folder / "named")


def try_none(w):
    w.clear()
    w.misses("not found", [f"kernel {RELEASE}, build-id {w.id}", f"apt install linux-image-{RELEASE}-dbg", "with -d",
                           f"  /usr/lib/debug/boot/vmlinux-{RELEASE}: not there\n", f"  {w.work}/vmlinux: not there\n",
                           f"/usr/lib/debug/.build-id/{w.id[:2]}/{w.id[2:]}.debug: not there", "DEBUGINFOD_URLS names no server"])
    w.misses("a folder without it", [f"{w.collection}: nothing under the names"], "-d", w.collection)
    done, _ = w.run("-q", w.dump)
    w.cases.case("quiet: one line", done.stderr if done.stderr.count("\n") != 1 else "")


def try_btf(w):
    """What the kernel itself carries serves, and the report says what would be better."""
    dump = w.dumps["7.3"]
    w.clear()
    (w.work / "vmcore7").symlink_to(dump.path)
    done, report = w.run(w.work / "vmcore7")
    info = report["kernel"]["debuginfo"] if report else {}
    w.cases.case("types of the dump", [done.stderr] if info.get("source") != "btf" else [])
    w.cases.case("types of the dump: what to install", [] if f"linux-image-{report['kernel']['release']}-dbg" in
                 info.get("hint", "") else [str(info)])
    _, report = w.run("-d", dump.vmlinux, w.work / "vmcore7")
    w.cases.case("types of a vmlinux: nothing to install", [str(report)] if "hint" in report["kernel"]["debuginfo"] else [])
    done = dumptest.pagefsck("layout", w.work / "vmcore7", env={**os.environ, "DEBUGINFOD_URLS": ""})
    w.cases.case("types of the dump, in words", [] if b"BTF in the dump" in done.stdout else [str(done.stdout[:900]), done.stderr])


def reworded(w, *changes):
    """The dump with another VMCOREINFO, as long as it was."""
    data = pathlib.Path(w.dumps["6.1"].path).read_bytes()
    for old, new in changes:
        assert len(old) == len(new) and old in data
        data = data.replace(old, new)
    w.dump.unlink()
    w.dump.write_bytes(data)


def try_nameless(w):
    """Dumps that lie about their kernel, or say too little."""
    release = RELEASE.encode()
    w.clear()
    reworded(w, (b"OSRELEASE=" + release, b"OSRELEASE=" + b"../../" + release[6:]))
    w.put(w.work / "vmlinux", w.other)
    w.misses("a release that leads elsewhere", ["whoever built that kernel", "another build"])
    w.finds("its build-id still finds it", w.put(w.collection / "$ID.debug"), "-d", w.collection)
    w.clear()
    reworded(w, (b"BUILD-ID=", b"BUILDXID="))
    w.put(w.work / "vmlinux", w.other)
    w.finds("no build-id: by release", w.put(w.work / f"vmlinux-{RELEASE}"))
    (w.work / f"vmlinux-{RELEASE}").unlink()
    w.misses("no build-id: not just any file", [f"{w.work}/vmlinux: "])
    w.clear()
    reworded(w, (b"BUILD-ID=", b"BUILDXID="), (b"OSRELEASE=", b"OSXELEASE="))
    w.misses("no names at all", ["neither build-id nor release"])


@contextlib.contextmanager
def server(files):
    """A debuginfod that knows these: path -> bytes.  Gives (its address, the list of paths it was asked for)."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200 if self.path in files else 404)
            self.send_header("Content-Length", str(len(files.get(self.path, b""))))
            self.end_headers()
            self.wfile.write(files.get(self.path, b""))

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/", asked
        finally:
            httpd.shutdown()


def try_servers(w):
    w.clear()
    path = f"/buildid/{w.id}/debuginfo"
    env = {"DEBUGINFOD_CACHE_PATH": str(w.folder / "debuginfod"), "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    with server({path: w.good.read_bytes()}) as (url, asked):
        env["DEBUGINFOD_URLS"] = url
        done, _ = w.run(w.dump, **env)
        for why in ("built without debuginfod", "is not installed"):
            if why in done.stderr:
                w.cases.skip("debuginfod", why)
                return
        w.cases.case("debuginfod: asked once, by build-id", [] if asked == [path] else [str(asked), done.stderr])
        w.finds("debuginfod: kept for the next time", w.folder / f"debuginfod/{w.id}/debuginfo", **env)
        w.cases.case("debuginfod: not asked again", [] if len(asked) == 1 else [str(asked)])
        w.misses("--no-debuginfod", [], "--no-debuginfod", **env)
        done, _ = w.run("--no-debuginfod", w.dump, **env)
        w.cases.case("--no-debuginfod is not even mentioned", done.stderr if "debuginfod" in done.stderr else "")
        w.finds("a folder of its cache", w.folder / f"debuginfod/{w.id}/debuginfo", "-d", w.folder / "debuginfod")
    shutil.rmtree(w.folder / "debuginfod")
    w.misses("debuginfod: nobody there", [f"debuginfod {url}: no server can be reached"], **env)
    shutil.rmtree(w.folder / "debuginfod", ignore_errors=True)
    with server({path: w.other.read_bytes()}) as (url, _):
        w.misses("debuginfod: a server that gives another build", ["another build"], **{**env, "DEBUGINFOD_URLS": url})
    shutil.rmtree(w.folder / "debuginfod")
    with server({}) as (url, asked):
        w.misses("debuginfod: not there", [f"debuginfod {url}: no server has it"], **{**env, "DEBUGINFOD_URLS": url})


def main():
    cases = dumptest.Cases()
    dumps = dumptest.unpack("6.1", "6.12", "7.3")
    with dumptest.Workplace("debuginfo") as folder:
        world = World(cases, folder, dumps)
        for group in (try_places, try_order, try_none, try_btf, try_nameless, try_servers):
            group(world)
    cases.finish()


main()
