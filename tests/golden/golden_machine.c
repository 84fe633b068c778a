/* SPDX-License-Identifier: Apache-2.0 */
/* Each description of a machine gives the command line in machine-NAME.txt, a word a line. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/file.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "tests/unit/test.h"

#define MIB ((uint64_t)1 << 20)

static const int disks[] = { 20, 21 };
static const int placeholders[] = { FD_NONE, FD_NONE };
static const int nics[] = { 25 };
static const int shares[] = { 30, 31 };

static const struct hypervisor_machine cold = {
	.way = HYPERVISOR_COLD,
	.memory_bytes = 128 * MIB,
	.cpus = 2,
	.clock_khz = 2400000,
	.kernel = 10,
	.root = 11,
	.writable = 17,
	.channel = 12,
	.console = 13,
	.control = FD_NONE,
	.memory = FD_NONE,
	.helper = FD_NONE,
	.disks = disks,
	.n_disks = ARRAY_LENGTH(disks),
	.nics = nics,
	.n_nics = ARRAY_LENGTH(nics),
	.shares = shares,
	.n_shares = ARRAY_LENGTH(shares),
};

static struct hypervisor_machine of_template(enum hypervisor_way way)
{
	struct hypervisor_machine machine = cold;

	machine.way = way;
	machine.control = 14;
	machine.memory = 15;
	machine.n_shares = 0;
	if (way == HYPERVISOR_SAVE) {
		machine.disks = placeholders;
	} else {
		machine.helper = 16;
		machine.clock_khz = 0;
	}
	return machine;
}

static void write_words(const struct hypervisor_command *command, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(command->environment); i++) {
		if (command->environment[i] != NULL)
			(void)text_printf(out, "environment %s\n", command->environment[i]);
	}
	for (size_t i = 0; i < command->n; i++)
		(void)text_printf(out, "%s\n", command->words[i]);
}

static void check_golden(const char *name, const struct hypervisor_machine *machine)
{
	auto_close int dir = open(GOLDEN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_arena struct arena arena = { 0 };
	struct hypervisor_command command = { .arena = &arena };
	auto_text struct text got = { 0 };
	auto_text struct text want = { 0 };
	struct error err = { 0 };

	check_ok(hypervisor_qemu.write_command(machine, &command, &err), &err);
	check_true(command.words[command.n] == NULL);
	write_words(&command, &got);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		check_ok(file_replace_at(dir, name, text_string(&got), 0644, &err), &err);
		return;
	}
	check_ok(file_read_at(dir, name, 1 << 20, &want, &err), &err);
	ck_assert_msg(strcmp(text_string(&want), text_string(&got)) == 0,
		      "%s is not this machine's command any more; UPDATE_GOLDEN=1 rewrites it:\n%s",
		      name, text_string(&got));
}

TEST(a_machine_that_is_booted)
{
	check_golden("machine-cold.txt", &cold);
}

TEST(a_machine_that_is_booted_without_volumes)
{
	struct hypervisor_machine machine = cold;

	machine.n_shares = 0;
	check_golden("machine-cold-alone.txt", &machine);
}

TEST(a_machine_that_the_processor_runs)
{
	struct hypervisor_machine machine = cold;

	machine.hardware = true;
	check_golden("machine-cold-hardware.txt", &machine);
}

TEST(a_machine_that_is_saved)
{
	const struct hypervisor_machine machine = of_template(HYPERVISOR_SAVE);

	check_golden("machine-save.txt", &machine);
}

TEST(a_machine_that_is_restored)
{
	const struct hypervisor_machine machine = of_template(HYPERVISOR_RESTORE);

	check_golden("machine-restore.txt", &machine);
}

TEST(a_machine_has_room_for_so_much)
{
	auto_arena struct arena arena = { 0 };
	struct hypervisor_command command = { .arena = &arena };
	struct hypervisor_machine machine = cold;
	struct error err = { 0 };

	machine.n_shares = hypervisor_qemu.max_devices;
	check_int(hypervisor_qemu.write_command(&machine, &command, &err), -E2BIG);
	check_contains(err.text, "has room for");
}
