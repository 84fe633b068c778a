/* SPDX-License-Identifier: Apache-2.0 */
#include "stage1-kvm/vm_examine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/cleanup.h"
#include "common/process/program_run.h"
#include "stage1-kvm/hypervisor/accelerator.h"
#include "stage1-kvm/hypervisor/hypervisor.h"
#include "stage1-kvm/share/share.h"
#include "stage1-kvm/template/template_store.h"

/* How long a program may take to tell its version, in ms. */
static const int version_ms = 10000;

/* Where rkt looks for the program that makes disks of images. */
static const char *const disk_makers[] = { "/usr/bin/mkfs.erofs", "/usr/sbin/mkfs.erofs",
					   "/usr/local/bin/mkfs.erofs" };

/* The first line of "PROGRAM --version"; the program's path when it says nothing. */
static const char *version_of(struct arena *arena, const char *program)
{
	static const char *const environment[] = { NULL };
	auto_program_answer struct program_answer answer = { .out.cap = 65536,
							     .complaints.cap = 65536 };
	const struct program_run run = {
		.path = program,
		.argv = (const char *const[]){ program, "--version", NULL },
		.environment = environment,
		.timeout_ms = version_ms,
	};
	struct error ignored = { 0 };

	if (program_run(&run, &answer, &ignored) < 0 || answer.out.length == 0)
		return program;
	return arena_printf(arena, "%s: %.*s", program,
			    (int)strcspn(text_string(&answer.out), "\n"), text_string(&answer.out));
}

static void look_at_hypervisor(struct doctor *doctor)
{
	const struct hypervisor *hypervisor;
	struct error missing = { 0 };

	if (hypervisor_find(&hypervisor, &missing) < 0)
		doctor_say(doctor, "hypervisor",
			   (struct doctor_check){ .state = DOCTOR_MISSING,
						  .found = missing.text,
						  .mend = "install QEMU for x86 "
							  "(Debian: qemu-system-x86)" });
	else
		doctor_say(doctor, "hypervisor",
			   (struct doctor_check){
			       .found = version_of(doctor->arena, hypervisor->program) });
}

static void look_at_processor(struct doctor *doctor)
{
	struct accelerator accelerator;

	accelerator_choose(&accelerator);
	if (accelerator.hardware)
		doctor_say(doctor, "KVM",
			   (struct doctor_check){ .found = "the processor runs guests" });
	else
		doctor_say(doctor, "KVM",
			   (struct doctor_check){
			       .state = DOCTOR_LESS,
			       .found = arena_printf(doctor->arena, "guests are emulated: %s",
						     accelerator.why_not.text),
			       .mend = "switch virtualization on in the firmware (or nested, in "
				       "the host of this machine) and load kvm-intel or kvm-amd" });
}

static void look_at_file_server(struct doctor *doctor)
{
	const char *program = share_program();

	doctor_say(doctor, "volumes of the host",
		   program != NULL
		       ? (struct doctor_check){ .found = version_of(doctor->arena, program) }
		       : (struct doctor_check){ .state = DOCTOR_LESS,
						.found = "no virtiofsd",
						.mend = "install virtiofsd, or QEMU's own "
							"(Debian: qemu-system-common)" });
}

static void look_at_disk_maker(struct doctor *doctor)
{
	for (size_t i = 0; i < ARRAY_LENGTH(disk_makers); i++) {
		if (access(disk_makers[i], X_OK) == 0) {
			doctor_say(doctor, "images as disks",
				   (struct doctor_check){ .found = disk_makers[i] });
			return;
		}
	}
	doctor_say(doctor, "images as disks",
		   (struct doctor_check){ .state = DOCTOR_LESS,
					  .found = "no mkfs.erofs: images are shared file by file, "
						   "and guests are booted instead of restored",
					  .mend = "install erofs-utils" });
}

static unsigned count_templates(int fd)
{
	auto_dir DIR *dir = fdopendir(fd);
	struct dirent *entry;
	unsigned n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		     strcmp(entry->d_name, "new") != 0;
	return n;
}

static void look_at_templates(struct doctor *doctor)
{
	const char *path =
	    doctor->data_path != NULL
		? arena_printf(doctor->arena, "%s/" TEMPLATE_STORE, doctor->data_path)
		: NULL;
	int fd =
	    path != NULL ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : FD_NONE;
	struct doctor_check check = { .found = "none saved yet: the first start makes one" };

	if (path == NULL)
		return;
	if (fd >= 0 && faccessat(fd, "off", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		check = (struct doctor_check){
			.state = DOCTOR_LESS,
			.found = "switched off: guests are booted instead of restored",
			.mend = arena_printf(doctor->arena, "remove %s/off", path)
		};
		cleanup_close(&fd);
	} else if (fd >= 0) {
		check.found = arena_printf(doctor->arena, "%u saved", count_templates(fd));
	}
	doctor_say(doctor, "templates of guests", check);
}

void vm_examine(struct doctor *doctor)
{
	look_at_hypervisor(doctor);
	look_at_processor(doctor);
	look_at_file_server(doctor);
	look_at_disk_maker(doctor);
	look_at_templates(doctor);
}
