# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest said of every pfn: /proc/kpageflags and /proc/kpagecount, twice, and which pfns moved after that."""
import array
import collections
import sys

# These went on after their truth was written.  Of the first only what cannot change is compared.
BUSY = {"6.12-kdump"}
RAN_ON = {"6.1-kdump"}

Seen = collections.namedtuple("Seen", "flags count")  # of the truth


class Truth:
    def __init__(self, dump):
        self.flags = [self._read(dump, f"kpageflags.{i}") for i in (1, 2)]
        self.counts = [self._read(dump, f"kpagecount.{i}") for i in (1, 2)]
        moved = dump.folder / "moved.txt"
        self.moved = {int(line, 16) for line in moved.read_text().split()} if moved.exists() else set()

    @staticmethod
    def _read(dump, name):
        numbers = array.array("Q", (dump.truth / name).read_bytes())
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    def __len__(self):
        return len(self.flags[0])

    def steady(self, pfn):
        return (self.flags[0][pfn] == self.flags[1][pfn] and self.counts[0][pfn] == self.counts[1][pfn] and
                pfn not in self.moved)

    def motion(self):
        """How many pfns are not steady."""
        return sum(not self.steady(pfn) for pfn in range(len(self)))

    def seen(self, pfn):
        return Seen(self.flags[0][pfn], self.counts[0][pfn])
