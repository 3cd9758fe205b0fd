#!/bin/sh
# From a fresh clone to a first result: installs packages, builds the library and the command (no tests) and runs
# the bundled model on a paragraph. Debian 12 or a recent Ubuntu; a few minutes on two cores.
set -eu
cd "$(dirname "$0")/.."

sh scripts/install_packages.sh
# Warnings of a compiler newer than ours must not stop a first try.
cmake --preset release -DGLINER_BUILD_TESTS=OFF -DGLINER_WARNINGS_AS_ERRORS=OFF
cmake --build --preset release

gliner=build/release/apps/gliner/gliner
text="Tim Cook announced in Cupertino on 9 September that Apple has acquired Nimbus Labs, a start-up founded by \
Maria Silva. The new iPhone 15 comes in blue and costs \$799. Analysts loved the announcement."

show() { # title, arguments of the command
  printf '\n== %s\n' "$1"
  shift
  "$gliner" "$@" --text "$text" --pretty
}
printf '\n%s\n' "$text"
show "Entities" entities --include-confidence --include-spans \
  --label person --label company --label location --label date --label product
show "Relations" relations --relation acquired --relation founded_by
show "Classes" classify --task sentiment --label positive --label negative --include-confidence
show "Records" json \
  --structures-json '{"product_info": ["name::str::product name", "price::str::price of the product"]}'

printf '\nThe command is %s; see %s --help and README.md.\n' "$gliner" "$gliner"
