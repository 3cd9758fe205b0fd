# Every package is taken from the system or from CMAKE_PREFIX_PATH; nothing is vendored.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
# libcrypto alone: digests of downloaded files, keyed pseudonyms.
find_package(OpenSSL 1.1.1 REQUIRED COMPONENTS Crypto)
if(GLINER_HUB)
  find_package(CURL 7.68 REQUIRED)
endif()
find_package(ICU 67 REQUIRED COMPONENTS uc i18n)
include(GlinerTorch)
find_package(dnnl CONFIG REQUIRED)

find_path(GLINER_PCRE2_INCLUDE_DIR pcre2.h)
find_library(GLINER_PCRE2_LIBRARY pcre2-8)
if(NOT GLINER_PCRE2_INCLUDE_DIR OR NOT GLINER_PCRE2_LIBRARY)
  message(FATAL_ERROR "PCRE2 not found: install libpcre2-dev or set CMAKE_PREFIX_PATH")
endif()
add_library(gliner_pcre2 INTERFACE)
target_include_directories(gliner_pcre2 SYSTEM INTERFACE "${GLINER_PCRE2_INCLUDE_DIR}")
target_link_libraries(gliner_pcre2 INTERFACE "${GLINER_PCRE2_LIBRARY}")
target_compile_definitions(gliner_pcre2 INTERFACE PCRE2_CODE_UNIT_WIDTH=8)

# Torch and oneDNN as one SYSTEM interface, so that their headers raise no warnings of ours. Both run on OpenMP, and
# LibTorch's parallel_for is serial in sources compiled without it.
add_library(gliner_torch_deps INTERFACE)
target_include_directories(gliner_torch_deps SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(gliner_torch_deps INTERFACE ${TORCH_LIBRARIES} DNNL::dnnl OpenMP::OpenMP_CXX)
separate_arguments(gliner_torch_flags NATIVE_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(gliner_torch_deps INTERFACE ${gliner_torch_flags})
target_compile_features(gliner_torch_deps INTERFACE ${gliner_torch_standard})
