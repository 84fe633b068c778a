/* SPDX-License-Identifier: Apache-2.0 */
#include "stage0/command/commands.h"

#include "common/base/cleanup.h"

/* clang-format off */
const struct command *const commands[] = {
	&command_run,
	&command_prepare,
	&command_run_prepared,
	&command_start,
	&command_explain,
	&command_doctor,
	&command_enter,
	&command_stop,
	&command_logs,
	&command_stats,
	&command_status,
	&command_list,
	&command_cat_manifest,
	&command_export,
	&command_rm,
	&command_gc,
	&command_fetch,
	&command_trust,
	&command_image,
	&command_config,
	&command_completion,
	&command_metadata_service,
	&command_version,
	&command_help,
};
/* clang-format on */

const size_t n_commands = ARRAY_LENGTH(commands);
