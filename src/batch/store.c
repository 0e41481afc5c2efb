/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch/store.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/strbuf.h"
#include "batch/db.h"
#include "batch/schema.h"

struct store {
	struct db *db;
	const struct store_run *run;
	int64_t run_id;
	char host[HOST_NAME_MAX + 1];
	char *place;  /* where process ids mean what they mean here */
	char *worker; /* place, process and when it started */
};

struct db *store_db(struct store *s)
{
	return s->db;
}

const struct store_run *store_run(const struct store *s)
{
	return s->run;
}

int64_t store_run_id(const struct store *s)
{
	return s->run_id;
}

const char *store_host(const struct store *s)
{
	return s->host;
}

const char *store_name(const struct store *s)
{
	return db_name(s->db);
}

/* ---- who we are -------------------------------------------------------------------------------------------------- */

/* Field 22 of /proc/PID/stat: when it started, 0: there is no such process. */
static unsigned long long process_start(long pid)
{
	char path[64], line[1024] = "", *at;
	unsigned long long start = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file) && (at = strrchr(line, ')')) &&
	    sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &start) != 1)
		start = 0;
	fclose(file);
	return start;
}

static struct error *name_worker(struct store *s)
{
	char space[64] = "";

	if (gethostname(s->host, sizeof(s->host)) || !s->host[0])
		snprintf(s->host, sizeof(s->host), "unknown");
	s->host[sizeof(s->host) - 1] = '\0';
	if (readlink("/proc/self/ns/pid", space, sizeof(space) - 1) < 0)
		space[0] = '\0';
	s->place = text_printf("%s %s", s->host, space);
	if (s->place)
		s->worker = text_printf("%s %ld %llu", s->place, (long)getpid(), process_start(getpid()));
	return s->worker ? NULL : &error_nomem;
}

/* A worker of this machine that is no more. */
static bool worker_is_dead(const struct store *s, const char *worker)
{
	size_t len = strlen(s->place);
	unsigned long long start;
	long pid;

	if (strncmp(worker, s->place, len) || sscanf(worker + len, " %ld %llu", &pid, &start) != 2)
		return false;
	return process_start(pid) != start;
}

struct error *store_open(const char *url, const struct patience *patience, struct store **ret)
{
	struct store *s = calloc(1, sizeof(*s));
	struct error *err;

	if (!s)
		return &error_nomem;
	err = name_worker(s);
	if (!err)
		err = db_open(url, patience, &s->db);
	if (!err)
		err = schema_open(s->db);
	if (err) {
		store_close(s);
		return err;
	}
	*ret = s;
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	db_close(s->db);
	free(s->place);
	free(s->worker);
	free(s);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

const char *store_time(char *buf)
{
	time_t now = time(NULL);
	struct tm tm;

	strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return buf;
}

static void run_key(const struct store_run *run, char buf[17])
{
	const char *const parts[] = { run->version, run->options, run->roots, run->shard ? run->shard : "",
				      run->name ? run->name : "" };
	uint64_t hash = HASH_START;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		hash = hash_add(hash, parts[i], strlen(parts[i]) + 1);
	snprintf(buf, 17, "%016" PRIx64, hash);
}

static struct error *take_number(void *arg, const char *const *column)
{
	*(int64_t *)arg = column[0] ? strtoll(column[0], NULL, 10) : 0;
	return NULL;
}

static struct error *find_run(struct store *s, const char *key)
{
	if (s->run->name)
		return db_run(s->db, "SELECT id FROM runs WHERE name = $1", (struct db_value[]){ db_text(s->run->name) }, 1,
			      take_number, &s->run_id);
	return db_run(s->db, "SELECT max(id) FROM runs WHERE run_key = $1 AND finished IS NULL AND name IS NULL",
		      (struct db_value[]){ db_text(key) }, 1, take_number, &s->run_id);
}

static struct error *insert_run(struct store *s, const char *key)
{
	const struct store_run *run = s->run;
	const struct db_value values[] = {
		db_text(run->name), db_text(key), db_text(store_time((char[32]){ 0 })), db_text(s->host), db_text(run->version),
		db_text(run->options), db_text(run->roots), db_text(run->shard), db_text(run->case_id),
	};

	return db_run(
		s->db,
		"INSERT INTO runs (name, run_key, started, host, version, options, roots, shard, case_id, files, others, unread, dumps)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0) RETURNING id",
		values, ARRAY_SIZE(values), take_number, &s->run_id);
}

struct beginning {
	struct store *store;
	const struct batch_found *found;
};

static struct error *begin_run(void *arg)
{
	const struct beginning *b = arg;
	struct store *s = b->store;
	char key[17];
	struct error *err;

