# LibTorch, and whether the kernels for NVIDIA cards are built: only where LibTorch is built for cards, and then its own
# package asks for nvcc and enables the language CUDA. A LibTorch for CPUs needs no CUDA at all.
set(GLINER_CUDA AUTO CACHE STRING "Kernels for NVIDIA cards: AUTO (where LibTorch is built for cards), ON or OFF")
set_property(CACHE GLINER_CUDA PROPERTY STRINGS AUTO ON OFF)
set(GLINER_CUDA_ARCHITECTURES "8.0;9.0+PTX" CACHE STRING "Cards to compile for, in LibTorch's notation")
if(NOT GLINER_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "GLINER_CUDA: expected AUTO, ON or OFF, found ${GLINER_CUDA}")
endif()

# LibTorch makes compiler flags for all of CUDA out of this; without it, for the cards that it finds, or for every
# architecture that it knows.
if(NOT DEFINED TORCH_CUDA_ARCH_LIST AND NOT DEFINED ENV{TORCH_CUDA_ARCH_LIST})
  set(TORCH_CUDA_ARCH_LIST "${GLINER_CUDA_ARCHITECTURES}")
endif()
find_package(Torch REQUIRED)

set(GLINER_CUDA_KERNELS OFF)
if(TARGET torch_cuda AND CMAKE_CUDA_COMPILER AND NOT GLINER_CUDA STREQUAL "OFF")
  set(GLINER_CUDA_KERNELS ON)
  message(STATUS "Kernels for NVIDIA cards: ${TORCH_CUDA_ARCH_LIST}")
elseif(GLINER_CUDA STREQUAL "ON")
  message(FATAL_ERROR "GLINER_CUDA is ON, but the LibTorch in ${TORCH_INSTALL_PREFIX} is built for CPUs or there is no nvcc")
endif()

# From 2.10 on LibTorch's headers are C++20; before, C++17 is enough for them as for this project.
if(Torch_VERSION VERSION_GREATER_EQUAL 2.10)
  set(gliner_torch_standard cxx_std_20)
else()
  set(gliner_torch_standard cxx_std_17)
endif()
