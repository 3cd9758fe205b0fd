# cmake -DKIND=find_package|add_subdirectory -DSOURCE=... -DBUILD=... -DWORK=... -P check.cmake
# Builds a stranger's project against this one and runs it. The project that embeds the sources is compiled only, unless
# -DFULL=ON.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output
                  WORKING_DIRECTORY "${SOURCE}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect text)
  string(FIND "${output}" "${text}" position)
  if(position LESS 0)
    message(FATAL_ERROR "expected ${text} in:\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
set(configure "${CMAKE_COMMAND}" -S "${SOURCE}/tests/consumer/${KIND}" -B "${WORK}/build" -G "${GENERATOR}"
              -DCMAKE_BUILD_TYPE=Release "-DCMAKE_CXX_COMPILER=${COMPILER}")
if(KIND STREQUAL find_package)
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  list(APPEND configure "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  list(APPEND configure "-DGLINER_SOURCE_DIR=${SOURCE}")
endif()
run(${configure})
if(KIND STREQUAL add_subdirectory AND NOT FULL)
  run("${CMAKE_COMMAND}" --build "${WORK}/build" --target consumer_objects)
  return()
endif()
run("${CMAKE_COMMAND}" --build "${WORK}/build" --target consumer)
run("${WORK}/build/consumer")
expect("person: Tim Cook at 0")
expect("\"company\": [")
expect("$1,299")

if(KIND STREQUAL find_package AND EXISTS "${WORK}/prefix/bin/gliner")
  # The installed command brings its model along.
  set(ENV{GLINER_MODEL_DIR} "")
  run("${WORK}/prefix/bin/gliner" -vv entities --label person --text "Tim Cook leads Apple.")
  expect("Tim Cook")
  expect("${WORK}/prefix/share/gliner/demo")
endif()
