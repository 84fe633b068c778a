# SPDX-License-Identifier: Apache-2.0
# One source of the versions: the header that rkt itself is compiled with.  Sets RKT_VERSION and
# RKT_APPC_VERSION.
set(version_header "${CMAKE_SOURCE_DIR}/stage0/version.h")
file(STRINGS "${version_header}" version_lines REGEX "^#define RKT_")
foreach(line IN LISTS version_lines)
  if(line MATCHES "^#define (RKT_[A-Z_]+) +\"(.+)\"$")
    set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endif()
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${version_header}")
