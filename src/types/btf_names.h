/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file btf_names.h  What a kernel's BTF says does not exist.
 *
 * The .BTF section is made from the DWARF of the whole kernel and names each type and enumerator once, in 4 MB
 * instead of 200.  Three milliseconds with it save a search of all of .debug_info for a type that this kernel
 * simply does not have.  It never answers a question.
 */
#ifndef TYPES_BTF_NAMES_H
#define TYPES_BTF_NAMES_H

#include "types/wants.h"

/** Close those wants for types, enums and enumerators that are not in \p btf.  Damaged BTF closes nothing. */
struct error *btf_close_absent(struct span btf, struct wants *w) _must_check_;

#endif
