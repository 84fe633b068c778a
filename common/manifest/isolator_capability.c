/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>

#include "common/base/cleanup.h"
#include "common/manifest/isolator_value.h"

static const char *const names[] = {
	[CAP_CHOWN] = "CAP_CHOWN",
	[CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
	[CAP_FOWNER] = "CAP_FOWNER",
	[CAP_FSETID] = "CAP_FSETID",
	[CAP_KILL] = "CAP_KILL",
	[CAP_SETGID] = "CAP_SETGID",
	[CAP_SETUID] = "CAP_SETUID",
	[CAP_SETPCAP] = "CAP_SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "CAP_LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "CAP_NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "CAP_NET_BROADCAST",
	[CAP_NET_ADMIN] = "CAP_NET_ADMIN",
	[CAP_NET_RAW] = "CAP_NET_RAW",
	[CAP_IPC_LOCK] = "CAP_IPC_LOCK",
	[CAP_IPC_OWNER] = "CAP_IPC_OWNER",
	[CAP_SYS_MODULE] = "CAP_SYS_MODULE",
	[CAP_SYS_RAWIO] = "CAP_SYS_RAWIO",
	[CAP_SYS_CHROOT] = "CAP_SYS_CHROOT",
	[CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
	[CAP_SYS_PACCT] = "CAP_SYS_PACCT",
	[CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
	[CAP_SYS_BOOT] = "CAP_SYS_BOOT",
	[CAP_SYS_NICE] = "CAP_SYS_NICE",
	[CAP_SYS_RESOURCE] = "CAP_SYS_RESOURCE",
	[CAP_SYS_TIME] = "CAP_SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "CAP_SYS_TTY_CONFIG",
	[CAP_MKNOD] = "CAP_MKNOD",
	[CAP_LEASE] = "CAP_LEASE",
	[CAP_AUDIT_WRITE] = "CAP_AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "CAP_AUDIT_CONTROL",
	[CAP_SETFCAP] = "CAP_SETFCAP",
	[CAP_MAC_OVERRIDE] = "CAP_MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "CAP_MAC_ADMIN",
	[CAP_SYSLOG] = "CAP_SYSLOG",
	[CAP_WAKE_ALARM] = "CAP_WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "CAP_BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "CAP_AUDIT_READ",
	[CAP_PERFMON] = "CAP_PERFMON",
	[CAP_BPF] = "CAP_BPF",
	[CAP_CHECKPOINT_RESTORE] = "CAP_CHECKPOINT_RESTORE",
};

static const unsigned defaults[] = {
	CAP_AUDIT_WRITE, CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
	CAP_KILL,        CAP_MKNOD,   CAP_NET_RAW,      CAP_NET_BIND_SERVICE, CAP_SETUID,
	CAP_SETGID,      CAP_SETPCAP, CAP_SETFCAP,      CAP_SYS_CHROOT,
};

uint64_t isolator_default_capabilities(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(defaults); i++)
		set |= UINT64_C(1) << defaults[i];
	return set;
}

int isolator_capability_number(const char *name, unsigned *ret)
{
	static const char prefix[] = "CAP_";
	const size_t length = sizeof(prefix) - 1;
	const char *rest = strncasecmp(name, prefix, length) == 0 ? name + length : name;

	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcasecmp(names[i] + length, rest) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *isolator_capability_name(unsigned number)
{
	return number < ARRAY_LENGTH(names) ? names[number] : NULL;
}

struct name_set {
	const char *const *items;
	size_t n;
};

static int check_name(struct json_decoder *decoder, const char *name)
{
	unsigned number;

	if (isolator_capability_number(name, &number) < 0)
		return json_refuse_string(decoder, name, "no capability of Linux");
	return 0;
}

static const struct json_field set_fields[] = {
	{ .name = "set",
	  .kind = JSON_FIELD_STRINGS,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct name_set, items),
	  .n_offset = offsetof(struct name_set, n),
	  .check = check_name },
};

static const struct json_table set_table = JSON_TABLE(struct name_set, set_fields);

int isolator_decode_capabilities(struct json_decoder *decoder, const struct json_value *value,
				 struct isolator *ret)
{
	struct name_set set = { .n = 0 };
	uint64_t capabilities = 0;
	int r = json_decode(decoder, value, &set_table, &set);

	if (r < 0)
		return r;
	/* To retain nothing is a wish; to remove nothing is a mistake. */
	if (set.n == 0 && ret->kind == ISOLATOR_CAPS_REMOVE)
		return json_refuse(decoder, "set: empty");
	for (size_t i = 0; i < set.n; i++) {
		unsigned number;

		if (isolator_capability_number(set.items[i], &number) == 0)
			capabilities |= UINT64_C(1) << number;
	}
	ret->capabilities = capabilities;
	return 0;
}
