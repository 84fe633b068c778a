/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image_facts.h"

#include "common/base/cleanup.h"

void image_facts_release(struct image_facts *facts)
{
	cleanup_free(&facts->manifest);
	facts->manifest_length = 0;
}
