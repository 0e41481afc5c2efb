/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

void *library_load(const char *soname, const char **ret_why)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	*ret_why = library ? NULL : dlerror();
	return library;
}

/* ISO C knows no conversion from object to function. */
bool library_function(void *library, const char *name, void *ret, size_t size)
{
	void *f = dlsym(library, name);

	memcpy(ret, &f, size);
	return f;
}
