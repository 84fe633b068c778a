/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isolator_value.h - the value of each kind of isolator, from JSON; for this room only.
 *
 * Each function fills the union member that isolator.h names for its kind.
 * ret->kind and ret->name are set before.
 */
#pragma once

#include "common/json/json_decoder.h"
#include "common/manifest/isolator.h"

/* A list of {"name": …, "value": …}: a new array of n isolators, checked as a list too. */
int isolators_decode(struct json_decoder *decoder, const struct json_value *value,
		     const struct isolator **ret_items, size_t *ret_n) MUST_CHECK;

typedef int isolator_decoder(struct json_decoder *decoder, const struct json_value *value,
			     struct isolator *ret);

/* isolator_resource.c */
isolator_decoder isolator_decode_cpu;    /* millicores */
isolator_decoder isolator_decode_memory; /* bytes */
isolator_decoder isolator_decode_pids;   /* limit only */
isolator_decoder isolator_decode_rate;   /* limit only, of all devices */
isolator_decoder isolator_decode_cpu_shares;
isolator_decoder isolator_decode_oom_score_adj;

/* isolator_capability.c */
isolator_decoder isolator_decode_capabilities;

/* isolator_seccomp.c */
isolator_decoder isolator_decode_seccomp;

/* isolator_setting.c */
isolator_decoder isolator_decode_flag;
isolator_decoder isolator_decode_selinux_context;
isolator_decoder isolator_decode_apparmor_profile;
isolator_decoder isolator_decode_sysctl;

/* isolator_rlimit.c */
isolator_decoder isolator_decode_rlimits;
