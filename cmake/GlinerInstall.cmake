# `cmake --install BUILD --prefix P` gives P/include, P/lib (with a CMake package and a .pc file), P/bin/gliner and the
# bundled model in P/share/gliner/demo, where the command looks for it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(GLINER_INSTALL_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/gliner")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/gliner" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING
        PATTERN "*.h")
install(FILES "${PROJECT_BINARY_DIR}/include/gliner/version.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/gliner")
install(TARGETS gliner EXPORT gliner-targets)
install(EXPORT gliner-targets NAMESPACE gliner:: DESTINATION "${GLINER_INSTALL_CMAKE_DIR}")

# The package of a static library links these by path: their own targets have no stable names.
if(BUILD_SHARED_LIBS)
  set(GLINER_PACKAGE_IS_STATIC OFF)
else()
  set(GLINER_PACKAGE_IS_STATIC ON)
endif()
configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/gliner-config.cmake.in" "${PROJECT_BINARY_DIR}/cmake/gliner-config.cmake"
  INSTALL_DESTINATION "${GLINER_INSTALL_CMAKE_DIR}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/gliner-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cmake/gliner-config.cmake" "${PROJECT_BINARY_DIR}/cmake/gliner-config-version.cmake"
        DESTINATION "${GLINER_INSTALL_CMAKE_DIR}")

if(GLINER_PACKAGE_IS_STATIC)
  set(GLINER_PC_REQUIRES "fmt icu-i18n icu-uc libcrypto libpcre2-8")
  if(GLINER_HUB)
    string(APPEND GLINER_PC_REQUIRES " libcurl")
  endif()
  set(GLINER_PC_LIBS "-L${TORCH_INSTALL_PREFIX}/lib -ltorch -ltorch_cpu -lc10 -ldnnl -fopenmp")
  set(GLINER_PC_CFLAGS "-DGLINER_STATIC")
endif()
# Relative to the file itself, so that `cmake --install --prefix` may choose another place.
file(RELATIVE_PATH GLINER_PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file("${CMAKE_CURRENT_LIST_DIR}/gliner.pc.in" "${PROJECT_BINARY_DIR}/cmake/gliner.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cmake/gliner.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

if(GLINER_BUILD_APPS)
  set_target_properties(gliner_program PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS gliner_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(EXISTS "${PROJECT_SOURCE_DIR}/weights/demo/config.json")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/weights/demo/" DESTINATION "${CMAKE_INSTALL_DATADIR}/gliner/demo")
endif()
