/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each version is what is done to the one before; what is written here once stays as it is. */
#include "batch/schema.h"

#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"

/* SERIAL stands for the type of a column that numbers its rows. */
static const char version_1[] =
	"CREATE TABLE runs (id SERIAL, name TEXT UNIQUE, run_key TEXT NOT NULL, started TEXT NOT NULL, finished TEXT,"
	" host TEXT NOT NULL, version TEXT NOT NULL, options TEXT NOT NULL, roots TEXT NOT NULL, shard TEXT, case_id TEXT,"
	" files BIGINT NOT NULL, others BIGINT NOT NULL, unread BIGINT NOT NULL, dumps BIGINT NOT NULL);"
	"CREATE TABLE dumps (id SERIAL, path TEXT NOT NULL UNIQUE, run BIGINT NOT NULL REFERENCES runs(id), reason TEXT NOT NULL,"
	" outcome TEXT NOT NULL, message TEXT, exit_status BIGINT, signal BIGINT,"
	" files BIGINT NOT NULL, size BIGINT NOT NULL, mtime BIGINT NOT NULL, inode TEXT NOT NULL, head_hash TEXT NOT NULL,"
	" version TEXT NOT NULL, options TEXT NOT NULL, time_limit DOUBLE PRECISION NOT NULL, memory_limit BIGINT NOT NULL,"
	" checked_at TEXT NOT NULL, seconds DOUBLE PRECISION NOT NULL, max_rss BIGINT NOT NULL, host TEXT NOT NULL,"
	" format TEXT, compression TEXT, flattened BIGINT, truncated BIGINT, incomplete TEXT, dump_level BIGINT,"
	" pages_present BIGINT, pages_excluded BIGINT, pages_truncated BIGINT,"
	" release TEXT, arch TEXT, page_size BIGINT, build_id TEXT, taint TEXT, end_state TEXT, panic TEXT,"
	" debuginfo_source TEXT, debuginfo_path TEXT, debuginfo_identity TEXT, pages BIGINT,"
	" findings BIGINT, errors BIGINT, warnings BIGINT, notes BIGINT, dropped BIGINT,"
	" rules_checked BIGINT, rules_skipped BIGINT, checks BIGINT, gaps BIGINT, cause TEXT, rest_of_memory TEXT);"
	"CREATE TABLE findings (dump BIGINT NOT NULL REFERENCES dumps(id) ON DELETE CASCADE, nr BIGINT NOT NULL,"
	" signature TEXT NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL, confidence TEXT NOT NULL, subject TEXT NOT NULL,"
	" page_kind TEXT, pfn BIGINT, head_pfn BIGINT, page_order BIGINT, address TEXT, pid BIGINT, comm TEXT, holder TEXT,"
	" flipped_bit BIGINT, follows_from BIGINT, message TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (dump, nr));"
	"CREATE INDEX findings_signature ON findings(signature);"
	"CREATE INDEX findings_rule ON findings(rule);"
	"CREATE TABLE rules (dump BIGINT NOT NULL REFERENCES dumps(id) ON DELETE CASCADE, rule TEXT NOT NULL, severity TEXT NOT NULL,"
	" checked BIGINT NOT NULL, findings BIGINT NOT NULL, dropped BIGINT NOT NULL, gaps BIGINT NOT NULL, skipped TEXT,"
	" PRIMARY KEY (dump, rule));"
	"CREATE TABLE census (dump BIGINT NOT NULL REFERENCES dumps(id) ON DELETE CASCADE, node BIGINT NOT NULL, zone TEXT NOT NULL,"
	" kind TEXT NOT NULL, pages BIGINT NOT NULL, PRIMARY KEY (dump, node, zone, kind));"
	"CREATE TABLE gaps (dump BIGINT NOT NULL REFERENCES dumps(id) ON DELETE CASCADE, nr BIGINT NOT NULL, what TEXT NOT NULL,"
	" why TEXT NOT NULL, nr_things BIGINT NOT NULL, example TEXT, PRIMARY KEY (dump, nr));"
	"CREATE TABLE signatures (signature TEXT PRIMARY KEY, rule TEXT NOT NULL, kind TEXT NOT NULL, holder TEXT NOT NULL,"
	" first_run BIGINT NOT NULL REFERENCES runs(id))";