	s->run_id = 0;
	run_key(s->run, key);
	err = find_run(s, key);
	if (!err && !s->run_id)
		err = insert_run(s, key);
	return err ? err
		   : db_do(s->db,
			   "UPDATE runs SET files = $1, others = $2, unread = $3, dumps = $4, finished = NULL WHERE id = $5",
			   db_int((int64_t)b->found->files), db_int((int64_t)b->found->others),
			   db_int((int64_t)b->found->unread.nr), db_int((int64_t)b->found->dumps.nr), db_int(s->run_id));
}

struct error *store_begin(struct store *s, const struct store_run *run, const struct batch_found *found)
{
	s->run = run;
	/* two workers that come at once make one run */
	return db_transaction_alone(s->db, begin_run, &(struct beginning){ s, found });
}

struct error *store_finish(struct store *s)
{
	return db_do(s->db, "UPDATE runs SET finished = $1 WHERE id = $2", db_text(store_time((char[32]){ 0 })), db_int(s->run_id));
}

/* ---- what is known ----------------------------------------------------------------------------------------------- */

const char *store_file_identity(const char *path, char *buf, size_t size)
{
	struct stat st;

	buf[0] = '\0';
	if (path && !stat(path, &st))
		snprintf(buf, size, "%lld bytes, %lld.%09ld", (long long)st.st_size, (long long)st.st_mtim.tv_sec,
			 st.st_mtim.tv_nsec);
	return buf;
}

struct question {
	const struct store *store;
	const struct batch_dump *dump;
	enum store_state state;
	const char *reason;
};

static const char *file_reason(const struct file_identity *i, const char *const *column)
{
	char inode[32], hash[32];

	snprintf(inode, sizeof(inode), "%" PRIu64, i->inode);
	snprintf(hash, sizeof(hash), "%016" PRIx64, i->head_hash);
	if (strtoll(column[0], NULL, 10) != (int64_t)i->size)
		return "its size changed";
	if (strtoll(column[1], NULL, 10) != i->mtime)
		return "it was written to";
	if (strcmp(column[2], inode))
		return "another file has its name";
	return strcmp(column[3], hash) ? "its header changed" : NULL;
}

/* The columns that WHAT_IS_KNOWN asks for; NULL: nothing speaks against the result that is stored. */
static const char *recheck_reason(const struct question *q, const char *const *column)
{
	const struct store_run *run = q->store->run;
	enum outcome outcome = outcome_find(column[6]);
	double had = strtod(column[7], NULL);
	const char *reason = file_reason(&q->dump->identity, column);
	char identity[96];

	if (reason)
		return reason;
	if (strcmp(column[4], run->version))
		return "another version of pagefsck checked it";
	if (strcmp(column[5], run->options))
		return "it was checked with other options";
	if (column[9] && strcmp(store_file_identity(column[9], identity, sizeof(identity)), column[10] ? column[10] : ""))
		return "its debug info changed";
	if (outcome == OUTCOME_TIMEOUT && (!run->time_limit || run->time_limit > had))
		return "it may take more time now";
	if (outcome == OUTCOME_MEMORY && (!run->memory_limit || run->memory_limit > strtoull(column[8], NULL, 10)))
		return "it may have more memory now";
	if (outcome == OUTCOME_CRASHED && column[12] && strtol(column[12], NULL, 10) == SIGKILL)
		return "its check was killed";
	return NULL;
}

static struct error *take_known(void *arg, const char *const *column)
{
	struct question *q = arg;
	bool by_this_run = strtoll(column[11], NULL, 10) == q->store->run_id;
	const char *reason = recheck_reason(q, column);

	if (!reason && q->store->run->recheck && !by_this_run)
		reason = "--recheck";
	if (!reason && q->store->run->retry && !by_this_run && !outcome_checked(outcome_find(column[6])))
		reason = "--retry";
	q->state = reason ? STORE_WANTED : STORE_KNOWN;
	q->reason = reason;
	return NULL;
}

struct error *store_look(struct store *s, const struct batch_dump *d, enum store_state *ret, const char **ret_reason)
{
	struct question q = { s, d, STORE_WANTED, "new" };
	struct error *err = db_run(s->db,
		"SELECT size, mtime, inode, head_hash, version, options, outcome, time_limit, memory_limit, debuginfo_path,"
		" debuginfo_identity, run, signal FROM dumps WHERE path = $1",
		(struct db_value[]){ db_text(d->name) }, 1, take_known, &q);

	*ret = q.state;
	*ret_reason = q.reason;
	return err;
}

/* ---- claims ------------------------------------------------------------------------------------------------------ */

struct owner {
	const struct store *store;
	bool dead;
	char worker[HOST_NAME_MAX + 160];
};

static struct error *take_owner(void *arg, const char *const *column)
{
	struct owner *o = arg;

