/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata_service.h - where the metadata service is found; rkt 1.30's places.
 */
#pragma once

#include "common/plan/plan.h" /* METADATA_SERVICE_PORT */

#define METADATA_SERVICE_PROGRAM  "rkt-metadata"
#define METADATA_SERVICE_SOCKET   "/run/rkt/metadata-svc.sock"
#define METADATA_SERVICE_REGISTRY "/run/rkt/metadata"
