/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - whether a request comes from the pod whose token it has.
 *
 * A pod with networks of its own has the addresses of net-info.json in its directory; one in
 * the network of the host reaches the service from an address of the host.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* data_dir: rkt's; negative: not known, then the token alone counts.  own: the end here. */
bool peer_is_pod(int data_dir, const char *uuid, const struct sockaddr *peer,
		 const struct sockaddr *own);
