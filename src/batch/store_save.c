/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One dump into the store: a row of its own, and one for each finding, rule, kind of page and gap of its report. */
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "batch/db.h"
#include "batch/record.h"
#include "batch/store.h"

struct saver {
	struct store *store;
	struct db *db;
	const struct batch_dump *of;
	const struct result *result;
	const struct child_end *end;
	const char *reason;
	FILE *report; /* NULL: none */
	int64_t dump;
	int64_t nr_findings;
	int64_t nr_gaps;
};

static struct db_value text_of(const struct json_object *o, const char *name)
{
	return db_text(record_text(o, name));
}

/* A number, NULL when there is none. */
static struct db_value number_of(const struct json_object *o, const char *name)
{
	int64_t n = record_number_or(o, name, INT64_MIN);

	return n == INT64_MIN ? db_text(NULL) : db_int(n);
}

static struct db_value truth_of(const struct json_object *o, const char *name)
{
	return db_int(json_object_get_boolean(record_member(o, name)));
}

/* JSON as text; it lives as long as the object. */
static const char *json_words(const struct json_object *o, const char *name)
{
	const struct json_object *value = record_member(o, name);

	return value ? json_object_to_json_string_ext((struct json_object *)(uintptr_t)value, JSON_C_TO_STRING_NOSLASHESCAPE)
		     : "[]";
}

static struct error *save_dump(struct saver *v, const struct json_object *o)
{
	return db_do(
		v->db,
		"UPDATE dumps SET format = $1, compression = $2, flattened = $3, truncated = $4, incomplete = $5, dump_level = $6,"
		" pages_present = $7, pages_excluded = $8, pages_truncated = $9 WHERE id = $10",
		text_of(o, "format"), text_of(o, "compression"), truth_of(o, "flattened"), truth_of(o, "truncated"),
		text_of(o, "incomplete"), number_of(o, "dump_level"), number_of(o, "pages_present"), number_of(o, "pages_excluded"),
		number_of(o, "pages_truncated"), db_int(v->dump));
}

static struct error *save_kernel(struct saver *v, const struct json_object *o)
{
	const struct json_object *debuginfo = record_member(o, "debuginfo"), *panic = record_member(o, "panic");
	const char *path = record_text(debuginfo, "path");
	char identity[96];

	store_file_identity(path, identity, sizeof(identity));
	return db_do(
		v->db,
		"UPDATE dumps SET release = $1, arch = $2, page_size = $3, build_id = $4, taint = $5, end_state = $6, panic = $7,"
		" debuginfo_source = $8, debuginfo_path = $9, debuginfo_identity = $10 WHERE id = $11",
		text_of(o, "release"), text_of(o, "arch"), number_of(o, "page_size"), text_of(o, "build_id"),
		text_of(record_member(o, "taint"), "mask"), text_of(o, "end"), text_of(record_member(panic, "message"), "text"),
		text_of(debuginfo, "source"), db_text(path), db_text(path ? identity : NULL), db_int(v->dump));
}

static struct error *save_judgement(struct saver *v, const struct json_object *o)
{
	return db_do(v->db, "UPDATE dumps SET cause = $1, rest_of_memory = $2 WHERE id = $3", text_of(o, "cause"),
		     text_of(o, "rest_of_memory"), db_int(v->dump));
}

static struct error *save_totals(struct saver *v, const struct json_object *o)
{
	return db_do(v->db,
		     "UPDATE dumps SET findings = $1, errors = $2, warnings = $3, notes = $4, dropped = $5, rules_checked = $6,"
		     " rules_skipped = $7, checks = $8, gaps = $9 WHERE id = $10",
		     number_of(o, "findings"), number_of(o, "error"), number_of(o, "warning"), number_of(o, "note"),
		     number_of(o, "dropped"), number_of(o, "rules_checked"), number_of(o, "rules_skipped"), number_of(o, "checks"),
		     number_of(o, "gaps"), db_int(v->dump));
}

static struct error *save_kinds(struct saver *v, const struct json_object *kinds, int64_t node, const char *zone)
{
	struct error *err = NULL;

	if (!kinds)
		return NULL;
	json_object_object_foreach((struct json_object *)(uintptr_t)kinds, kind, count) {
		if (!err)
			err = db_do(v->db, "INSERT INTO census (dump, node, zone, kind, pages) VALUES ($1, $2, $3, $4, $5)",
				    db_int(v->dump), db_int(node), db_text(zone), db_text(kind),
				    db_int(json_object_get_int64(count)));
	}
	return err;
}

static struct error *save_census(struct saver *v, const struct json_object *o)
{
	const struct json_object *zones = record_member(o, "zones");
	size_t nr = json_object_is_type(zones, json_type_array) ? json_object_array_length(zones) : 0;
	struct error *err = db_do(v->db, "UPDATE dumps SET pages = $1 WHERE id = $2", number_of(o, "pages"), db_int(v->dump));

	if (!err)
		err = save_kinds(v, record_member(o, "kinds"), -1, "");
	for (size_t i = 0; i < nr && !err; i++) {
		const struct json_object *zone = json_object_array_get_idx(zones, i);
		const char *name = record_text(zone, "zone");

		err = save_kinds(v, record_member(zone, "kinds"), record_number_or(zone, "node", -1), name ? name : "none");
	}
	return err;
}

static struct error *save_finding(struct saver *v, const struct json_object *o)
{
	const struct json_object *subject = record_member(o, "subject");
	_cleanup_free_ char *detail =
		text_printf("{\"fields\":%s,\"evidence\":%s}", json_words(o, "fields"), json_words(o, "evidence"));

