#!/bin/sh
# Installs packages, builds everything as CI does (preset release, warnings are errors) and runs all tests.
# Left out: tests labelled slow (ctest --preset release -L slow). Arguments go to ctest, for example: sh scripts/test.sh -R cli
set -eu
cd "$(dirname "$0")/.."

sh scripts/install_packages.sh --tests
cmake --preset release -DGLINER_BUILD_TESTS=ON -DGLINER_WARNINGS_AS_ERRORS=ON
cmake --build --preset release
ctest --preset release -j2 -LE slow "$@"
