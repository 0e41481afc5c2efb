# SPDX-License-Identifier: GPL-2.0-or-later
# What files hold: pipes, io_uring, AIO.

# ---- words that name no page ------------------------------------------------------------------------------------------

test holder-no-page-pipe: a wild pointer in a pipe's buffer
pick p shmem small held=pipe holders=1 refcount=2
set mem[refslot(p)] = page_va(p) + 8
expect holder-no-page error
also refcount-extra p

test holder-no-page-pipe-locked: the same while somebody has the pipe's lock
pick p shmem small held=pipe holders=1 refcount=2
set mem[refslot(p)] = page_va(p) + 8
set object[refholder(p)].pipe_inode_info.mutex.owner = 1
expect holder-no-page warning
also refcount-extra p

test holder-no-page-uring: a vector of a registered buffer
pick p anon small held=io-uring part=1 holders=1 refcount=1025
set mem[refslot(p)] = page_va(p) ^ bit(63)
expect holder-no-page error
also refcount-extra p

test holder-no-page-aio: a ring page of an AIO context
pick p file small held=aio holders=1
set mem[refslot(p)] = refslot(p)
expect holder-no-page error
also refcount-extra p

# ---- words that name another page --------------------------------------------------------------------------------------

test holder-page-pipe: a pipe's buffer names another page
pick p shmem small held=pipe holders=1 refcount=2
pick q anon small refcount=1 mapcount=1 holders=0
set mem[refslot(p)] = page_va(q)
expect refcount-lt-holders q error
expect refcount-extra p warning

test holder-page-uring: a vector of a registered buffer names another page
pick p anon small held=io-uring part=1 holders=1 refcount=1025 mapcount=1
pick q anon small refcount=1 mapcount=1 holders=0
set mem[refslot(p)] = page_va(q)
expect refcount-lt-holders q error
expect refcount-extra p warning

test holder-page-free: a pipe's buffer names a page in a free block
pick p shmem small held=pipe holders=1 refcount=2
pick q buddy
set mem[refslot(p)] = page_va(q)
expect held-page-free q error
expect refcount-extra p warning

# ---- references that are gone -------------------------------------------------------------------------------------------

test holder-ref-pipe: the reference of a pipe was dropped
pick p shmem small held=pipe holders=1 refcount=2
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test holder-ref-pin: the pin of a registered buffer was dropped
pick p anon small held=io-uring part=1 holders=1 refcount=1025 mapcount=1
set page[p]._refcount -= 1024
expect refcount-lt-holders p error

test holder-ref-get: the same with put_page(), where unpin_user_page() was due
pick p anon small held=io-uring part=1 holders=1 refcount=1025 mapcount=1
set page[p]._refcount -= 1
expect refcount-lt-holders p error

test holder-ref-aio: the reference of an AIO context was dropped
pick p file small held=aio holders=1
set page[p]._refcount -= 1
expect refcount-lt-holders p error

# ---- what is legal --------------------------------------------------------------------------------------------------------

test ok-pipe-busy: a reader has the pipe's lock, and has dropped the reference of a buffer that it has not cleared yet
pick p shmem small held=pipe holders=1 refcount=2
set page[p]._refcount -= 1
set object[refholder(p)].pipe_inode_info.mutex.owner = 1
expect nothing
also refcount-lt-holders p
