/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands.h - every command, one constant each; see stage0/command.h.
 */
#pragma once

#include "stage0/command.h"

extern const struct command command_cat_manifest;
extern const struct command command_completion;
extern const struct command command_config;
extern const struct command command_doctor;
extern const struct command command_enter;
extern const struct command command_explain;
extern const struct command command_export;
extern const struct command command_fetch;
extern const struct command command_gc;
extern const struct command command_help;
extern const struct command command_image;
extern const struct command command_list;
extern const struct command command_logs;
extern const struct command command_prepare;
extern const struct command command_rm;
extern const struct command command_run;
extern const struct command command_run_prepared;
extern const struct command command_start;
extern const struct command command_stats;
extern const struct command command_status;
extern const struct command command_stop;
extern const struct command command_metadata_service;
extern const struct command command_trust;
extern const struct command command_version;
