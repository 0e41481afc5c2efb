/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The release tells who built a kernel.  Sources: names of releases and of packages as the distributions document them
 * (Debian linux-image-*-dbg; Ubuntu "Debug symbol packages"; Fedora and Red Hat "dnf debuginfo-install"; SUSE, whose
 * packages say which build-ids they hold; Oracle kernel-uek-debuginfo; Arch Linux debuginfod).
 */
#include "types/find_package.h"

#include <fnmatch.h>
#include <string.h>

#include "base/strbuf.h"
#include "types/find_places.h"

/* $r release, $n release without what follows a plus, $b build-id. */
struct packager {
	const char *releases; /* glob */
	const char *who;
	const char *package; /* NULL: none */
	const char *command;
};

/* First match wins: a distribution that marks its releases clearly stands before those that share flavour names. */
static const struct packager packagers[] = {
	{ "*.el[0-9]*uek*", "Oracle Linux", "kernel-uek-debuginfo-$r",
	  "dnf --enablerepo='*debuginfo*' install kernel-uek-debuginfo-$r" },
	{ "*.fc[0-9]*+debug", "Fedora", "kernel-debug-debuginfo-$n",
	  "dnf --enablerepo='*debuginfo*' install kernel-debug-debuginfo-$n" },
	{ "*.fc[0-9]*", "Fedora", "kernel-debuginfo-$n", "dnf --enablerepo='*debuginfo*' install kernel-debuginfo-$n" },
	{ "*.rt[0-9]*.el[0-9]*", "RHEL and its kin", "kernel-rt-debuginfo-$n",
	  "dnf --enablerepo='*debug*' install kernel-rt-debuginfo-$n" },
	{ "*.el[0-9]*+rt", "RHEL and its kin", "kernel-rt-debuginfo-$n",
	  "dnf --enablerepo='*debug*' install kernel-rt-debuginfo-$n" },
	{ "*.el[0-9]*+64k", "RHEL and its kin", "kernel-64k-debuginfo-$n",
	  "dnf --enablerepo='*debug*' install kernel-64k-debuginfo-$n" },
	{ "*.el[0-9]*+debug", "RHEL and its kin", "kernel-debug-debuginfo-$n",
	  "dnf --enablerepo='*debug*' install kernel-debug-debuginfo-$n" },
	{ "*.el[0-9]*", "RHEL and its kin", "kernel-debuginfo-$n", "dnf --enablerepo='*debug*' install kernel-debuginfo-$n" },
	{ "*.amzn[0-9]*", "Amazon Linux", "kernel-debuginfo-$r", "yum --enablerepo='*debuginfo*' install kernel-debuginfo-$r" },
	{ "*-default", "SUSE", "kernel-default-debuginfo", "zypper install -C 'debuginfo(build-id)=$b'" },
	{ "*-preempt", "SUSE", "kernel-preempt-debuginfo", "zypper install -C 'debuginfo(build-id)=$b'" },
	{ "*-64kb", "SUSE", "kernel-64kb-debuginfo", "zypper install -C 'debuginfo(build-id)=$b'" },
	{ "*-[0-9]*.[0-9]*-azure", "SUSE", "kernel-azure-debuginfo", "zypper install -C 'debuginfo(build-id)=$b'" },
	{ "*-[0-9]*.[0-9]*-rt", "SUSE", "kernel-rt-debuginfo", "zypper install -C 'debuginfo(build-id)=$b'" },
	{ "*-arch[0-9]*", "Arch Linux", NULL, "DEBUGINFOD_URLS=https://debuginfod.archlinux.org pagefsck ..." },
	{ "*-zen[0-9]*", "Arch Linux", NULL, "DEBUGINFOD_URLS=https://debuginfod.archlinux.org pagefsck ..." },
	{ "*-amd64", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-arm64*", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-686*", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-armmp*", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-powerpc64le*", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-s390x", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-riscv64", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
	{ "*-loong64", "Debian", "linux-image-$r-dbg", "apt install linux-image-$r-dbg" },
};

/* Ubuntu's releases are VERSION-ABI-FLAVOUR. */
static const struct packager ubuntu = {
	NULL, "Ubuntu", "linux-image-$r-dbgsym", "apt install linux-image-$r-dbgsym, from the repository ddebs",
};

static const char *const ubuntu_flavours[] = {
	"generic*", "lowlatency*", "aws*", "azure*", "gcp*", "gke*", "gkeop*", "ibm*", "kvm", "nvidia*", "oem*", "oracle*",
	"raspi*", "intel*", "xilinx*", "realtime*", "bluefield", "fips",
};

static bool is_ubuntu(const char *release)
{
	char glob[64];

	for (size_t i = 0; i < ARRAY_SIZE(ubuntu_flavours); i++) {
		snprintf(glob, sizeof(glob), "[0-9]*.[0-9]*.[0-9]*-[0-9]*-%s", ubuntu_flavours[i]);
		if (!fnmatch(glob, release, 0))
			return true;
	}
	return false;
}

static const struct packager *packager_of(const char *release)
{
	for (size_t i = 0; i < ARRAY_SIZE(packagers); i++)
		if (!fnmatch(packagers[i].releases, release, 0))
			return &packagers[i];
	return is_ubuntu(release) ? &ubuntu : NULL;
}

static void expand(struct strbuf *b, const char *template, const char *release, const char *build_id)
{
	for (const char *p = template; *p; p++) {
		if (*p != '$')
			strbuf_add(b, p, 1);
		else if (*++p == 'b')
			strbuf_puts(b, build_id_is_sane(build_id) ? build_id : "BUILD-ID");
		else
			strbuf_add(b, release, *p == 'n' ? strcspn(release, "+") : strlen(release));
	}
}

char *find_package_hint(const char *release, const char *build_id)
{
	const struct packager *p = release_is_sane(release) ? packager_of(release) : NULL;
	struct strbuf b = { 0 };

	if (!p) {
		strbuf_puts(&b, "take the vmlinux with debug info from whoever built that kernel");
		return strbuf_take(&b);
	}
	if (p->package) {
		strbuf_puts(&b, "install package ");
		expand(&b, p->package, release, build_id);
		strbuf_printf(&b, " (%s: ", p->who);
	} else {
		strbuf_printf(&b, "ask %s's server of debug info (", p->who);
	}
	expand(&b, p->command, release, build_id);
	strbuf_puts(&b, ")");
	return strbuf_take(&b);
}
