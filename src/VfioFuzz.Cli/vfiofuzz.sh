#!/bin/sh
# The command. `corpus min FROM TO [--target T]` goes straight to the host that is compiled ahead of time, where that is built and newer than what
# it was made from: it needs no runtime, whose start takes as long as a thousand programs. All else is for the command proper.
here=${0%/*}
[ -d "$here/bin/VfioFuzz.Cli" ] || here=$(dirname "$(readlink -f "$0")")/../../artifacts
native=$here/instrumented/native/vfiofuzz-fuzz

is_fresh() {
    [ -x "$native" ] || return 1
    for library in "$here"/instrumented/bin/VfioFuzz.Fuzz/release/*.dll; do
        [ "$native" -nt "$library" ] || return 1
    done
}

if [ "$1 $2" = "corpus min" ] && [ -d "$3" ] && is_fresh; then
    case "$#:$5:$4" in
        4::[!-]*) VFIOFUZZ_TARGET=sim/blocking exec "$native" min "$3" "$4" ;;
        6:--target:[!-]*) VFIOFUZZ_TARGET=$6 exec "$native" min "$3" "$4" ;;
    esac
fi
exec "$here/bin/VfioFuzz.Cli/release/vfiofuzz" "$@"
