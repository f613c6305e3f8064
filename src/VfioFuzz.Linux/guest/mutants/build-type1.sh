#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build-type1.sh KERNEL HEADERS WORK [--cover DIR] [PATCH.cocci...]
#
# Builds vfio_iommu_type1.ko, changed by semantic patches, and prints its path. KERNEL is an unpacked source tree, or
# a version ("6.1") whose newest Debian source package is fetched into WORK (kept there for the next patch). HEADERS is
# the build folder of the kernel that will load it, WORK a folder to work in. Without a patch the module is the kernel's own.
# With --cover it tells which of its blocks run to the module whose source is in DIR; beside the two lies blocks.tsv: start of each block behind its
# call (hexadecimal, from the start of .text), function, line.
set -euo pipefail

die() { echo "build-type1: $*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: apt-get install $2"; }

[ $# -ge 3 ] || die "usage: build-type1.sh KERNEL HEADERS WORK [--cover DIR] [PATCH.cocci...]"
kernel=$1 headers=$(realpath "$2")
mkdir -p "$3"
work=$(realpath "$3")
shift 3
cover=
if [ "${1:-}" = --cover ]; then
	cover=$(realpath "$2")
	shift 2
fi
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
[ -z "$cover" ] || cp "$cover"/* "$build/"

compiler=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' "$headers/include/config/auto.conf" 2>/dev/null || true)
command -v "${compiler:-none}" >/dev/null || compiler=gcc
make -s -C "$headers" M="$build" CC="$compiler" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$build/build.log" 2>&1 ||
	{ cat "$build/build.log" >&2; die "the module does not build"; }

# Of places inlined into each other the innermost in type1 itself counts, not a header's.
list_blocks() {
	objdump -r -j .text "$1" | awk '/__sanitizer_cov_trace_pc/ { print $1 }' |
		while read -r operand; do printf '%x\n' $((0x$operand + 4)); done |
		addr2line -f -i -a -j .text -e "$1" | awk '
			function tell() { if (line != "") printf "%s\t%s\t%s\n", start, name, line }
			/^0x/ { tell(); start = $1; line = ""; next }
			{ last = $0; getline place; count = split(place, part, /[: ]/) }
			line == "" && place ~ /vfio_iommu_type1\.c:[0-9]/ { name = last; line = part[2] }
			END { tell() }'
}
[ -z "$cover" ] || list_blocks "$build/vfio_iommu_type1.ko" >"$build/blocks.tsv"
strip --strip-debug "$build"/*.ko
echo "$build/vfio_iommu_type1.ko"
