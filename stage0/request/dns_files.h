/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_files.h - the pod's /etc/resolv.conf and /etc/hosts as --dns… and --hosts-entry ask.
 *
 * Source:     rkt/rkt, Documentation/networking/dns.md.
 */
#pragma once

#include "common/base/text.h"
#include "stage0/request/request.h"

/* The value of --dns-conf-mode, "resolv=stage0,hosts=default"; NULL when all is default. */
int dns_conf_mode(const struct request *request, const char **ret, struct error *err) MUST_CHECK;

/* Whether there is a file to write, for mode stage0. */
bool dns_has_files(const struct request *request);

/* Appends the file for mode stage0; appends nothing for other modes. */
int dns_write_resolv_conf(const struct request *request, struct text *out) MUST_CHECK;
int dns_write_hosts(const struct request *request, struct text *out) MUST_CHECK;
