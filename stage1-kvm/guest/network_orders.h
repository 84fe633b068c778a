/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_orders.h - what the host has the guest do with its network cards.
 *
 *	link CARD NAME MAC MTU			names it, and starts it
 *	address NAME ADDRESS/LENGTH
 *	route NAME TO/LENGTH GATEWAY SOURCE SCOPE METRIC	"-": none
 *
 * Errors: -EPROTO for an order that is none; else of the kernel.
 */
#pragma once

#include <stddef.h>

#include "common/base/error.h"

int order_link(char *const words[], size_t n, struct error *err) MUST_CHECK;
int order_address(char *const words[], size_t n, struct error *err) MUST_CHECK;
int order_route(char *const words[], size_t n, struct error *err) MUST_CHECK;
