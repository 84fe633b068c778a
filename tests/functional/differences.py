# SPDX-License-Identifier: Apache-2.0
"""
Where the isolators differ on purpose.

One test body serves all levels.  A test that is named here must FAIL at that level
(if it passes, that is an error: the table tells the truth or nothing).
"""

SAME_AS_HOST = "fly shares this namespace with the host"
HOST_FILES = "fly is for tools that manage the host: /dev, /proc and /sys are the host's"
NO_SUPERVISOR = "fly, one app: the app replaces run, so nobody is there to do this"
HOLDS_LOCK = "fly, one app: no process of ours stays, so the app itself holds the pod's lock open"

NO_HOST_NETWORK = "kvm: a virtual machine is not in the host's network; it is refused"
NO_HOST_SOCKETS = "kvm: an open socket of the host cannot be passed into a virtual machine; it is refused"
ON_THE_HOST = "kvm: plugins see the pod's namespace on the host; sysctls that they set there are not the guest's"
OWN_CGROUPS = "kvm: the cgroups of apps are in the guest, those of the host hold the machine"
OWN_DEVICES = "kvm: the machine has devices of its own; one of the host cannot be passed into it"

ONE_TABLE = "kvm: the guest's kernel has one table of routes; rules that choose another are refused"
AROUND_IT = "kvm: what is sent to an ipvlan in mode l3s does not come by its interface; it is refused"

# Tests that need a kind of interface (kernel_makes) must fail where the kernel has none.
OTHER_KERNEL = "this kernel makes no {}; tests/vm has one that makes all kinds"

# What needs somebody who keeps the output of a pod's only app.
OF_LOGS = [
    "test_both_streams_come_back_apart_and_unmarked",
    "test_one_stream_can_be_asked_for",
    "test_lines_have_their_times",
    "test_only_what_is_new_can_be_asked_for",
    "test_a_mebibyte_of_lines_comes_back_whole_and_in_order",
    "test_one_line_of_a_mebibyte_comes_back_as_one",
    "test_a_last_line_without_newline_comes_back",
    "test_who_follows_sees_lines_as_they_come_and_ends_with_the_pod",
    "test_a_running_pods_log_can_be_read",
    "test_a_log_keeps_the_newest_within_its_size",
    "test_what_the_supervisor_said_is_in_it",
    "test_a_leader_that_is_killed_while_apps_print_loses_nothing_that_was_read",
    "test_a_torn_log_gives_what_is_whole",
    "test_control_characters_do_not_reach_a_terminal",
    "test_json_has_an_object_for_each_line",
    "test_json_says_which_line_has_no_end",
    "test_json_follows",
]

DIFFERENCES = {
    **{(f"test_logs.py::{name}", "fly"): NO_SUPERVISOR for name in OF_LOGS},
    **{(f"test_metadata_service.py::test_{name}", "kvm"): NO_HOST_NETWORK for name in (
        "a_pod_learns_what_it_is", "an_app_learns_what_it_is", "one_annotation_can_be_asked_for", "what_a_pod_signs_can_be_verified",
        "a_signature_outlives_the_service", "who_has_no_token_or_asks_wrongly_is_turned_away",
        "a_token_is_of_no_use_elsewhere", "pods_are_forgotten_when_they_are_collected",
        "a_flood_of_slow_connections_keeps_nobody_out_for_long")},
    ("test_logs.py::test_json_says_which_line_has_no_end", "kvm"):
        "the guest's supervisor marks lines and ends each of them",
    ("test_isolation.py::test_the_network_of_the_host_can_be_asked_for", "kvm"): NO_HOST_NETWORK,
    ("test_network_plugins.py::test_settings_of_the_namespace_are_tuned", "kvm"): ON_THE_HOST,
    ("test_network_plugins.py::test_routes_are_chosen_by_source", "kvm"): ONE_TABLE,
    ("test_network_plugins.py::test_the_interface_is_in_a_vrf", "kvm"): ONE_TABLE,
    ("test_network_plugins.py::test_a_copy_of_a_card_is_routed_by_the_host[ipvlan-l3s]", "kvm"): AROUND_IT,
    ("test_service_manager.py::test_a_socket_of_the_manager_reaches_the_app", "kvm"): NO_HOST_SOCKETS,
    ("test_limits.py::test_the_values_are_in_the_cgroup_of_the_app", "kvm"): OWN_CGROUPS,
    ("test_output.py::test_each_line_is_marked", "fly"): NO_SUPERVISOR,
    ("test_status.py::test_the_exit_status_is_kept", "fly"): NO_SUPERVISOR,
    ("test_isolation.py::test_the_pod_has_its_own_namespaces", "fly"): SAME_AS_HOST,
    ("test_isolation.py::test_the_host_name_is_the_pods", "fly"): SAME_AS_HOST,
    ("test_isolation.py::test_a_given_host_name_is_set", "fly"): SAME_AS_HOST,
    ("test_isolation.py::test_no_network_means_loopback_only", "fly"): SAME_AS_HOST,
    ("test_isolation.py::test_processes_of_the_host_are_not_seen", "fly"): SAME_AS_HOST,
    ("test_isolation.py::test_a_setting_of_the_kernel_is_the_pods", "fly"): SAME_AS_HOST,
    ("test_isolation.py::test_the_app_has_three_descriptors", "fly"): HOLDS_LOCK,
    ("test_root.py::test_dev_holds_nothing_else_of_the_host", "fly"): HOST_FILES,
    ("test_root.py::test_secrets_of_the_kernel_cannot_be_read[/proc/keys]", "fly"): HOST_FILES,
    ("test_root.py::test_secrets_of_the_kernel_cannot_be_read[/proc/timer_list]", "fly"): HOST_FILES,
    ("test_root.py::test_dangerous_places_cannot_be_written[/proc/sysrq-trigger]", "fly"): HOST_FILES,
    ("test_compatible_devices.py::test_a_device_that_is_a_volume_can_be_used", "kvm"): OWN_DEVICES,
    ("test_compatible_devices.py::test_who_may_make_tunnels_has_their_device", "kvm"): OWN_DEVICES,
    ("test_compatible_devices.py::test_no_other_device_can_be_made", "fly"): HOST_FILES,
    ("test_compatible_mounts.py::test_owners_of_a_volume_of_docker_s_are_the_pod_s", "fly"): (
        "fly has no users of its own, but rkt shifts the owners of the root as it was told to"),
    ("test_compatible_root.py::test_what_is_hidden_has_no_mode[/sys/firmware-directory]", "fly"): HOST_FILES,
    ("test_compatible_root.py::test_what_is_hidden_has_no_mode[/proc/keys-file]", "fly"): HOST_FILES,
    ("test_compatible_root.py::test_what_is_hidden_has_no_mode[/proc/timer_list-file]", "fly"): HOST_FILES,
    ("test_root.py::test_dangerous_places_cannot_be_written[/proc/sys/kernel/panic]", "fly"): HOST_FILES,
    ("test_root.py::test_dangerous_places_cannot_be_written[/proc/sys/vm/drop_caches]", "fly"): HOST_FILES,
}
