# SPDX-License-Identifier: Apache-2.0
# What people get: programs without symbols and stage1 images, all in one folder, RKT_OUT.

set(RKT_OUT "${CMAKE_BINARY_DIR}/out" CACHE PATH "where programs and images are put")

include(Version)

# The names that the App Container specification gives to machines are those of Go.
set(RKT_ARCH "${CMAKE_SYSTEM_PROCESSOR}")
if(RKT_ARCH STREQUAL "x86_64")
  set(RKT_ARCH amd64)
endif()

# Sanitizers and debuggers need the symbols.
set(RKT_STRIP "${CMAKE_COMMAND}" -E true)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT RKT_SANITIZE)
  set(RKT_STRIP "${CMAKE_STRIP}" --strip-all --remove-section=.comment)
endif()

# rkt_pack_program(TARGET): TARGET, stripped, in RKT_OUT.
function(rkt_pack_program target)
  add_custom_command(
    OUTPUT "${RKT_OUT}/${target}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${RKT_OUT}"
    # Beside its place, then renamed: the old one may be running.
    COMMAND install -m 0755 "$<TARGET_FILE:${target}>" "${RKT_OUT}/.${target}.new"
    COMMAND ${RKT_STRIP} "${RKT_OUT}/.${target}.new"
    COMMAND "${CMAKE_COMMAND}" -E rename "${RKT_OUT}/.${target}.new" "${RKT_OUT}/${target}"
    DEPENDS "$<TARGET_FILE:${target}>" ${target}
    COMMENT "Packing ${target}"
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY RKT_PACKED "${RKT_OUT}/${target}")
endfunction()

# The plugins of cni/: one program of as many names.
set(RKT_CNI_PLUGINS bridge host-local loopback portmap ptp)

# rkt_link_plugins(RESULT FOLDER): commands that put the program into the folder by all its names.
function(rkt_link_plugins result folder)
  list(GET RKT_CNI_PLUGINS 0 first)
  set(commands COMMAND install -d -m 0755 "${folder}"
               COMMAND install -m 0755 "$<TARGET_FILE:rkt-cni>" "${folder}/.${first}.new"
               COMMAND ${RKT_STRIP} "${folder}/.${first}.new"
               COMMAND "${CMAKE_COMMAND}" -E rename "${folder}/.${first}.new" "${folder}/${first}")
  foreach(name IN LISTS RKT_CNI_PLUGINS)
    if(NOT name STREQUAL first)
      list(APPEND commands COMMAND "${CMAKE_COMMAND}" -E rm -f "${folder}/${name}"
                           COMMAND "${CMAKE_COMMAND}" -E create_hardlink "${folder}/${first}" "${folder}/${name}")
    endif()
  endforeach()
  set(${result} ${commands} PARENT_SCOPE)
endfunction()

# rkt_pack_plugins(): RKT_OUT/cni, for other runtimes.
function(rkt_pack_plugins)
  rkt_link_plugins(links "${RKT_OUT}/cni")
  list(TRANSFORM RKT_CNI_PLUGINS PREPEND "${RKT_OUT}/cni/" OUTPUT_VARIABLE outputs)
  add_custom_command(OUTPUT ${outputs} ${links} DEPENDS "$<TARGET_FILE:rkt-cni>" rkt-cni
                     COMMENT "Packing cni" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY RKT_PACKED ${outputs})
endfunction()

# rkt_pack_stage1(TARGET ENTRYPOINTS name… [NETWORKS] [PLUGINS] [GUEST_FILES file…]):
# RKT_OUT/TARGET.aci of the executable TARGET.  NETWORKS: with the networks that rkt has built in;
# PLUGINS: with those of cni/; the guest's files go to /guest.
#
# The executable is in the image once, under as many names as it has entrypoints.  They are hard
# links: whoever resolves a symbolic one before the exec loses the name, which is all the program has
# to know its entrypoint by.  The empty directories are what rkt and the stage1 mount on.
function(rkt_pack_stage1 target)
  cmake_parse_arguments(STAGE1 "NETWORKS;PLUGINS" "" "ENTRYPOINTS;GUEST_FILES" ${ARGN})
  set(layout "${CMAKE_CURRENT_BINARY_DIR}/${target}")
  set(rootfs "${layout}/rootfs")
  set(manifest "${CMAKE_CURRENT_BINARY_DIR}/${target}.manifest")
  set(image "${RKT_OUT}/${target}.aci")
  configure_file("${CMAKE_SOURCE_DIR}/${target}/manifest.json.in" "${manifest}" @ONLY)

  list(POP_FRONT STAGE1_ENTRYPOINTS first)
  set(links)
  foreach(name IN LISTS STAGE1_ENTRYPOINTS)
    list(APPEND links COMMAND "${CMAKE_COMMAND}" -E create_hardlink "${rootfs}/${first}"
         "${rootfs}/${name}")
  endforeach()
  set(guest)
  if(STAGE1_GUEST_FILES)
    set(guest COMMAND install -d -m 0755 "${rootfs}/guest"
              COMMAND install -m 0644 ${STAGE1_GUEST_FILES} "${rootfs}/guest")
  endif()
  set(networks)
  set(network_files)
  if(STAGE1_NETWORKS)
    file(GLOB network_files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/build/pack/net.d/*.conf")
    set(networks COMMAND install -d -m 0755 "${rootfs}/etc/rkt" "${rootfs}/etc/rkt/net.d"
                 COMMAND install -m 0644 ${network_files} "${rootfs}/etc/rkt/net.d")
  endif()
  set(plugins)
  set(plugins_program)
  if(STAGE1_PLUGINS)
    rkt_link_plugins(plugins "${rootfs}/usr/lib/rkt/plugins/net")
    set(plugins COMMAND install -d -m 0755 "${rootfs}/usr" "${rootfs}/usr/lib" "${rootfs}/usr/lib/rkt"
                        "${rootfs}/usr/lib/rkt/plugins" ${plugins})
    set(plugins_program "$<TARGET_FILE:rkt-cni>" rkt-cni)
  endif()
  add_custom_command(
    OUTPUT "${image}"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${layout}"
    # Modes are given, not left to the umask of whoever builds.
    COMMAND install -d -m 0755 "${RKT_OUT}" "${layout}" "${rootfs}" "${rootfs}/etc" "${rootfs}/opt"
            "${rootfs}/opt/stage2" "${rootfs}/rkt" "${rootfs}/dev"
            "${rootfs}/proc" "${rootfs}/store" "${rootfs}/sys"
    COMMAND install -m 0644 "${manifest}" "${layout}/manifest"
    COMMAND install -m 0755 "$<TARGET_FILE:${target}>" "${rootfs}/${first}"
    COMMAND ${RKT_STRIP} "${rootfs}/${first}"
    ${links}
    ${networks}
    ${plugins}
    ${guest}
    # gzip: the original rkt knows no zstd.  The time is fixed, whatever the environment says.
    COMMAND "${CMAKE_COMMAND}" -E env SOURCE_DATE_EPOCH=0 "$<TARGET_FILE:aci>" build --quiet
            --owned-by-root --compression=gzip "${layout}" "${image}"
    DEPENDS "$<TARGET_FILE:${target}>" ${target} "$<TARGET_FILE:aci>" aci "${manifest}"
            ${network_files} ${plugins_program} ${STAGE1_GUEST_FILES}
    COMMENT "Packing ${target}.aci"
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY RKT_PACKED "${image}")
endfunction()
