# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where, and the Debian package of it: `cpack` in the build directory.
#
# Of RKT_PACKED: images for pods, programs for people, plugins where rkt looks for an
# administrator's, and helpers that only rkt starts.
include(Pack)
include(Version)

set(package "${CMAKE_SOURCE_DIR}/build/package")
get_property(packed GLOBAL PROPERTY RKT_PACKED)
list(GET RKT_CNI_PLUGINS 0 first_plugin)
foreach(file IN LISTS packed)
  cmake_path(GET file FILENAME name)
  if(name MATCHES "\\.aci$")
    install(FILES "${file}" DESTINATION lib/rkt/stage1-images)
  elseif(name STREQUAL first_plugin)
    install(PROGRAMS "${file}" DESTINATION lib/rkt/plugins/net)
  elseif(name IN_LIST RKT_CNI_PLUGINS)
    # Links, since an installation makes copies of hard ones.
    set(link "${CMAKE_CURRENT_BINARY_DIR}/plugin-links/${name}")
    file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/plugin-links")
    file(CREATE_LINK "${first_plugin}" "${link}" SYMBOLIC)
    install(FILES "${link}" DESTINATION lib/rkt/plugins/net)
  elseif(name MATCHES "^(rkt|aci)$")
    install(PROGRAMS "${file}" DESTINATION bin)
  else()
    install(PROGRAMS "${file}" DESTINATION lib/rkt)
  endif()
endforeach()
install(FILES "${package}/rkt-gc.service" "${package}/rkt-gc.timer" "${package}/rkt-metadata.service"
              "${package}/rkt-metadata.socket" DESTINATION lib/systemd/system)
install(FILES "${package}/sysusers.conf" DESTINATION lib/sysusers.d RENAME rkt.conf)
install(FILES "${package}/tmpfiles.conf" DESTINATION lib/tmpfiles.d RENAME rkt.conf)
install(FILES "${CMAKE_SOURCE_DIR}/README.md" "${CMAKE_SOURCE_DIR}/CHANGELOG.md"
        DESTINATION share/doc/rkt)
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" DESTINATION share/doc/rkt RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rkt)
set(CPACK_PACKAGE_VERSION "${RKT_VERSION}")
set(CPACK_PACKAGE_CONTACT "rkt maintainers <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runs pods of App Container images, isolated as you choose")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
                                                GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "What isolates a pod is itself an image, chosen when the pod is run: the host's namespaces,
 namespaces of the pod's own, or a virtual machine with a kernel of its own.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Disks and hypervisor of virtual machines, registries, signatures: each can be missing.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "erofs-utils, qemu-system-x86, gpg, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS skopeo)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${package}/postinst" "${package}/prerm" "${package}/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES OFF) # they are
include(CPack)
