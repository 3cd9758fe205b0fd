# Compiler settings shared by every target of this project.
if(GLINER_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(GLINER_CCACHE ccache)
if(GLINER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What ccache needs to know a file with a precompiled header again, from another checkout too.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${GLINER_CCACHE}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  endif()
endif()

# lld links the tests against libtorch in a fraction of the time of ld.
include(CheckLinkerFlag)
check_linker_flag(CXX "-fuse-ld=lld" GLINER_HAVE_LLD)

# Settings that must not leak into consumers: linked PRIVATE by every target.
add_library(gliner_compiler INTERFACE)
target_compile_features(gliner_compiler INTERFACE cxx_std_17)
set(gliner_warnings -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(GLINER_WARNINGS_AS_ERRORS)
  list(APPEND gliner_warnings -Werror)
endif()
# What nvcc hands to the host compiler is not clean of them.
target_compile_options(gliner_compiler INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${gliner_warnings}>")
if(GLINER_SANITIZE)
  target_compile_options(
    gliner_compiler INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${GLINER_SANITIZE};-fno-omit-frame-pointer;-g1>")
  target_link_options(gliner_compiler INTERFACE -fsanitize=${GLINER_SANITIZE})
endif()
if(GLINER_HAVE_LLD)
  target_link_options(gliner_compiler INTERFACE -fuse-ld=lld)
endif()

set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
