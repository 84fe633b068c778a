/* SPDX-License-Identifier: Apache-2.0 */
#include "image/oci_platform.h"

#include <string.h>
#include <sys/utsname.h>

struct machine {
	const char *kernel; /* uname -m */
	struct oci_platform platform;
	const char *appc;
};

/* Of two rows with one platform, the first is App Container's. */
static const struct machine machines[] = {
	{ "x86_64", { "linux", "amd64", NULL }, "amd64" },
	{ "i686", { "linux", "386", NULL }, "i386" },
	{ "i386", { "linux", "386", NULL }, "i386" },
	{ "aarch64", { "linux", "arm64", "v8" }, "aarch64" },
	{ "armv7l", { "linux", "arm", "v7" }, "armv7l" },
	{ "armv6l", { "linux", "arm", "v6" }, "armv6l" },
	{ "ppc64le", { "linux", "ppc64le", NULL }, "ppc64le" },
	{ "s390x", { "linux", "s390x", NULL }, "s390x" },
};

#define N_MACHINES (sizeof(machines) / sizeof(machines[0]))

struct oci_platform oci_platform_host(void)
{
	struct utsname name;

	if (uname(&name) < 0)
		return machines[0].platform;
	for (size_t i = 0; i < N_MACHINES; i++)
		if (strcmp(machines[i].kernel, name.machine) == 0)
			return machines[i].platform;
	return (struct oci_platform){ .os = "linux" };
}

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static unsigned variant_fits(const struct oci_platform *wanted, const struct oci_platform *host)
{
	if (!is_given(wanted->variant))
		return 2;
	if (host->variant != NULL && strcmp(wanted->variant, host->variant) == 0)
		return 3;
	/* "v7" does not run on "v6"; of other families the variants only say what is best. */
	if (host->variant != NULL && strcmp(host->architecture, "arm") == 0 &&
	    strcmp(wanted->variant, host->variant) > 0)
		return 0;
	return 1;
}

unsigned oci_platform_fits(const struct oci_platform *wanted, const struct oci_platform *host)
{
	unsigned variant;

	if (is_given(wanted->os) && strcmp(wanted->os, host->os) != 0)
		return 0;
	if (!is_given(wanted->architecture))
		return 1;
	if (host->architecture == NULL || strcmp(wanted->architecture, host->architecture) != 0)
		return 0;
	variant = variant_fits(wanted, host);
	return variant > 0 ? 1 + variant : 0;
}

bool oci_platform_is_none(const struct oci_platform *platform)
{
	return platform->os != NULL && strcmp(platform->os, "unknown") == 0;
}

const char *oci_platform_appc_arch(const struct oci_platform *platform)
{
	const char *found = NULL;

	for (size_t i = 0; i < N_MACHINES && platform->architecture != NULL; i++) {
		const struct oci_platform *known = &machines[i].platform;

		if (strcmp(known->architecture, platform->architecture) != 0)
			continue;
		if (found == NULL)
			found = machines[i].appc;
		if (known->variant != NULL && platform->variant != NULL &&
		    strcmp(known->variant, platform->variant) == 0)
			found = machines[i].appc;
	}
	return found;
}
