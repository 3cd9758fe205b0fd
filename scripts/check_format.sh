#!/bin/sh
# Compares every C++ file with what clang-format makes of it; --fix rewrites them. Version 14 is Debian 12's, others differ.
set -eu
cd "$(dirname "$0")/.."
clang_format=${CLANG_FORMAT:-clang-format-14}
if [ "${1:-}" = --fix ]; then mode=-i; else mode="--dry-run --Werror"; fi
find include src apps tests bench \( -name '*.h' -o -name '*.cc' \) -print0 | xargs -0 "$clang_format" $mode --style=file
