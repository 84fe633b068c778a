/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.h - what the metadata service says to a request, without a word of HTTP's transport.
 *
 * Two doors.  Pods come through service_answer_pod(): "/TOKEN/acMetadata/v1/…".  Whoever starts
 * pods comes through service_answer_registrar(): "/pods/UUID?token=TOKEN" and "/pods/UUID/APP",
 * over a socket that only root can open.
 *
 * Status:     200; 400 what is no manifest, UUID, name; 403 a signature that is not, or a
 *             request from elsewhere than the pod; 404 no such thing, also: no such token;
 *             405 another method; 500.  The body of a failure is one line.
 * Source:     App Container spec 0.8.11, ace.md, "App Container Metadata Service"; the
 *             registration is that of rkt 1.30's metadata service.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "common/base/error.h"
#include "common/base/text.h"
#include "metadata/identity.h"

struct service {
	int registry; /* registry.h */
	struct identity identity;
	int data_dir; /* rkt's; FD_NONE: not known, then any address is a pod's */
};

struct service_request {
	const char *method;                   /* "GET" */
	const char *path;                     /* decoded, without the query */
	const char *token;                    /* of the query; NULL: none */
	const struct sockaddr *peer, *own;    /* NULL: a UNIX socket */
	struct text body;                     /* PUT */
	struct text content, uuid, signature; /* POST: the fields of the form */
	bool has_content, has_uuid, has_signature;
};

struct service_answer {
	unsigned status;
	const char *type;
	struct text body;
};

void service_answer_pod(const struct service *service, const struct service_request *request,
			struct service_answer *ret);
void service_answer_registrar(const struct service *service, const struct service_request *request,
			      struct service_answer *ret);

/* Forgets the pods that rkt has collected. */
void service_prune(const struct service *service);
