/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a network's definition, of one plugin and of a chain, and as what a plugin answers: a
 * result that is read is written in every version and reads as the same again.
 */
#include <string.h>

#include "common/cni/cni_error.h"
#include "common/cni/cni_network.h"
#include "common/cni/cni_result.h"
#include "common/json/json_reader.h"
#include "tests/fuzz/fuzz.h"

static void parse_network(struct arena *arena, const char *text, size_t length, bool is_list)
{
	const struct cni_source source = {
		.text = text, .length = length, .place = "fuzz", .is_list = is_list
	};
	const struct cni_port_mapping port = { .host_port = 1, .container_port = 2 };
	struct cni_request request = { .ports = &port, .n_ports = 1, .previous = "{}" };
	struct cni_network network;
	struct error err = { 0 };
	int r = cni_network_parse(arena, &source, &network, &err);

	fuzz_check((r < 0) == (err.code != 0));
	if (r < 0)
		return;
	fuzz_check(cni_is_name(network.name) && network.n_plugins > 0);
	for (size_t i = 0; i < network.n_plugins; i++) {
		auto_text struct text out = { 0 };

		fuzz_check(strchr(network.plugins[i].type, '/') == NULL);
		request.network = &network;
		request.plugin = &network.plugins[i];
		fuzz_check(cni_request_write(&request, &out) == 0);
	}
}

static int read_result(struct arena *arena, const char *text, size_t length, struct cni_result *ret)
{
	const struct json_source source = { .text = text, .length = length, .place = "fuzz" };
	struct json_value value;
	struct cni_error said;
	struct error err = { 0 };

	if (json_read(arena, &source, &value, &err) < 0)
		return -1;
	(void)!cni_error_read(arena, &value, "fuzz", &said, &err);
	return cni_result_read(arena, &value, "fuzz", ret, &err);
}

static void write_result(const struct cni_result *result, enum cni_version version,
			 struct text *out)
{
	struct json_writer writer = { .out = out };

	cni_result_write(&writer, NULL, version, result);
	fuzz_check(json_writer_finish(&writer) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena arena = { 0 };
	struct cni_result result, again;

	parse_network(&arena, (const char *)data, size, false);
	parse_network(&arena, (const char *)data, size, true);
	if (read_result(&arena, (const char *)data, size, &result) < 0)
		return 0;
	for (int version = 0; version < CNI_N_VERSIONS; version++) {
		auto_text struct text once = { 0 }, twice = { 0 };

		write_result(&result, (enum cni_version)version, &once);
		fuzz_check(read_result(&arena, text_string(&once), once.length, &again) == 0);
		write_result(&again, (enum cni_version)version, &twice);
		fuzz_check(strcmp(text_string(&once), text_string(&twice)) == 0);
	}
	return 0;
}
