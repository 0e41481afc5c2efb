/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/signature.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/strbuf.h"

static bool is_hex_number(const char *s)
{
	return s[0] == '0' && s[1] == 'x' && isxdigit((unsigned char)s[2]);
}

/* A number at s that is no part of a name ("kmalloc-1k", "x86_64"): its length, else 0. */
static size_t number_length(const char *text, const char *s)
{
	char before = s > text ? s[-1] : ' ';
	size_t len;

	if (isalnum((unsigned char)before) || before == '_' || before == '-')
		return 0;
	if (is_hex_number(s))
		return 2 + strspn(s + 2, "0123456789abcdefABCDEF");
	len = strspn(s, "0123456789");
	return isalpha((unsigned char)s[len]) || s[len] == '_' ? 0 : len;
}

static char *without_numbers(const char *text)
{
	struct strbuf b = { 0 };

	for (const char *s = text; *s;) {
		size_t len = number_length(text, s);

		strbuf_add(&b, len ? "#" : s, 1);
		s += len ? len : 1;
	}
	return strbuf_take(&b);
}

static const char *finding_holder(const struct finding *f)
{
	for (size_t i = 0; i < f->nr_fields; i++)
		if (!strcmp(f->fields[i].name, "holder") && f->fields[i].found_text)
			return f->fields[i].found_text;
	return "";
}

bool signature_of(const struct finding *f, struct signature *ret)
{
	const char *rule = rules[f->rule].id;
	uint64_t hash;

	snprintf(ret->id, sizeof(ret->id), "?");
	ret->kind = f->subject.page_kind ? f->subject.page_kind : subject_kind_name(f->subject.kind);
	ret->holder = without_numbers(finding_holder(f));
	if (!ret->holder)
		return false;
	hash = hash_add(HASH_START, rule, strlen(rule) + 1);
	hash = hash_add(hash, ret->kind, strlen(ret->kind) + 1);
	hash = hash_add(hash, ret->holder, strlen(ret->holder));
	snprintf(ret->id, sizeof(ret->id), "%016" PRIx64, hash);
	return true;
}

void signature_deinit(struct signature *s)
{
	free(s->holder);
	s->holder = NULL;
}