	snprintf(o->worker, sizeof(o->worker), "%s", column[0]);
	o->dead = worker_is_dead(o->store, o->worker);
	return NULL;
}

static struct error *bury(struct store *s, const struct batch_dump *d)
{
	struct owner o = { .store = s };
	struct error *err = db_run(s->db, "SELECT worker FROM claims WHERE path = $1", (struct db_value[]){ db_text(d->name) }, 1,
				   take_owner, &o);

	if (err || !o.dead)
		return err;
	return db_do(s->db, "DELETE FROM claims WHERE path = $1 AND worker = $2", db_text(d->name), db_text(o.worker));
}

static struct error *take_claim(void *arg, const char *const *column)
{
	(void)column;
	*(enum store_state *)arg = STORE_WANTED;
	return NULL;
}

static struct error *claim(struct store *s, const struct batch_dump *d, enum store_state *ret)
{
	int64_t now = (int64_t)time(NULL);
	const struct db_value values[] = { db_text(d->name), db_text(s->worker), db_int(now + STORE_EXPIRE), db_int(now) };
	struct error *err = bury(s, d);

	*ret = STORE_TAKEN;
	return err ? err : db_run(s->db,
		"INSERT INTO claims (path, worker, expires) VALUES ($1, $2, $3)"
		" ON CONFLICT (path) DO UPDATE SET worker = excluded.worker, expires = excluded.expires"
		" WHERE claims.expires < $4 OR claims.worker = $2 RETURNING path",
		values, ARRAY_SIZE(values), take_claim, ret);
}

struct claiming {
	struct store *store;
	const struct batch_dump *dump;
	enum store_state state;
	const char *reason;
};

static struct error *claim_wanted(void *arg)
{
	struct claiming *c = arg;
	struct error *err = claim(c->store, c->dump, &c->state);

	if (!err && c->state == STORE_WANTED)
		err = store_look(c->store, c->dump, &c->state, &c->reason); /* somebody may have stored it since */
	if (!err && c->state == STORE_KNOWN)
		err = db_do(c->store->db, "DELETE FROM claims WHERE path = $1", db_text(c->dump->name));
	return err;
}

struct error *store_claim(struct store *s, const struct batch_dump *d, enum store_state *ret, const char **ret_reason)
{
	struct claiming c = { s, d, STORE_TAKEN, *ret_reason };
	struct error *err = db_transaction(s->db, claim_wanted, &c);

	*ret = c.state;
	*ret_reason = c.reason;
	return err;
}

struct error *store_renew(struct store *s)
{
	return db_do(s->db, "UPDATE claims SET expires = $1 WHERE worker = $2", db_int((int64_t)time(NULL) + STORE_EXPIRE),
		     db_text(s->worker));
}

struct error *store_release(struct store *s)
{
	db_hurry(s->db);
	return db_do(s->db, "DELETE FROM claims WHERE worker = $1", db_text(s->worker));
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static struct error *take_result(void *arg, const char *const *column)
{
	struct result *r = arg;
	uint64_t *const numbers[] = { &r->findings, &r->errors, &r->warnings, &r->notes, &r->gaps, &r->dropped, &r->max_rss };

	r->outcome = outcome_find(column[0]);
	r->message = arena_strdup(&r->arena, column[1]);
	r->release = arena_strdup(&r->arena, column[2]);
	r->arch = arena_strdup(&r->arena, column[3]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i] = column[4 + i] ? strtoull(column[4 + i], NULL, 10) : 0;
	r->seconds = column[11] ? strtod(column[11], NULL) : 0;
	return NULL;
}

static struct error *take_count(void *arg, const char *const *column)
{
	struct signature_count c = {
		.rule = column[1],
		.severity = column[2],
		.kind = column[3],
		.holder = column[4],
		.findings = strtoull(column[5], NULL, 10),
	};

	snprintf(c.id, sizeof(c.id), "%s", column[0]);
	return result_count(arg, &c);
}

struct error *store_load(struct store *s, const struct batch_dump *d, struct result *ret)
{
	const struct db_value path[] = { db_text(d->name) };
	struct error *err = db_run(s->db,
		"SELECT outcome, message, release, arch, findings, errors, warnings, notes, gaps, dropped, max_rss, seconds"
		" FROM dumps WHERE path = $1", path, 1, take_result, ret);

	return err ? err
		   : db_run(s->db,
			    "SELECT f.signature, f.rule, f.severity, s.kind, s.holder, count(*) FROM findings f JOIN dumps d ON d.id = f.dump"
			    " JOIN signatures s ON s.signature = f.signature WHERE d.path = $1 GROUP BY f.signature, f.rule, f.severity, s.kind, s.holder",
			    path, 1, take_count, ret);
}
