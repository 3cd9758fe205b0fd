#!/bin/sh
# Runs clang-tidy 14 with .clang-tidy over the sources of the library and the command. Arguments choose files by a
# regular expression: sh scripts/check_tidy.sh src/text. The whole takes some minutes a core, so CI does not run it.
set -eu
cd "$(dirname "$0")/.."
tidy=${CLANG_TIDY:-clang-tidy-14}
command -v "$tidy" >/dev/null || {
  echo "check_tidy.sh: $tidy is missing: apt-get install clang-tidy-14, or name another one in CLANG_TIDY" >&2
  exit 2
}
# clang reads neither GCC's precompiled headers nor the options that go with them.
cmake -S . -B build/tidy -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DGLINER_CCACHE=OFF -DGLINER_BUILD_TESTS=OFF >/dev/null
git ls-files 'src/*.cc' 'apps/*.cc' | grep -E "${1:-.}" |
  xargs -P "$(nproc)" -n 1 "$tidy" --quiet --extra-arg=-std=c++17 -p build/tidy
