#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build-type1.sh KERNEL HEADERS WORK [PATCH.cocci...]
#
# Builds vfio_iommu_type1.ko, changed by semantic patches, and prints its path. KERNEL is an unpacked source tree, or
# a version ("6.1") whose newest Debian source package is fetched into WORK (kept there for the next patch). HEADERS is
# the build folder of the kernel that will load it, WORK a folder to work in. Without a patch the module is the kernel's own.
set -euo pipefail

die() { echo "build-type1: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: apt-get install $2"; }

[ $# -ge 3 ] || die "usage: build-type1.sh KERNEL HEADERS WORK [PATCH.cocci...]"
kernel=$1 headers=$(realpath "$2")
mkdir -p "$3"
work=$(realpath "$3")
shift 3
name=stock
[ $# -eq 0 ] || name=$(basename -s .cocci "$@" | paste -sd+)
build=$work/$name
[ -f "$headers/Module.symvers" ] || die "$headers holds no Module.symvers: not the build folder of a kernel"
[ $# -eq 0 ] || need spatch coccinelle

# Leaves drivers/vfio of Debian's source package in $work/source-VERSION.
fetch() {
	local package=linux-source-$1 into=$work/source-$1
	[ -f "$into/drivers/vfio/vfio_iommu_type1.c" ] && return
	rm -rf "$work/fetch" "$into.new"
	mkdir -p "$work/fetch" "$into.new"
	(cd "$work/fetch" && apt-get -q download "$package" >&2) ||
		die "$package cannot be fetched (is this Debian, and online?)"
	dpkg-deb --fsys-tarfile "$work/fetch"/*.deb | tar -xO "./usr/src/$package.tar.xz" |
		tar -xJ -C "$into.new" --strip-components=1 "$package/drivers/vfio"
	rm -rf "$work/fetch" "$into"
	mv "$into.new" "$into"
}

if [ -d "$kernel" ]; then
	source=$(realpath "$kernel")
else
	fetch "$kernel"
	source=$work/source-$kernel
fi
[ -f "$source/drivers/vfio/vfio_iommu_type1.c" ] || die "$source has no drivers/vfio/vfio_iommu_type1.c"

rm -rf "$build"
mkdir -p "$build"
cp "$source/drivers/vfio/vfio.h" "$build/"
cp "$source/drivers/vfio/vfio_iommu_type1.c" "$build/"
for patch in "$@"; do
	mv "$build/vfio_iommu_type1.c" "$build/before.c"
	spatch --very-quiet --sp-file "$patch" "$build/before.c" -o "$build/vfio_iommu_type1.c" >/dev/null ||
		die "$patch does not apply"
	cmp -s "$build/before.c" "$build/vfio_iommu_type1.c" && die "$patch changes nothing"
	rm "$build/before.c"
done
diff -u --label stock --label "$name" "$source/drivers/vfio/vfio_iommu_type1.c" "$build/vfio_iommu_type1.c" \
	>"$build/change.diff" || true
echo "obj-m := vfio_iommu_type1.o" >"$build/Kbuild"

compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' "$headers/include/config/auto.conf" 2>/dev/null || true)
command -v "${compiler:-none}" >/dev/null || compiler=gcc
make -s -C "$headers" M="$build" CC="$compiler" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$build/build.log" 2>&1 ||
	{ cat "$build/build.log" >&2; die "the module does not build"; }
strip --strip-debug "$build/vfio_iommu_type1.ko"
echo "$build/vfio_iommu_type1.ko"
