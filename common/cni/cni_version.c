/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/cni_version.h"

#include <errno.h>
#include <string.h>

static const char *const versions[CNI_N_VERSIONS] = {
	[CNI_0_1_0] = "0.1.0", [CNI_0_2_0] = "0.2.0", [CNI_0_3_0] = "0.3.0", [CNI_0_3_1] = "0.3.1",
	[CNI_0_4_0] = "0.4.0", [CNI_1_0_0] = "1.0.0", [CNI_1_1_0] = "1.1.0",
};

int cni_version_parse(const char *text, enum cni_version *ret)
{
	if (text == NULL || text[0] == '\0') {
		*ret = CNI_0_1_0;
		return 0;
	}
	for (int i = 0; i < CNI_N_VERSIONS; i++) {
		if (strcmp(versions[i], text) != 0)
			continue;
		*ret = (enum cni_version)i;
		return 0;
	}
	return -EPROTONOSUPPORT;
}

const char *cni_version_text(enum cni_version version)
{
	return versions[version];
}
