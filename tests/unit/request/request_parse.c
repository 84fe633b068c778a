/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/unit/request/request_fixture.h"

TEST(options_after_an_image_belong_to_it)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "a.com/x", "--name=one", "--memory", "50M", "a.com/y",
		       "--name=two", "--user=1000"),
		 &err);
	check_uint(request.n_images, 2);
	check_text(request.images[0].reference, "a.com/x");
	check_text(request.images[0].name, "one");
	check_text(request.images[0].memory, "50M");
	check_true(request.images[0].user == NULL);
	check_text(request.images[1].name, "two");
	check_text(request.images[1].user, "1000");
}

TEST(arguments_go_to_the_image_before_them)
{
	struct request request;
	struct error err = { 0 };
	char *argv[] = { "x", "--name=a", "--", "--loud", "1", "---",
			 "y", "--name=b", "--", "--",     "-v" };

	check_ok(fixture_parse(&request, ARRAY_LENGTH(argv), argv, &err), &err);
	check_uint(request.n_images, 2);
	check_uint(request.images[0].n_arguments, 2);
	check_text(request.images[0].arguments[0], "--loud");
	check_text(request.images[0].arguments[1], "1");
	check_uint(request.images[1].n_arguments, 2);
	check_text(request.images[1].arguments[0], "--");
	check_text(request.images[1].arguments[1], "-v");
}

TEST(mounts_and_annotations_before_the_images_are_the_pods)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--volume=v,kind=empty", "--mount=volume=v,target=/all",
		       "--annotation=a.com/p=1", "x", "--mount", "volume=v,target=/own",
		       "--annotation=a.com/q=2"),
		 &err);
	check_uint(request.n_mounts, 1);
	check_text(request.mounts[0].path, "/all");
	check_text(request.annotations.items[0].name, "a.com/p");
	check_uint(request.images[0].n_mounts, 1);
	check_text(request.images[0].mounts[0].path, "/own");
	check_text(request.images[0].annotations.items[0].value, "2");
}

TEST(the_old_names_of_capabilities_options_still_work)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "x", "--cap-retain=CAP_KILL,CAP_CHOWN", "y",
		       "--cap-remove=CAP_MKNOD"),
		 &err);
	check_uint(request.images[0].caps_retain.n, 2);
	check_text(request.images[0].caps_retain.items[1], "CAP_CHOWN");
	check_uint(request.images[1].caps_remove.n, 1);
}

TEST(networks_and_lists_are_split_at_commas)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--net=a:IP=1.2.3.4;k=v,b", "--dns=1.1.1.1,8.8.8.8", "x",
		       "--supplementary-gids=1,2", "--caps-retain=CAP_KILL,CAP_CHOWN"),
		 &err);
	check_uint(request.networks.n, 2);
	check_text(request.networks.items[0], "a:IP=1.2.3.4;k=v");
	check_uint(request.dns.n, 2);
	check_uint(request.images[0].supplementary_gids.n, 2);
	check_text(request.images[0].caps_retain.items[1], "CAP_CHOWN");
}

TEST(net_without_a_value_is_the_default_network)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--net", "x"), &err);
	check_text(request.networks.items[0], "default");
	check_text(request.images[0].reference, "x");
}

TEST(one_stage1_at_most_is_chosen)
{
	struct request request;
	struct error err = { 0 };

	check_ok(PARSE(&request, &err, "--stage1-path=/s.aci", "x"), &err);
	check_int(request.stage1_flag, STAGE1_PATH);
	check_text(request.stage1, "/s.aci");
	check_int(PARSE(&request, &err, "--stage1-path=/s.aci", "--stage1-name=a", "x"), -EINVAL);
	check_text(err.text, "--stage1-name: only one stage1 can be chosen");
}

TEST(many_images_are_kept_in_order)
{
	struct request request;
	struct error err = { 0 };
	char *argv[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i" };

	check_ok(fixture_parse(&request, ARRAY_LENGTH(argv), argv, &err), &err);
	check_uint(request.n_images, 9);
	check_text(request.images[0].reference, "a");
	check_text(request.images[8].reference, "i");
}