	if (!detail)
		return &error_nomem;
	return db_do(
		v->db,
		"INSERT INTO findings (dump, nr, signature, rule, severity, confidence, subject, page_kind, pfn, head_pfn, page_order,"
		" address, pid, comm, holder, flipped_bit, follows_from, message, detail)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
		db_int(v->dump), db_int(v->nr_findings++), text_of(o, "signature"), text_of(o, "rule"), text_of(o, "severity"),
		text_of(o, "confidence"), text_of(subject, "kind"), text_of(subject, "page_kind"), number_of(subject, "pfn"),
		number_of(subject, "head_pfn"), number_of(subject, "order"), text_of(subject, "address"), number_of(subject, "pid"),
		text_of(subject, "comm"), text_of(o, "holder"), number_of(o, "flipped_bit"), number_of(o, "follows_from"),
		text_of(o, "message"), db_text(detail));
}

static struct error *save_rule(struct saver *v, const struct json_object *o)
{
	return db_do(v->db,
		     "INSERT INTO rules (dump, rule, severity, checked, findings, dropped, gaps, skipped)"
		     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		     db_int(v->dump), text_of(o, "id"), text_of(o, "severity"), db_int(record_number(o, "checked")),
		     db_int(record_number(o, "findings")), db_int(record_number(o, "dropped")), db_int(record_number(o, "gaps")),
		     text_of(o, "skipped"));
}

static struct error *save_gap(struct saver *v, const struct json_object *o)
{
	return db_do(v->db, "INSERT INTO gaps (dump, nr, what, why, nr_things, example) VALUES ($1, $2, $3, $4, $5, $6)",
		     db_int(v->dump), db_int(v->nr_gaps++), text_of(o, "what"), text_of(o, "why"),
		     db_int(record_number(o, "count")), text_of(o, "example"));
}

static struct error *save_record(void *arg, const char *section, const struct json_object *record)
{
	static const struct {
		const char *section;
		struct error *(*save)(struct saver *v, const struct json_object *o);
	} sections[] = {
		{ "dump", save_dump }, { "kernel", save_kernel }, { "judgement", save_judgement }, { "census", save_census },
		{ "findings", save_finding }, { "gaps", save_gap }, { "rules", save_rule }, { "totals", save_totals },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (!strcmp(section, sections[i].section))
			return sections[i].save(arg, record);
	return NULL;
}

static struct error *take_id(void *arg, const char *const *column)
{
	*(int64_t *)arg = strtoll(column[0], NULL, 10);
	return NULL;
}

static struct error *insert_dump(struct saver *v)
{
	const struct store_run *run = store_run(v->store);
	const struct batch_dump *d = v->of;
	const struct result *r = v->result;
	const struct child_end *end = v->end;
	char now[32], inode[32], hash[32];
	const struct db_value values[] = {
		db_text(d->name),
		db_int(store_run_id(v->store)),
		db_text(v->reason),
		db_text(outcome_name(r->outcome)),
		db_text(r->message),
		end->status < 0 ? db_text(NULL) : db_int(end->status),
		end->signal ? db_int(end->signal) : db_text(NULL),
		db_int(d->nr_files),
		db_int((int64_t)d->identity.size),
		db_int(d->identity.mtime),
		db_text(inode),
		db_text(hash),
		db_text(run->version),
		db_text(run->options),
		db_real(run->time_limit),
		db_int((int64_t)run->memory_limit),
		db_text(store_time(now)),
		db_real(end->seconds),
		db_int((int64_t)end->max_rss),
		db_text(store_host(v->store)),
	};

	snprintf(inode, sizeof(inode), "%" PRIu64, d->identity.inode);
	snprintf(hash, sizeof(hash), "%016" PRIx64, d->identity.head_hash);
	return db_run(
		v->db,
		"INSERT INTO dumps (path, run, reason, outcome, message, exit_status, signal, files, size, mtime, inode, head_hash,"
		" version, options, time_limit, memory_limit, checked_at, seconds, max_rss, host) VALUES"
		" ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) RETURNING id",
		values, ARRAY_SIZE(values), take_id, &v->dump);
}

static struct error *save_signatures(struct saver *v)
{
	struct error *err = NULL;

	for (size_t i = 0; i < v->result->signatures.nr && !err; i++) {
		const struct signature_count *s = &v->result->signatures.v[i];

		err = db_do(v->db,
			    "INSERT INTO signatures (signature, rule, kind, holder, first_run) VALUES ($1, $2, $3, $4, $5)"
			    " ON CONFLICT (signature) DO NOTHING",
			    db_text(s->id), db_text(s->rule), db_text(s->kind), db_text(s->holder), db_int(store_run_id(v->store)));
	}
	return err;
}

static struct error *save_all(void *arg)
{
	struct saver *v = arg;
	struct error *err = NULL;

	v->nr_findings = v->nr_gaps = 0;
	/* two workers may have the same dump when the claim of one ran out: the later result stays */
	if (db_is_server(v->db))
		err = db_script(v->db, "LOCK TABLE dumps IN SHARE ROW EXCLUSIVE MODE");
	if (!err)
		err = db_do(v->db, "DELETE FROM dumps WHERE path = $1", db_text(v->of->name));
	if (!err)
		err = insert_dump(v);
	if (!err && v->report)
		err = records_read(v->report, save_record, v);
	if (!err)
		err = save_signatures(v);
	return err ? err : db_do(v->db, "DELETE FROM claims WHERE path = $1", db_text(v->of->name));
}

struct error *store_save(struct store *s, const struct batch_dump *d, const struct result *r, const struct child_end *end,
			 const char *reason, FILE *report)
{
	struct saver v = {
		.store = s,
		.db = store_db(s),
		.of = d,
		.result = r,
		.end = end,
		.reason = reason,
		.report = report,
	};

	return db_transaction(v.db, save_all, &v);
}
