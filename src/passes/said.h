/* SPDX-License-Identifier: GPL-2.0-or-later */
/** \file said.h  What the kernel's own log says about pages that findings are about. */
#ifndef PASSES_SAID_H
#define PASSES_SAID_H

#include "base/error.h"

struct check;

/** Quote the log in the finished findings about pages that it names. */
struct error *said_explain(struct check *c) _must_check_;

#endif
