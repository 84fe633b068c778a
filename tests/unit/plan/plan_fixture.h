/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_fixture.h - pods for the tests of plan: a manifest in, a plan and its verdicts out.
 *
 * The traits are like those of the isolators, and the host is one where
 * everything is possible; a test changes what it is about.
 */
#pragma once

#include "common/plan/plan_json.h"
#include "common/plan/plan_pod.h"
#include "tests/unit/plan/plan_levels.h"

#define FIXTURE_UUID "6733c088-a507-4694-aabf-9d1c6e0c9f3d"

struct fixture {
	struct arena arena;
	const struct plan_traits *traits;
	struct plan_host host;
	struct plan_options options;
	const struct image_manifest *images;
	struct plan plan;
	struct error err;
};

/* coreos-like, --net=none: no verdict unless a test asks for something. */
void fixture_init(struct fixture *fixture);
void fixture_release(struct fixture *fixture);

#define auto_fixture CLEANUP(fixture_release)

/* Plans a whole pod manifest; what plan_pod() returns, or the parser when it refuses it already:
 * some requests are refused by both, as plan_pod() does not rely on who filled its input. */
int fixture_plan(struct fixture *fixture, const char *manifest);

/*
 * Plans a pod of one app, "a", running "/a" as root.  Each piece is JSON text or
 * NULL: members of the app object ("\"isolators\": []"), members of the app's
 * entry ("\"mounts\": []"), members of the pod ("\"volumes\": []").
 */
int fixture_plan_app(struct fixture *fixture, const char *app, const char *entry, const char *pod);

/* The same with isolators, of the app or of the pod: the inside of the array. */
int fixture_plan_isolators(struct fixture *fixture, const char *of_app, const char *of_pod);

/* "modified: limit=1Gi: the pod has no more": of the one verdict of app (NULL: the pod) on request.
 * "none" or "several" when it is not one. */
const char *fixture_verdict(struct fixture *fixture, const char *app, const char *request);

/* The only app. */
const struct plan_app *fixture_app(const struct fixture *fixture);

/* Whether a list holds a string. */
bool fixture_has(const struct plan_strings *strings, const char *string);
