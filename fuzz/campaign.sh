#!/usr/bin/env bash
# An AFL++ campaign over the instrumented host. VFIOFUZZ_TARGET (default sim/blocking) names what is fuzzed: a design, or
# a reader of programs (text, bytes). VFIOFUZZ_FUZZ_SECONDS says how long (default: until Ctrl-C), VFIOFUZZ_FUZZ_OUT where
# (default artifacts/afl); other arguments go to afl-fuzz (-M main, -S second, ...). Seeds are corpus/seeds/*.vprog, and the
# dictionary has their operations (for text, the grammar's words).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
host=$PWD/artifacts/instrumented/bin/VfioFuzz.Fuzz/release/vfiofuzz-fuzz
out=${VFIOFUZZ_FUZZ_OUT:-$PWD/artifacts/afl}
seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
"$host" seeds corpus/seeds "$seeds/inputs"
"$host" dictionary corpus/seeds "$seeds/dictionary"
# AFL cannot see .NET's instrumentation in the binary; the automatic time limit of 20 ms ends a campaign at the first slow run.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_AUTORESUME=1
export AFL_NO_UI=${AFL_NO_UI:-1}
[ -n "${VFIOFUZZ_FUZZ_SECONDS:-}" ] && set -- -V "$VFIOFUZZ_FUZZ_SECONDS" "$@"
afl-fuzz -i "$seeds/inputs" -x "$seeds/dictionary" -o "$out" -t 2000 "$@" -- "$host" afl
