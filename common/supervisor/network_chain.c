/* SPDX-License-Identifier: Apache-2.0 */
#include "common/supervisor/network_chain.h"

#include <errno.h>
#include <string.h>

#include "common/json/json_reader.h"
#include "common/json/json_writer.h"

/* Everything that one plugin is called with. */
struct step {
	const struct network_chain *chain;
	const struct cni_plugin *plugin;
	const char *command;
	const char *previous; /* a result; NULL: none */
	const char *valid;    /* attachments, for GC; NULL: none of its business */
};

/* The port forwarder that is added to a chain speaks no version without prevResult. */
static enum cni_version version_for(const struct step *step)
{
	const struct network_definition *network = step->chain->network;
	bool added = network->ports_added &&
		     step->plugin == &network->cni.plugins[network->cni.n_plugins - 1];

	return added && network->cni.version < CNI_0_3_1 ? CNI_0_4_0 : network->cni.version;
}

int network_chain_read(struct arena *arena, const char *answer, const char *place,
		       struct cni_result *ret, struct error *err)
{
	const struct json_source source = { .text = answer,
					    .length = strlen(answer),
					    .place = place };
	struct json_value value;
	int r = json_read(arena, &source, &value, err);

	return r < 0 ? r : cni_result_read(arena, &value, place, ret, err);
}

/* The previous result as the plugin's version has it; as it is, when it is of that version. */
static int convert_previous(struct arena *arena, const struct step *step, enum cni_version version,
			    const char **ret, struct error *err)
{
	auto_text struct text text = { 0 };
	struct json_writer writer = { .out = &text };
	struct cni_result result;
	int r;

	*ret = NULL;
	if (step->previous == NULL || version < CNI_0_3_0)
		return 0;
	r = network_chain_read(arena, step->previous, "the result before it", &result, err);
	if (r < 0)
		return r;
	*ret = step->previous;
	if (result.version == version)
		return 0;
	cni_result_write(&writer, NULL, version, &result);
	if (json_writer_finish(&writer) < 0)
		return error_set(err, ENOMEM, "converting a result: out of memory");
	*ret = arena_bytes(arena, text_string(&text), text.length);
	return *ret == NULL ? error_set(err, ENOMEM, "converting a result: out of memory") : 0;
}

static const char *program_of(const struct step *step)
{
	const struct network_definition *network = step->chain->network;

	return network->programs == NULL ? NULL
					 : network->programs[step->plugin - network->cni.plugins];
}

static int call_with(struct arena *arena, const struct step *step, const char **ret_answer,
		     struct error *err)
{
	const struct network_chain *chain = step->chain;
	struct cni_network network = chain->network->cni;
	struct cni_request request = { .network = &network,
				       .plugin = step->plugin,
				       .ports = chain->record->ports,
				       .n_ports = chain->record->n_ports,
				       .valid = step->valid };
	struct network_call call = { .plugins = chain->plugins,
				     .command = step->command,
				     .container_id = chain->record->container_id,
				     .netns = chain->netns,
				     .netns_ends = chain->netns_ends,
				     .netns_ended = chain->only_own,
				     .interface = chain->network->interface,
				     .args = chain->network->args,
				     .type = step->plugin->type,
				     .program = program_of(step),
				     .ipam = step->plugin->ipam,
				     .delegates = step->plugin->delegates };
	auto_text struct text input = { 0 };
	int r;

	network.version = version_for(step);
	r = convert_previous(arena, step, network.version, &request.previous, err);
	if (r < 0)
		return error_prefix(err, "plugin %s", call.type);
	if (cni_request_write(&request, &input) < 0)
		return error_set(err, ENOMEM, "plugin %s: out of memory", call.type);
	call.input = text_string(&input);
	return network_plugin_call(arena, &call, ret_answer, err);
}

static int name_network(const struct network_chain *chain, struct error *err)
{
	return error_prefix(err, "network %s (%s)", chain->network->cni.name, chain->network->file);
}

static int add_one(struct arena *arena, struct step *step, struct cni_result *ret,
		   struct error *err)
{
	const char *answer = "";
	const char *place = arena_printf(arena, "plugin %s: its answer", step->plugin->type);
	int r;

	if (place == NULL)
		return error_set(err, ENOMEM, "plugin %s: out of memory", step->plugin->type);
	r = call_with(arena, step, &answer, err);
	if (r == 0)
		r = network_chain_read(arena, answer, place, ret, err);
	if (r == 0)
		step->previous = answer;
	return r;
}

int network_chain_add(struct arena *arena, const struct network_chain *chain,
		      struct cni_result *ret, const char **ret_answer, struct error *err)
{
	struct step step = { .chain = chain, .command = "ADD" };

	for (size_t i = 0; i < chain->network->cni.n_plugins; i++) {
		step.plugin = &chain->network->cni.plugins[i];
		if (add_one(arena, &step, ret, err) < 0)
			return name_network(chain, err);
	}
	*ret_answer = step.previous;
	return 0;
}

/* STATUS and GC are about the network, not about one that is in it. */
static int ask_all(struct arena *arena, const struct network_chain *chain, const char *command,
		   const char *valid, struct error *err)
{
	struct network_definition network = *chain->network;
	const struct network_record nobody = { .container_id = "" };
	const struct network_chain whole = {
		.plugins = chain->plugins, .record = &nobody, .network = &network, .netns = ""
	};
	struct step step = { .chain = &whole, .command = command, .valid = valid };
	int status = 0;

	network.args = "";
	network.interface[0] = '\0';
	for (size_t i = 0; i < network.cni.n_plugins; i++) {
		struct error mine = { 0 };
		const char *ignored;

		step.plugin = &network.cni.plugins[i];
		if (call_with(arena, &step, &ignored, &mine) == 0 || status < 0)
			continue;
		(void)name_network(chain, &mine);
		status = error_set(err, mine.code, "%s", mine.text);
	}
	return status;
}

int network_chain_status(struct arena *arena, const struct network_chain *chain, struct error *err)
{
	return chain->network->cni.version < CNI_1_1_0 ? 0
						       : ask_all(arena, chain, "STATUS", NULL, err);
}

int network_chain_gc(struct arena *arena, const struct network_chain *chain, const char *valid,
		     struct error *err)
{
	return ask_all(arena, chain, "GC", valid, err);
}

int network_chain_check(struct arena *arena, const struct network_chain *chain, const char *answer,
			struct error *err)
{
	struct step step = { .chain = chain, .command = "CHECK", .previous = answer };

	for (size_t i = 0; i < chain->network->cni.n_plugins; i++) {
		const char *ignored;

		step.plugin = &chain->network->cni.plugins[i];
		if (call_with(arena, &step, &ignored, err) < 0)
			return name_network(chain, err);
	}
	return 0;
}

int network_chain_del(struct arena *arena, const struct network_chain *chain, const char *answer,
		      struct error *err)
{
	struct step step = { .chain = chain, .command = "DEL" };
	int status = 0;

	for (size_t i = chain->network->cni.n_plugins; i-- > 0;) {
		struct error mine = { 0 };
		const char *ignored;

		step.plugin = &chain->network->cni.plugins[i];
		if (chain->only_own && !network_plugin_is_own(chain->plugins, program_of(&step)))
			continue;
		/* Before 0.4.0 the specification knows of none at DEL. */
		step.previous = version_for(&step) >= CNI_0_4_0 ? answer : NULL;
		if (call_with(arena, &step, &ignored, &mine) == 0)
			continue;
		(void)name_network(chain, &mine);
		if (status == 0)
			status = error_set(err, mine.code, "%s", mine.text);
	}
	return status;
}
