/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cni/cni_error.h"

#include "common/json/json_decoder.h"

static const struct json_field fields[] = {
	{ .name = "code", .kind = JSON_FIELD_U32, .offset = offsetof(struct cni_error, code) },
	{ .name = "msg",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_REQUIRED,
	  .offset = offsetof(struct cni_error, msg) },
	{ .name = "details",
	  .kind = JSON_FIELD_STRING,
	  .flags = JSON_NULLABLE,
	  .offset = offsetof(struct cni_error, details) },
};
static const struct json_table table = JSON_TABLE(struct cni_error, fields, .open = true);

int cni_error_read(struct arena *arena, const struct json_value *value, const char *place,
		   struct cni_error *ret, struct error *err)
{
	struct json_decoder decoder = { .arena = arena, .place = place, .err = err };
	struct cni_error error = { 0 };
	int r = json_decode(&decoder, value, &table, &error);

	if (r == 0)
		*ret = error;
	return r;
}

void cni_error_write(struct json_writer *writer, const char *key, enum cni_version version,
		     const struct cni_error *error)
{
	json_begin_object(writer, key);
	json_put_string(writer, "cniVersion", cni_version_text(version));
	json_put_u64(writer, "code", error->code);
	json_put_string(writer, "msg", error->msg);
	if (error->details != NULL && error->details[0] != '\0')
		json_put_string(writer, "details", error->details);
	json_end_object(writer);
}
