#!/bin/sh
# Installs the Debian or Ubuntu packages that a build needs; with --tests also what the tests need.
# Asks nothing. Does nothing when all packages are there. Uses sudo when not run as root.
set -eu

# Exported targets of libdnnl-dev name OpenCL, so its headers must be there although nothing here uses them.
# libopenblas0-openmp: LibTorch only asks for some BLAS and would take the unoptimised reference one.
packages="g++ cmake ninja-build
  libtorch-dev libdnnl-dev ocl-icd-opencl-dev libopenblas0-openmp
  libicu-dev libpcre2-dev libfmt-dev nlohmann-json3-dev libcli11-dev
  zlib1g-dev libzstd-dev libssl-dev libcurl4-openssl-dev
  lld ccache"
if [ "${1:-}" = --tests ]; then
  packages="$packages libgtest-dev libgmock-dev"
fi

if ! command -v apt-get >/dev/null; then
  echo "install_packages.sh: no apt-get here; install the counterparts of these Debian packages yourself:" >&2
  echo $packages >&2
  exit 1
fi

missing=""
for package in $packages; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install_packages.sh: run as root, or install sudo" >&2; exit 1; }
  as_root=sudo
fi
echo "installing:$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $missing >&2
