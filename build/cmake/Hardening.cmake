# SPDX-License-Identifier: Apache-2.0
# The language, the warnings and the hardening of everything that is compiled here.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(RKT_WERROR "treat warnings as errors" OFF)
set(RKT_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")

add_compile_definitions(_GNU_SOURCE)
include_directories("${CMAKE_SOURCE_DIR}")
add_compile_options(
  -Wall -Wextra -Wshadow -Wconversion -Wvla -Walloca -Wformat=2 -Wstrict-prototypes
  -Wmissing-prototypes -Wundef -Wno-missing-field-initializers
  -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -fno-common -fno-strict-overflow
  -include "${CMAKE_SOURCE_DIR}/common/base/banned.h")

# clang before 16 has the option only behind another one.
include(CheckCCompilerFlag)
set(zero_init -ftrivial-auto-var-init=zero)
check_c_compiler_flag("${zero_init}" RKT_HAS_ZERO_INIT)
if(NOT RKT_HAS_ZERO_INIT)
  list(APPEND zero_init -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
endif()
add_compile_options(${zero_init})

if(RKT_WERROR)
  add_compile_options(-Werror)
endif()
if(RKT_SANITIZE)
  add_compile_definitions(RKT_SANITIZED) # for the few places that limit address space
  add_compile_options(-fsanitize=${RKT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RKT_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo|MinSizeRel")
  add_compile_definitions(_FORTIFY_SOURCE=3)
  # The same bytes wherever the tree lies.
  add_compile_options(-ffunction-sections -fdata-sections "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
  add_link_options(-Wl,--gc-sections)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
