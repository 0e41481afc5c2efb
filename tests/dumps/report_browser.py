#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML report in a headless browser: loads nothing else, complains of nothing, reads without script, links lead into view,
nothing is cut at a phone's width or on paper, and text keeps its contrast in the light and in the dark.  Skipped without Chromium."""
import base64
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import dumptest

PHONE, DESK = 390, 1280
CONTRAST = 4.5  # WCAG 2.1, level AA
TIMEOUT = 60

# Elements that hold words of their own: [tag, words, contrast with what is behind them]
CONTRASTS = """(() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                       return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
                        if (c.length < 4 || c[3] == 1) return c.slice(0, 3); } return parse(getComputedStyle(document.documentElement).backgroundColor).length == 3 ?
                        parse(getComputedStyle(document.documentElement).backgroundColor) : (matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255]); };
  const seen = new Map();
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('svg') || ![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) || !e.getClientRects().length) continue;
    const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), key = e.tagName + '.' + e.className;
    if (!seen.has(key) || seen.get(key)[2] > ratio) seen.set(key, [key, e.textContent.trim().slice(0, 30), ratio]);
  }
  return [...seen.values()];
})()"""

# Elements that stick out of the window and have no scroll bar of their own on the way up
STICKING_OUT = """(() => {
  const scrolls = e => { for (; e && e != document.body; e = e.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)) return true; return false; };
  const width = document.documentElement.clientWidth;
  return [...document.querySelectorAll('body *')].filter(e => !e.closest('svg') && e.getBoundingClientRect().right > width + 1 && !scrolls(e))
    .slice(0, 3).map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 40)).concat(document.documentElement.scrollWidth > width + 1 ? ['page scrolls sideways'] : []);
})()"""

TARGETS = "[...new Set([...document.querySelectorAll('a')].map(a => a.getAttribute('href')))]"


class Browser:
    """Chromium, driven by its DevTools protocol through a pipe: one JSON object after another, a NUL after each."""

    def __init__(self, program, profile):
        to_child, self.to = os.pipe()
        self.back, from_child = os.pipe()
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$0" "$@" 3<&{to_child} 4>&{from_child}', program, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_child, from_child), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_child)
        os.close(from_child)
        self.number, self.buffer, self.events, self.session = 0, b"", [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def message(self):
        end = time.monotonic() + TIMEOUT
        while b"\0" not in self.buffer:
            if not select.select([self.back], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            got = os.read(self.back, 1 << 20)
            if not got:
                raise ConnectionError("the browser is gone")
            self.buffer += got
        one, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(one)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            m = self.message()
            if m.get("id") == self.number:
                if "error" in m:
                    raise RuntimeError(f"{method}: {m['error']}")
                return m["result"]
            self.events.append(m)

    def wait(self, event):
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.message())

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["text"])
        return result["result"].get("value")

    def open(self, path, width, scheme="light"):
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width == PHONE)
        self.call("Emulation.setEmulatedMedia", media="screen", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=f"file://{path}")
        self.wait("Page.loadEventFired")

    def complaints(self, path):
        """What the browser complained of, and what it wanted to load beside the report."""
        wrong = [str(e["params"])[:200] for e in self.events if e.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
        return wrong + [f"loads {e['params']['request']['url']}" for e in self.events if e.get("method") == "Network.requestWillBeSent"
                        and e["params"]["request"]["url"].split("#")[0] != f"file://{path}"]

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.back)


def dim(browser):
    measured = browser.value(CONTRASTS)
    wrong = [f"contrast {ratio:.1f} of {name} \"{words}\"" for name, words, ratio in measured if ratio < CONTRAST]
    return wrong + ["no text found"] * (len(measured) < 10)


def lead_nowhere(browser):
    """A click on each link, of which there are many in the map, brings its target into the window."""
    targets = browser.value(TARGETS)
    wrong = []
    for target in targets[:40]:
        browser.value(f"document.querySelector('a[href=\"{target}\"]').dispatchEvent(new MouseEvent('click', {{bubbles: true, cancelable: true}}))")
        box = browser.value(f"(() => {{ const b = document.getElementById({json.dumps(target[1:])}).getBoundingClientRect(); return [b.top, b.bottom, innerHeight]; }})()")
        if not (box[0] < box[2] and box[1] > 0):
            wrong.append(f"{target} is not in view: {box}")
    return wrong + ["no links"] * (len(targets) < 3)


def try_screen(browser, cases, name, path, verdict):
    browser.open(path, DESK)
    cases.case(f"{name}: the browser complains of nothing and loads nothing", browser.complaints(path))
    cases.case(f"{name}: links lead into view", lead_nowhere(browser))
    cases.case(f"{name}: contrast in the light", dim(browser))
    browser.open(path, DESK, "dark")
    back = [int(v) for v in re.findall(r"\d+", browser.value("getComputedStyle(document.body).backgroundColor"))[:3]]
    cases.case(f"{name}: contrast in the dark", dim(browser) + [f"background {back}"] * (sum(back) > 300))
    browser.open(path, PHONE)
    cases.case(f"{name}: nothing is cut at {PHONE} pixels", browser.value(STICKING_OUT))
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(path, DESK)
    text = browser.call("DOM.getOuterHTML", nodeId=browser.call("DOM.getDocument")["root"]["nodeId"])["outerHTML"]
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    cases.case(f"{name}: reads without script", ["no verdict"] * (verdict not in text))


def try_paper(browser, cases, name, path):
    browser.open(path, DESK, "dark")
    paper = base64.b64decode(browser.call("Page.printToPDF", printBackground=False, paperWidth=8.27, paperHeight=11.69)["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b", paper))
    wrong = [f"{pages} pages"] * (not 1 <= pages <= 40)
    browser.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "light"}])
    cases.case(f"{name}: printed", wrong + dim(browser))


def main():
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("no Chromium: not tried")
        sys.exit(dumptest.SKIP)
    dumps = dumptest.unpack("6.1", "leaks/6.12")
    cases = dumptest.Cases()
    with dumptest.Workplace("browser") as work:
        work = work.resolve()
        browser = Browser(program, work / "profile")
        try:
            for name, dump in dumps.items():
                path = work / (name.replace("/", "-") + ".html")
                path.write_bytes(dumptest.pagefsck("check", "--format", "html", "-d", dump.vmlinux, dump.path).stdout)
                verdict = re.search(r"<h1>(.*?)</h1>", path.read_text())[1]
                try_screen(browser, cases, name, path, verdict)
                try_paper(browser, cases, name, path)
        finally:
            browser.close()
            for _ in range(50):  # its helpers may write a moment longer
                shutil.rmtree(work / "profile", ignore_errors=True)
                if not (work / "profile").exists():
                    break
                time.sleep(0.1)
    cases.finish()


if __name__ == "__main__":
    main()
