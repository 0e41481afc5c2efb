/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * \file dwarf_filter.h  Which units are worth reading.
 *
 * A kernel has 2500 units and 170 to 260 MB of .debug_info, of which a dozen units and 3 MB hold all that we ask
 * for.  Compilers write the name of an entry as its first attribute, as an offset in .debug_str.  So where the four
 * bytes of a wanted name's offset follow an abbreviation code of the right kind, there is a definition of it; and
 * a unit without such a place has none.  Only libdwarf's reading of the unit counts as an answer.
 */
#ifndef TYPES_DWARF_FILTER_H
#define TYPES_DWARF_FILTER_H

#include "types/wants.h"

struct filter {
	const struct dwarf_sections *sections;
	struct offset_map offsets; /* of names in .debug_str */
	bool active;               /* false: every unit is worth reading */
};

/** Also closes wants whose name is nowhere in .debug_str: these are absent for certain. */
struct error *filter_init(struct filter *f, const struct dwarf_sections *s, struct wants *w) _must_check_;
/** Look only for what is still open in \p w from here on. */
void filter_narrow(struct filter *f, const struct wants *w);

void filter_deinit(struct filter *f);

/** False: \p unit defines nothing of what is still open in \p w. */
bool filter_unit(const struct filter *f, const struct wants *w, const struct unit *unit, const struct abbrevs *a);

#endif
