# SPDX-License-Identifier: GPL-2.0-or-later
"""Find pages in an uncompressed kdump, to change their bytes in place."""
import struct

BLOCK = 4096
DESC = struct.Struct("<QIIQ")


class Kdump:
    """Where each stored page of a kdump file lies."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        assert self.data[:8] == b"KDUMP   "
        sub_blocks, bitmap_blocks = struct.unpack_from("<II", self.data, 8 + 4 + 6 * 65 + 6 + 16 + 8)
        max_mapnr = struct.unpack_from("<Q", self.data, BLOCK + 96)[0]
        bitmap = (1 + sub_blocks) * BLOCK + bitmap_blocks // 2 * BLOCK
        descs = (1 + sub_blocks + bitmap_blocks) * BLOCK
        self.offset = {}
        for pfn in range(max_mapnr):
            if self.data[bitmap + pfn // 8] >> pfn % 8 & 1:
                self.offset[pfn] = DESC.unpack_from(self.data, descs)[0]
                descs += DESC.size
        self._forget_shared()

    def _forget_shared(self):
        """Pages of zeros share their data: changing one would change all."""
        once, more = set(), set()
        for offset in self.offset.values():
            (more if offset in once else once).add(offset)
        self.offset = {pfn: offset for pfn, offset in self.offset.items() if offset not in more}

    def page(self, pfn):
        return self.data[self.offset[pfn]:self.offset[pfn] + BLOCK]
