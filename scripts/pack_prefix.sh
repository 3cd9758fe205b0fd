#!/bin/sh
# Packs what a build needs besides LibTorch, CUDA and a compiler into one prefix, for machines without a package
# manager:
#
#     sh scripts/pack_prefix.sh OUT            # OUT/ and OUT.tar.xz, under 40 MiB
#     tar xf OUT.tar.xz && cmake -S . -B build -DCMAKE_PREFIX_PATH="$PWD/OUT;TORCH/share/cmake"
#
# Run it where `sh scripts/install_packages.sh --tests` ran (Debian, Ubuntu) with patchelf and, for the benchmarks,
# libbenchmark-dev installed. Taken are headers, shared libraries with all that they need but the C and C++ libraries,
# CMake packages and .pc files. The prefix may lie anywhere: libraries find each other by $ORIGIN, links are relative.
# The machine's C library must not be older than this one's.
set -eu
[ $# = 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
out=$1
[ ! -e "$out" ] || { echo "pack_prefix.sh: $out is there already" >&2; exit 2; }
for tool in patchelf dpkg-query ldd xz; do
  command -v $tool >/dev/null || { echo "pack_prefix.sh: $tool is missing" >&2; exit 2; }
done

packages="libicu-dev libpcre2-dev libfmt-dev nlohmann-json3-dev libcli11-dev libgtest-dev libgmock-dev
  libdnnl-dev ocl-icd-opencl-dev opencl-c-headers opencl-clhpp-headers zlib1g-dev libzstd-dev libssl-dev libcurl4-openssl-dev"
dpkg-query -W -f='${db:Status-Status}' libbenchmark-dev 2>/dev/null | grep -qx installed && packages="$packages libbenchmark-dev"
arch=$(dpkg-query -W -f='${Architecture}' libicu-dev)
triple=$(gcc -print-multiarch)
libraries=$out/lib/$triple
mkdir -p "$out/include" "$libraries"

# A file or link of the system to its place in the prefix. Headers of /usr/include/TRIPLE go beside the others: no
# compiler looks for such a folder in a prefix.
take() {
  file=$1
  case $file in
    /usr/include/"$triple"/*) to=$out/include/${file#/usr/include/"$triple"/} ;;
    /lib/*) to=$out$file ;;
    /usr/*) to=$out/${file#/usr/} ;;
    *) return 0 ;;
  esac
  mkdir -p "$(dirname "$to")"
  if [ -L "$file" ]; then
    target=$(readlink "$file")
    case $target in
      /*) cp -L "$file" "$to" ;;
      *) if [ -d "$file" ]; then cp -rL "$file" "$to"; else cp -P "$file" "$to"; fi ;;
    esac
  else
    cp "$file" "$to"
  fi
}

for package in $packages; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    dpkg-query -W -f='${db:Status-Status}' "$package:$arch" 2>/dev/null | grep -qx installed ||
    { echo "pack_prefix.sh: $package is not installed" >&2; exit 2; }
  dpkg -L "$package" | while read -r file; do
    [ ! -d "$file" ] || [ -L "$file" ] || { continue; }
    case $file in
      */usr/share/doc/* | */usr/share/man/* | */usr/bin/*) ;;
      # Static libraries only of what is linked statically: their CMake packages ask for them.
      *.a) case $package in libgtest-dev | libgmock-dev | libbenchmark-dev | libfmt-dev) take "$file" ;; esac ;;
      /usr/include/* | /usr/lib/"$triple"/* | /usr/lib/cmake/* | /usr/share/cmake/* | /usr/share/pkgconfig/*) take "$file" ;;
    esac
  done
done

# What the development links point to, and all that those libraries need; not what belongs to the compiler.
wanted() {
  case $(basename "$1") in
    ld-linux* | libc.so* | libm.so* | libdl.so* | librt.so* | libpthread.so* | libresolv.so* | libstdc++.so* | libgcc_s.so* | libgomp.so* | libanl.so* | libutil.so*) return 1 ;;
  esac
}
find "$libraries" -maxdepth 1 -name '*.so' -type l | while read -r link; do
  name=$(basename "$link")
  [ -e "/usr/lib/$triple/$name" ] || continue
  real=$(readlink -f "/usr/lib/$triple/$name")
  { echo "$real"; ldd "$real" | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p'; }
done | sort -u | while read -r library; do
  wanted "$library" || continue
  real=$(readlink -f "$library")
  soname=$(patchelf --print-soname "$real")
  cp "$real" "$libraries/$(basename "$real")"
  [ "$soname" = "$(basename "$real")" ] || ln -sfn "$(basename "$real")" "$libraries/$soname"
done
for library in "$libraries"/*.so*; do
  [ -f "$library" ] && [ ! -L "$library" ] || continue
  chmod 644 "$library"
  patchelf --set-rpath '$ORIGIN' "$library"
done
find "$out" -xtype l -delete # Development links to libraries that nothing here needs.

for file in "$libraries"/pkgconfig/*.pc "$out"/share/pkgconfig/*.pc; do
  [ -f "$file" ] || continue
  up=../..
  case $file in "$libraries"/*) up=../../.. ;; esac
  sed -i -e "s,^prefix *=.*,prefix=\${pcfiledir}/$up," -e "s,/usr/include/$triple,/usr/include,g" -e "s,=/usr,=\${prefix},g" \
    -e "s,-I/usr/include,-I\${prefix}/include,g" -e "s,-L/usr/lib/$triple,-L\${prefix}/lib/$triple,g" "$file"
done
# CMake packages that look for headers where Debian has them.
find "$out" -name '*.cmake' -exec sed -i "s,\${_IMPORT_PREFIX}/include/$triple,\${_IMPORT_PREFIX}/include,g" {} +

if find "$out" -type l -lname '/*' | grep -q .; then
  echo "pack_prefix.sh: absolute links are left:" >&2
  find "$out" -type l -lname '/*' >&2
  exit 1
fi
tar -C "$(dirname "$out")" --owner=0 --group=0 --sort=name -cf - "$(basename "$out")" | xz -6 -T0 >"$out.tar.xz"
bytes=$(wc -c <"$out.tar.xz")
echo "$out.tar.xz: $((bytes / 1024)) KiB"
[ "$bytes" -le $((40 * 1024 * 1024)) ] || { echo "pack_prefix.sh: above 40 MiB" >&2; exit 1; }
