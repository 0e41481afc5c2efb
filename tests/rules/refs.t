# SPDX-License-Identifier: GPL-2.0-or-later
# References that nothing explains.

test refcount-extra-anon: one reference too many on an anonymous page
pick p anon small refcount=1 mapcount=1
set page[p]._refcount += 1
expect refcount-extra p warning
