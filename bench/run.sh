#!/bin/sh
# Builds every bench with g++ and clang, for AVX-512 and AVX2, runs it, and keeps the JSON:
#
#   bench/run.sh FOLDER [COMPILER/LEVEL...]        g++/x86-64-v4 clang++/x86-64-v3 ...
#
# The results lie in FOLDER/<compiler>/<level>/<program>.json; bench/tables.py makes tables of them. Other
# libraries are measured beside the first compiler only. Ten minutes on two cores; CORE=1 pins to that core.
set -eu
[ $# -ge 1 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
source=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift

clang=clang++
for version in 22 21 20 19 18 17 16; do
  if command -v "clang++-$version" >/dev/null; then clang=clang++-$version; break; fi
done
[ $# -gt 0 ] || set -- g++/x86-64-v4 g++/x86-64-v3 "$clang/x86-64-v4" "$clang/x86-64-v3"

for which in "$@"; do
  level=${which#*/}
  build=$folder/build/$which
  echo "== $which" >&2
  [ -f "$build/build.ninja" ] ||
    CXX=${which%%/*} meson setup --wrap-mode=nodownload --buildtype=release -Darch="$level" -Dbench=enabled \
      -Dtests=disabled -Dexamples=disabled "$build" "$source" >/dev/null
  meson compile -C "$build" benches >/dev/null
  mkdir -p "$folder/$which"
  rows=
  case $which in g++/*) ;; *) rows=--benchmark_filter='/etch$' ;; esac
  (
    if [ "$level" = x86-64-v3 ]; then  # the libraries that choose at run time are held to the same
      export ONEDNN_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell LIBXSMM_TARGET=hsw
    fi
    for program in kernels networks training training_resnet; do
      # steps of milliseconds, some of which want both processors: the fastest tells what they take
      case $program in training*) how="--fastest --benchmark_min_time=0.1" ;; *) how=--benchmark_min_time=0.01 ;; esac
      "$build/bench/bench_$program" --pin="${CORE:-0}" $how $rows \
        --benchmark_out="$folder/$which/$program.json" >"$folder/$which/$program.txt" 2>&1 ||
        echo "$which: $program failed; see $folder/$which/$program.txt" >&2
      grep -H -e 'not to be trusted' -e 'longer in one pass' "$folder/$which/$program.txt" >&2 || :
    done
  )
done
