#!/usr/bin/env bash
# The only script people need.
#
#   ./build.sh            build Release; the command is artifacts/vfiofuzz
#   ./build.sh run        build, then the main job on the simulated designs (needs the .NET SDK alone)
#   ./build.sh test       build, prepare a real kernel and AFL++, run every test; ends with "N passed, N failed"
#   ./build.sh kernel     prepare real kernels (arguments go to `vfiofuzz kernel prepare`)
#   ./build.sh fuzz       coverage-guided campaign under AFL++ (VFIOFUZZ_FUZZ_SECONDS bounds it)
#   ./build.sh bench      the speed table's figures beside their bars (arguments go to the benchmarks)
#   ./build.sh mutate     a seeded sample of the model's mutants against the tests (--kernel linux/6.1: survivors there too)
#   ./build.sh instrument the instrumented build alone, for `vfiofuzz corpus min`
#   ./build.sh format     apply .editorconfig to the C# code
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1

kernel_packages=(qemu-system-x86 qemu-system-data gcc make libc6-dev libelf-dev kmod xz-utils zstd lz4 bc flex bison libssl-dev dpkg-dev)
mutant_packages=(coccinelle)
fuzz_packages=(afl++)
native_packages=(gcc libc6-dev zlib1g-dev)

fail() { echo "build.sh: $*" >&2; exit 1; }

# Debian packages are installed when we may; otherwise one message names all that is missing.
need_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        echo "installing ${missing[*]}"
        apt-get update -qq || fail "apt-get update failed: check the network and /etc/apt/sources.list"
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
            || fail "could not install: ${missing[*]}"
    else
        fail "missing Debian packages; run: sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
}

need_dotnet() {
    command -v dotnet >/dev/null || fail "the .NET SDK 10 is not on PATH: https://dotnet.microsoft.com/download"
}

build() {
    need_dotnet
    dotnet build VfioFuzz.sln -c Release -v quiet -clp:NoSummary "$@"
    ln -sfn ../src/VfioFuzz.Cli/vfiofuzz.sh artifacts/vfiofuzz
}

instrument() {
    dotnet tool restore >/dev/null
    dotnet build fuzz/VfioFuzz.Fuzz/VfioFuzz.Fuzz.csproj -c Release -v quiet -clp:NoSummary -p:Instrumented=true
    dotnet publish fuzz/VfioFuzz.Fuzz/VfioFuzz.Fuzz.csproj -c Release -v quiet -clp:NoSummary -p:Instrumented=true -p:Native=true
}

# Adds up the summary line of every test project. What is skipped here has failed: build.sh prepared all that tests need.
run_tests() {
    local log=artifacts/test.log status=0
    VFIOFUZZ_REQUIRE=1 dotnet test VfioFuzz.sln -c Release --no-build -maxcpucount:1 -v quiet \
        --logger 'console;verbosity=minimal' "$@" 2>&1 | tee "$log" || status=1
    awk -v status="$status" '
        match($0, /Failed: +[0-9]+, Passed: +[0-9]+, Skipped: +[0-9]+/) {
            split(substr($0, RSTART, RLENGTH), part, /[^0-9]+/)
            failed += part[2]; passed += part[3]; skipped += part[4]
        }
        END {
            if (skipped) printf "%d skipped: every skip is a failure here\n", skipped
            failed += skipped
            if (status && !failed) failed = 1
            if (!passed && !failed) { print "no test ran"; failed = 1 }
            printf "%d passed, %d failed\n", passed, failed
            exit failed != 0
        }' "$log"
}

case "${1:-build}" in
    build) build ;;
    run)
        shift
        build
        exec artifacts/vfiofuzz check --all-designs "$@"
        ;;
    test)
        shift
        need_packages "${kernel_packages[@]}" "${mutant_packages[@]}" "${fuzz_packages[@]}" "${native_packages[@]}"
        build
        instrument
        artifacts/vfiofuzz kernel prepare 6.1 6.12 6.1-waiting 6.1-waiting-mended 6.1-covered
        run_tests "$@"
        ;;
    kernel)
        shift
        need_packages "${kernel_packages[@]}" "${mutant_packages[@]}"
        build
        exec artifacts/vfiofuzz kernel prepare "$@"
        ;;
    fuzz)
        shift
        need_packages "${fuzz_packages[@]}" "${native_packages[@]}"
        build
        instrument
        exec fuzz/campaign.sh "$@"
        ;;
    bench)
        shift
        need_dotnet
        dotnet build tests/VfioFuzz.Benchmarks/VfioFuzz.Benchmarks.csproj -c Release -v quiet -clp:NoSummary
        [ $# -eq 0 ] || exec artifacts/bin/VfioFuzz.Benchmarks/release/VfioFuzz.Benchmarks "$@"
        dotnet build tests/VfioFuzz.Exploring.Benchmark/VfioFuzz.Exploring.Benchmark.csproj -c Release -v quiet -clp:NoSummary
        artifacts/bin/VfioFuzz.Benchmarks/release/VfioFuzz.Benchmarks
        # 4: SPIN is missing, and the message has said so.
        artifacts/bin/VfioFuzz.Exploring.Benchmark/release/VfioFuzz.Exploring.Benchmark || [ $? -eq 4 ]
        ;;
    mutate)
        shift
        build
        exec nice -n 15 artifacts/bin/VfioFuzz.Mutation/release/VfioFuzz.Mutation "$@"
        ;;
    instrument)
        need_packages "${native_packages[@]}"
        build
        instrument
        ;;
    format) need_dotnet; exec dotnet format VfioFuzz.sln ;;
    *) sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
