/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch_protocol.h - how rkt and rkt-fetch talk: one process, one operation.
 *
 * Descriptor 3 holds the request, one JSON object; 5 is a pipe for the report, JSON objects of one
 * line each.  The last line is { "code": errno or 0, "text": "…", "again": bool }; without it
 * the operation has failed, whatever came before.  again: worth another try.
 *
 *   get        a resource:  request  url, offset, validator, ifNoneMatch, maxBytes
 *              4 gets the body, after a line { "status", "offset", "total" (absent: unknown),
 *              "etag", "lastModified", "maxAge" } has told what it is
 *   discover   where an image is:  request  name, labels; the line has
 *              { "images": [{"image", "signature"}], "keys": ["URL"], "attempts": ["…"] }
 *   verify     a signature:  request  fingerprints (those that may have signed);
 *              4 the signed file, 6 the signature, 7 the keys; { "fingerprint", "names": ["…"] }
 *   keys       what keys a file has:  4 the file;
 *              { "keys": [{ "fingerprint", "subkeys": ["…"], "names": ["…"], "armored" }] }
 *
 * Requests of the first two also have  allowHttp, anyCertificate, agent and, for one host only,
 * credentials { "domain", "type", … } as auth.h has them.  They travel in no argument and no
 * variable, where others could read them.
 */
#pragma once

#define FETCH_PROGRAM       "rkt-fetch"

#define FETCH_FD_REQUEST    3
#define FETCH_FD_DATA       4
#define FETCH_FD_REPORT     5
#define FETCH_FD_SIGNATURE  6
#define FETCH_FD_KEYS       7

#define FETCH_REQUEST_MAX   ((size_t)1 << 20)
#define FETCH_REPORT_MAX    ((size_t)4 << 20)

/* Bytes, of what is fetched besides images. */
#define FETCH_PAGE_MAX      ((uint64_t)1 << 20)
#define FETCH_SIGNATURE_MAX ((uint64_t)64 << 10)
#define FETCH_KEYS_MAX      ((uint64_t)1 << 20)
#define FETCH_IMAGE_MAX     ((uint64_t)64 << 30)
