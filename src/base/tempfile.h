/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file tempfile.h  Files without a name, for what is too large for memory. */
#ifndef BASE_TEMPFILE_H
#define BASE_TEMPFILE_H

/** Open one in folder \p dir, for reading and writing; nothing is left of it when it is closed.  -1: see errno. */
int tempfile_open(const char *dir);

#endif
