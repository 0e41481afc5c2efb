#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Complete an ELF dump of a machine whose QEMU writes half of one.

mend-core.py DUMP

Machines without QEMU's vmcoreinfo device: the VMCOREINFO note, which the kernel
keeps whole in its memory, comes to the other notes.  ppc64le: QEMU 7.2 writes
headers and notes as if the machine were big-endian; they are turned round.
Memory stays as it is: the file's new headers and notes follow it.
"""
import mmap
import struct
import sys

NOTE_NAME = b"VMCOREINFO\0\0"
PT_NOTE, NT_PRSTATUS, REGISTERS_AT = 4, 1, 112


def find_note(memory):
    """The note whose text is whole."""
    at = memory.find(NOTE_NAME + b"OSRELEASE=")
    while at >= 0:
        name_size, size, kind = struct.unpack_from("<III", memory, at - 12)
        text = memory[at + 12:at + 12 + size]
        if name_size == 11 and kind == 0 and 500 < size < 65536 and b"\0" not in text.rstrip(b"\0"):
            return memory[at - 12:at + 12] + text + bytes(-size % 4)
        at = memory.find(NOTE_NAME + b"OSRELEASE=", at + 1)
    sys.exit("the dump has no VMCOREINFO note in its memory")


def registers(notes, order):
    """The NT_PRSTATUS notes, little-endian."""
    at, out = 0, b""
    while at + 12 <= len(notes):
        name_size, size, kind = struct.unpack_from(order + "III", notes, at)
        desc = at + 12 + (name_size + 3) // 4 * 4
        if kind == NT_PRSTATUS and notes[at + 12:at + 16] == b"CORE":
            nr = (size - REGISTERS_AT) // 8
            values = struct.unpack_from(f"{order}{nr}Q", notes, desc + REGISTERS_AT)
            body = bytes(REGISTERS_AT) + struct.pack(f"<{nr}Q", *values)
            out += struct.pack("<III", 5, len(body), NT_PRSTATUS) + b"CORE\0\0\0\0" + body
        at = desc + (size + 3) // 4 * 4
    return out


def main():
    with open(sys.argv[1], "r+b") as f:
        with mmap.mmap(f.fileno(), 0) as memory:
            order = ">" if memory[5] == 2 else "<"
            machine, = struct.unpack_from(order + "H", memory, 18)
            phoff, = struct.unpack_from(order + "Q", memory, 32)
            phnum, = struct.unpack_from(order + "H", memory, 56)
            headers = [struct.unpack_from(order + "IIQQQQQQ", memory, phoff + 56 * i) for i in range(phnum)]
            notes = b"".join(registers(memory[h[2]:h[2] + h[5]], order) for h in headers if h[0] == PT_NOTE) + find_note(memory)
        end = (f.seek(0, 2) + 7) // 8 * 8
        f.seek(end)
        for h in headers:
            if h[0] == PT_NOTE:
                h = (PT_NOTE, 0, end + 56 * phnum, 0, 0, len(notes), len(notes), 4)
            f.write(struct.pack("<IIQQQQQQ", *h))
        f.write(notes)
        f.seek(0)
        f.write(b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 4, machine, 1, 0, end, 0, 0, 64, 56, phnum, 0, 0, 0))


if __name__ == "__main__":
    main()
