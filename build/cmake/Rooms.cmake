# SPDX-License-Identifier: Apache-2.0
# A room is one folder of common/ and one static library; a unit test is one file.

# rkt_room(NAME [USES room…] [LIBRARIES lib…]): library common_NAME of all *.c of this folder.
function(rkt_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.c")
  add_library(common_${name} STATIC ${sources})
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(common_${name} PUBLIC common_${used})
  endforeach()
  target_link_libraries(common_${name} PUBLIC ${ROOM_LIBRARIES})
endfunction()

# A static program starts as its C library has it, or without questions to the processor (common/start).
option(RKT_QUICK_START "start static programs without asking the processor about itself, where glibc is known" ON)
include(CheckCSourceCompiles)
check_c_source_compiles("
  #include <features.h>
  #if !defined(__x86_64__) || defined(__ILP32__) || __GLIBC__ != 2 || __GLIBC_MINOR__ != 36
  # error
  #endif
  int main(void) { return 0; }" RKT_KNOWS_START_OF_LIBC)

# rkt_static_program(NAME sources… LIBRARIES lib…): one static-PIE executable (dynamic under sanitizers).
function(rkt_static_program name)
  cmake_parse_arguments(PROGRAM "" "" "LIBRARIES" ${ARGN})
  add_executable(${name} ${PROGRAM_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${PROGRAM_LIBRARIES})
  if(NOT RKT_SANITIZE)
    # What a start executes lies together (build/start-order, which reads the map).
    target_link_options(${name} PRIVATE -static-pie "-Wl,-Map=$<TARGET_FILE:${name}>.map"
                        "-Wl,-T,${CMAKE_SOURCE_DIR}/common/start/start_order.ld")
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${CMAKE_SOURCE_DIR}/common/start/start_order.ld")
    if(RKT_QUICK_START AND RKT_KNOWS_START_OF_LIBC)
      target_link_libraries(${name} PRIVATE common_start)
    endif()
  endif()
endfunction()

# rkt_unit_test(NAME LIBRARIES lib…): test unit/NAME of NAME.c in the calling folder, with Check.
function(rkt_unit_test name)
  cmake_parse_arguments(TEST "" "" "LIBRARIES" ${ARGN})
  add_executable(test_${name} ${name}.c)
  target_link_libraries(test_${name} PRIVATE unit_test ${TEST_LIBRARIES})
  add_test(NAME unit/${name} COMMAND test_${name})
  set_tests_properties(unit/${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
