# SPDX-License-Identifier: GPL-2.0-or-later
"""The truth for test_layout.py, out of a vmlinux with full debug info:

    gdb -batch -nx -x members.gdb.py vmlinux >NAME.members

A line "TAG OFFSET BITS MEMBER" for each member of struct page and its overlays, anonymous structs and unions opened;
"pageflags NUMBER 0 ENUMERATOR" for each page flag.
"""
import gdb

TAGS = ['page', 'folio', 'slab', 'ptdesc', 'zpdesc', 'netmem_desc']
EMBEDDED = {'page', '__page_1', '__page_2', '__page_3'}


def walk(tag, kind, bit):
    for field in kind.strip_typedefs().fields():
        at = bit + field.bitpos
        if not field.name:
            walk(tag, field.type, at)
        elif not (tag == 'folio' and field.name in EMBEDDED):
            size = field.bitsize or field.type.strip_typedefs().sizeof * 8
            print(tag, at // 8, size, field.name)


for tag in TAGS:
    try:
        kind = gdb.lookup_type('struct ' + tag)
    except gdb.error:
        continue
    walk(tag, kind, 0)
for field in gdb.lookup_type('enum pageflags').fields():
    if not field.name.startswith('__'):
        print('pageflags', field.enumval, 0, field.name)
