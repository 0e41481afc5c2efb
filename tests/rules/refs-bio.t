# SPDX-License-Identifier: GPL-2.0-or-later
# Direct I/O in flight: a pin for each page of each vector of a bio.

# ---- references that are gone -------------------------------------------------------------------------------------------

test bio-ref-pin: the pin of direct I/O was dropped
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
set page[p]._refcount -= 1024
expect refcount-lt-holders p error

test bio-ref-get: the same with put_page(), where unpin_user_page() was due
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test bio-ref-large: a pin of a huge page was dropped
pick p anon large held=direct-io
set folio[p].pincount -= 1
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test bio-ref-shmem: the pin of a page in the page cache was dropped
pick p shmem small held=direct-io holders=1
set page[p]._refcount -= 1024
expect refcount-lt-holders p error

# ---- references too many ------------------------------------------------------------------------------------------------

test bio-extra: a pin beside that of direct I/O
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
set page[p]._refcount += 1024
expect refcount-extra p warning
also refcount-held p

# ---- words that name another page, or none ------------------------------------------------------------------------------

test bio-other-page: a vector names another page
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
pick q anon small refcount=1 mapcount=1 holders=0
set mem[refslot(p)] = page_va(q)
expect refcount-lt-holders q error
also refcount-extra p
also refcount-held p

test bio-free-page: a vector names a page in a free block
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
pick q buddy
set mem[refslot(p)] = page_va(q)
expect held-page-free q error
also refcount-extra p
also refcount-held p

test bio-no-page: a vector names what is no page
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
set mem[refslot(p)] = page_va(p) + 8
expect holder-no-page error
also refcount-extra p
also refcount-held p

test bio-long-vector: a vector of more bytes than the bio has to do is not followed
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
set mem32[refslot(p) + 8] = 0xffffffff
expect nothing
also refcount-extra p

# ---- what is legal ------------------------------------------------------------------------------------------------------

test ok-bio-clone: a clone has the vectors of another bio, and no pins of its own
pick p anon small held=direct-io holders=1 refcount=1025 mapcount=1
set object[refholder(p)].bio.bi_flags |= 2
set page[p]._refcount -= 1024
expect nothing
also refcount-extra
also refcount-held