static const char version_2[] =
	"CREATE TABLE claims (path TEXT PRIMARY KEY, worker TEXT NOT NULL, expires BIGINT NOT NULL);"
	"CREATE VIEW kernel_rules AS SELECT d.release, d.arch, f.rule, f.severity, count(DISTINCT f.dump) AS dumps, count(*) AS findings"
	" FROM findings f JOIN dumps d ON d.id = f.dump GROUP BY d.release, d.arch, f.rule, f.severity;"
	"CREATE VIEW signature_dumps AS SELECT f.signature, s.rule, s.kind, s.holder, d.path, d.release, count(*) AS findings,"
	" sum(CASE WHEN f.severity = 'error' THEN 1 ELSE 0 END) AS errors"
	" FROM findings f JOIN dumps d ON d.id = f.dump JOIN signatures s ON s.signature = f.signature"
	" GROUP BY f.signature, s.rule, s.kind, s.holder, d.path, d.release;"
	"CREATE VIEW common_signatures AS SELECT signature, rule, kind, holder, count(*) AS dumps, count(DISTINCT release) AS kernels,"
	" sum(findings) AS findings, sum(errors) AS errors FROM signature_dumps GROUP BY signature, rule, kind, holder;"
	"CREATE VIEW new_signatures AS SELECT c.signature, c.rule, c.kind, c.holder, c.dumps, c.kernels, c.findings, c.errors"
	" FROM common_signatures c JOIN signatures s ON s.signature = c.signature WHERE s.first_run = (SELECT max(id) FROM runs);"
	"CREATE VIEW not_whole AS SELECT path, outcome, message, gaps, release FROM dumps"
	" WHERE outcome IN ('timeout', 'memory', 'failed', 'crashed') OR gaps > 0";

static const char version_3[] =
	"DROP VIEW new_signatures;"
	"DROP VIEW common_signatures;"
	"DROP VIEW signature_dumps;"
	"CREATE VIEW signature_dumps AS SELECT f.signature, s.rule, s.kind, s.holder, d.path, d.release, count(*) AS findings,"
	" sum(CASE WHEN f.severity = 'error' THEN 1 ELSE 0 END) AS errors,"
	" sum(CASE WHEN f.severity = 'warning' THEN 1 ELSE 0 END) AS warnings"
	" FROM findings f JOIN dumps d ON d.id = f.dump JOIN signatures s ON s.signature = f.signature"
	" GROUP BY f.signature, s.rule, s.kind, s.holder, d.path, d.release;"
	"CREATE VIEW common_signatures AS SELECT signature, rule, kind, holder, count(*) AS dumps, count(DISTINCT release) AS kernels,"
	" sum(findings) AS findings, sum(errors) AS errors, sum(warnings) AS warnings FROM signature_dumps"
	" GROUP BY signature, rule, kind, holder;"
	"CREATE VIEW new_signatures AS SELECT c.signature, c.rule, c.kind, c.holder, c.dumps, c.kernels, c.findings, c.errors, c.warnings"
	" FROM common_signatures c JOIN signatures s ON s.signature = c.signature WHERE s.first_run = (SELECT max(id) FROM runs)";

static const char *const versions[] = { version_1, version_2, version_3 };

static struct error *take_version(void *arg, const char *const *column)
{
	*(int64_t *)arg = column[0] ? strtoll(column[0], NULL, 10) : -1;
	return NULL;
}

/* 0: nothing there yet. */
static struct error *version_of(struct db *db, int64_t *ret)
{
	struct error *err = db_script(db, "CREATE TABLE IF NOT EXISTS pagefsck_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)");

	*ret = 0;
	return err ? err : db_run(db, "SELECT value FROM pagefsck_meta WHERE name = 'schema'", NULL, 0, take_version, ret);
}

static struct error *run_version(struct db *db, const char *sql)
{
	struct strbuf b = { 0 };
	_cleanup_free_ char *text = NULL;
	const char *word;

	for (; (word = strstr(sql, "SERIAL")); sql = word + strlen("SERIAL")) {
		strbuf_add(&b, sql, (size_t)(word - sql));
		strbuf_puts(&b, db_serial(db));
	}
	strbuf_puts(&b, sql);
	text = strbuf_take(&b);
	return text ? db_script(db, text) : &error_nomem;
}

static struct error *check_version(struct db *db, int64_t version, int64_t tables)
{
	if (version > SCHEMA_VERSION)
		return error_new("%s: a store of schema %" PRId64
				 ", and this pagefsck knows schema %d; use the newer pagefsck, or another store",
				 db_name(db), version, (int)SCHEMA_VERSION);
	if (version < 0 || (!version && tables))
		return error_new("%s: not a store of pagefsck; name another file with --db", db_name(db));
	return NULL;
}

static struct error *migrate(void *arg)
{
	struct db *db = arg;
	int64_t version = 0, tables = 0;
	char number[16];
	struct error *err = db_tables(db, &tables);

	if (!err)
		err = version_of(db, &version);
	if (!err)
		err = check_version(db, version, tables);
	if (err || version == SCHEMA_VERSION)
		return err;
	for (int64_t v = version; v < SCHEMA_VERSION && !err; v++)
		err = run_version(db, versions[v]);
	if (!err)
		err = db_script(db, "DELETE FROM pagefsck_meta WHERE name = 'schema'");
	snprintf(number, sizeof(number), "%d", (int)SCHEMA_VERSION);
	return err ? err : db_do(db, "INSERT INTO pagefsck_meta (name, value) VALUES ('schema', $1)", db_text(number));
}

struct error *schema_open(struct db *db)
{
	return db_transaction_alone(db, migrate, db);
}
