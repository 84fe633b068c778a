/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage0/launch/launch_start.h"
#include "stage0/metadata_service.h"
#include "stage0/store/helper_program.h"

/* As the original's: 128 bits in hex. */
enum { TOKEN_BYTES = 16 };

int launch_register(const struct launch *launch, const struct pod_dir *pod, const char **ret_token,
		    struct error *err)
{
	char token[2 * TOKEN_BYTES + 1], result[ERROR_TEXT_SIZE];
	unsigned char secret[TOKEN_BYTES];
	const struct helper_fds fds = { .items = { pod->fd }, .n = 1 };
	int r;

	*ret_token = NULL;
	if (!launch->request->mds_register)
		return 0;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return error_from_errno(err, "making a token");
	for (size_t i = 0; i < sizeof(secret); i++)
		(void)snprintf(token + 2 * i, 3, "%02x", secret[i]);
	r = helper_program_call(METADATA_SERVICE_PROGRAM,
				(char *const[]){ METADATA_SERVICE_PROGRAM, "register",
						 METADATA_SERVICE_SOCKET, (char *)pod->uuid.text,
						 token, NULL },
				&fds, result, err);
	if (r == 0)
		r = file_replace_at(pod->fd, "mds-registered", "", 0644, err);
	if (r < 0)
		return error_prefix(err, "--mds-register");
	*ret_token = arena_string(launch->call->arena, token);
	return *ret_token == NULL ? error_set(err, ENOMEM, "out of memory") : 0;
}
