#!/usr/bin/env bash
# Builds, checks and measures everything on a machine with an NVIDIA card, in under ten minutes:
#
#     bash bench/gpu.sh OUT [--prefix TAR|FOLDER] [--wheels FOLDER] [--step NAME]...
#
# OUT/REPORT.md gets the tables, OUT/NAME.log what each step said. --prefix: what scripts/pack_prefix.sh packed; without,
# the system's packages. --wheels: gliner2 2.1.0, disentangled-flash 1.1.1 and what they lack there (pydantic,
# pydantic_core, annotated_types, typing_inspection), installed beside the Python that has torch; without, that Python
# must have them. --step: these steps only; what others left in build/gpu and build/gpu-work is used. Every step has a
# limit, and one that fails does not stop the others. PYTHON names the Python with torch (default python3),
# SECONDS_IN_ALL the time for everything (585). Exit status: 0 when every step succeeded.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
out=$1
shift
prefix="" wheels="" only=""
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) prefix=$2 ;;
    --wheels) wheels=$2 ;;
    --step) only="$only $2" ;;
    *) echo "gpu.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
python=${PYTHON:-python3}
build=$root/build/gpu
work=$root/build/gpu-work
model=$work/random-base
gliner=$build/apps/gliner/gliner
report=$out/REPORT.md
failed=""
deadline=$(($(date +%s) + ${SECONDS_IN_ALL:-585}))
mkdir -p "$work"
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 root out prefix wheels python build work model gliner

# step FUNCTION SECONDS: in a process of its own with all that it starts, its output in OUT/FUNCTION.log.
step() {
  local name=$1 limit=$2 begin left status=0 verdict=done seconds
  case " $only " in "  " | *" $name "*) ;; *) return 0 ;; esac
  begin=$(date +%s)
  left=$((deadline - begin))
  if [ "$left" -lt "$limit" ]; then limit=$left; fi
  if [ "$limit" -lt 5 ]; then
    echo "| $name | no time left | 0 |" >>"$out/steps.md"
    failed="$failed $name"
    return 0
  fi
  export -f "$name"
  timeout -s KILL "$limit" bash -c "set -euo pipefail; $name" >"$out/$name.log" 2>&1 || status=$?
  seconds=$(($(date +%s) - begin))
  if [ "$status" = 137 ]; then verdict="stopped at its limit"; fi
  if [ "$status" != 0 ] && [ "$status" != 137 ]; then verdict="FAILED ($status)"; fi
  if [ "$status" != 0 ]; then failed="$failed $name"; fi
  echo "| $name | $verdict | $seconds |" >>"$out/steps.md"
  echo "gpu.sh: $name: $verdict, $seconds s"
  [ "$status" = 0 ] || tail -n 5 "$out/$name.log" | sed 's/^/    /'
}
section() { printf '\n## %s\n\n' "$1" >>"$report"; }

prepare() {
  if [ -n "$wheels" ]; then
    "$python" -m pip install -q --no-index --no-deps --no-compile --upgrade --target "$work/site" "$wheels"/*.whl
  fi
  if [ -n "$prefix" ] && [ -f "$prefix" ]; then
    rm -rf "$work/prefix"
    mkdir -p "$work/prefix"
    tar -C "$work/prefix" --strip-components=1 -xf "$prefix"
  fi
  nvidia-smi || true
  "$python" "$root/bench/gpu_roof.py" | tee "$work/roof.json"
}

configure_and_build() {
  paths=$("$python" -c 'import torch; print(torch.utils.cmake_prefix_path)')
  where=$prefix
  if [ -n "$prefix" ] && [ -f "$prefix" ]; then where=$work/prefix; fi
  capability=$("$python" -c 'import torch; print("%d.%d" % torch.cuda.get_device_capability())')
  cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$where;$paths" -DGLINER_CUDA=ON \
    -DGLINER_CUDA_ARCHITECTURES="$capability" -DGLINER_HUB=OFF -DGLINER_BUILD_TESTS=ON -DGLINER_BUILD_BENCH=ON \
    -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags
  cmake --build "$build" --target gliner_program golden_runner nn_cuda_attention_test nn_cuda_indices_test \
    cuda_attention_bench cuda_encoder_bench
}

checkpoint() {
  "$python" "$root/bench/make_random_model.py" "$model" --size base
  "$python" "$root/bench/gpu_work.py" "$work"
}

kernels() {
  "$build/tests/unit/nn/nn_cuda_indices_test"
  "$build/tests/unit/nn/nn_cuda_attention_test"
}

golden() {
  # Tokenizers run on the CPU, and their mode takes no device.
  printf '#!/bin/sh\ncase $1 in --tokenizer) exec "%s" "$@" ;; esac\nexec "%s" --device cuda "$@"\n' \
    "$build/tests/golden/golden_runner" "$build/tests/golden/golden_runner" >"$work/golden_runner"
  chmod +x "$work/golden_runner"
  status=0
  for folder in "$root/tests/data/golden2" "$root/tests/data/golden1"; do
    sh "$root/scripts/golden.sh" "$folder" "$work/golden_runner" --tolerance 1e-3 || status=1
  done
  return $status
}

fidelity() {
  for dtype in bfloat16 float16; do
    "$python" "$root/bench/fidelity.py" --device cuda --dtype $dtype --runner "$build/tests/golden/golden_runner" |
      tee -a "$work/fidelity.jsonl"
  done
}

attention() {
  "$build/bench/cuda_attention_bench" 60 | tee "$work/attention.md"
  "$python" "$root/bench/disentangled_flash.py" --budget-ms 60 | tee "$work/disentangled_flash.md"
}

encoder() {
  : >"$work/encoder.md"
  for dtype in bfloat16 float16 float32; do
    "$build/bench/cuda_encoder_bench" "$model" $dtype 200 >"$work/encoder.part"
    sed -n "$([ -s "$work/encoder.md" ] && echo 3 || echo 1),\$p" "$work/encoder.part" >>"$work/encoder.md"
    cat "$work/encoder.part"
  done
}

profile() {
  command -v ncu >/dev/null || { echo "no ncu here"; return 1; }
  ncu --clock-control none --metrics gpu__time_duration.sum --print-summary per-kernel --csv \
    "$build/bench/cuda_encoder_bench" "$model" bfloat16 once 64 >"$work/profile.csv" 2>"$work/profile.err"
  "$python" - "$work/profile.csv" <<'PYTHON' | tee "$work/profile.md"
import csv, sys
lines = [line for line in open(sys.argv[1]) if line.startswith('"')]
rows = list(csv.DictReader(lines))
def of(row, *names):
    return next(row[key] for name in names for key in row if key and name in key.lower())
table = []
for row in rows:
    count = int(float(of(row, "invocations").replace(",", "")))
    average = float(of(row, "average").replace(",", ""))
    unit = of(row, "unit")
    table.append((count, count * average * {"ns": 1e-3, "nsecond": 1e-3, "us": 1, "usecond": 1, "ms": 1e3, "msecond": 1e3}.get(unit, 1), of(row, "kernel name", "kernel")))
table.sort(key=lambda row: -row[1])
total = sum(row[1] for row in table)
print(f"{sum(row[0] for row in table)} launches, {total:.0f} us, two forward passes and the start's\n")
print("| launches | us | share | kernel |\n| ---: | ---: | ---: | --- |")
for count, us, name in table[:20]:
    print(f"| {count} | {us:.0f} | {100 * us / total:.1f} % | `{name[:90]}` |")
PYTHON
}

# Launch by launch and from CUDA graphs; the report's cuda_graphs say whether they were replayed.
one_text() {
  : >"$work/one.jsonl.out"
  for dtype in float32 bfloat16 float16; do
    for graphs in "" --cuda-graphs; do
      echo "$dtype $graphs" | tee -a "$work/one.jsonl.out"
      # shellcheck disable=SC2086
      "$gliner" bench --model-dir "$model" --device cuda --dtype $dtype $graphs --batch-tokens 4096 \
        --labels-json "$work/many_labels.json" --batch-size 1 --repeats 60 "$work/one.jsonl" |
        tee -a "$work/one.jsonl.out"
    done
  done
}

# What the bundled model finds both ways in texts of many lengths, each a pass of its own: the scores of a random one
# lie so near to the threshold that rounding decides.
graph_answers() {
  head -n 400 "$work/bulk.jsonl" >"$work/graphs.jsonl"
  : >"$work/graphs.out"
  for dtype in float32 bfloat16; do
    for graphs in "" --cuda-graphs; do
      # shellcheck disable=SC2086
      "$gliner" entities --model-dir "$root/weights/demo" --device cuda --dtype $dtype $graphs --batch-tokens 1 -v \
        --include-confidence --include-spans --labels-json "$work/few_labels.json" "$work/graphs.jsonl" \
        >"$work/graphs$graphs.jsonl.out"
    done
    "$python" - "$dtype" "$work/graphs.jsonl.out" "$work/graphs--cuda-graphs.jsonl.out" <<'PYTHON' | tee -a "$work/graphs.out"
import json, sys
def spans(value, path=()):
    if isinstance(value, dict) and "confidence" in value:
        yield (path, value.get("text"), value.get("start"), value.get("end")), value["confidence"]
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from spans(item, path + (key,))
    elif isinstance(value, list):
        for item in value:
            yield from spans(item, path)
rows = [[dict(spans(json.loads(line))) for line in open(name)] for name in sys.argv[2:]]
found = alone = 0
largest = 0.0
for a, b in zip(*rows):
    found += len(a)
    alone += len(a.keys() ^ b.keys())
    largest = max([largest] + [abs(a[key] - b[key]) for key in a.keys() & b.keys()])
print(f"{sys.argv[1]}: {len(rows[0])} and {len(rows[1])} rows, {found} spans, {alone} in one of both only, "
      f"scores differ by at most {largest:.2e}")
limit = 1e-3 if sys.argv[1] == "float32" else 5e-2
if len(rows[0]) != len(rows[1]) or found == 0 or largest > limit or alone > (0 if sys.argv[1] == "float32" else found / 100):
    sys.exit(1)
PYTHON
  done
}

# Whole commands from JSONL to JSONL, the start of the process included, beside the card's load.
bulk() {
  : >"$work/bulk.md"
  for options in "float32" "float32 --tf32" "bfloat16" "float16"; do
    nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits -lms 50 >"$work/smi.csv" 2>/dev/null &
    smi=$!
    begin=$(date +%s%N)
    # shellcheck disable=SC2086
    "$gliner" entities --model-dir "$model" --device cuda --dtype $options --labels-json "$work/few_labels.json" \
      "$work/bulk.jsonl" >"$work/bulk.out.jsonl" 2>"$work/bulk.err"
    end=$(date +%s%N)
    kill $smi 2>/dev/null || true
    cat "$work/bulk.err"
    awk -v ms=$(((end - begin) / 1000000)) -v lines="$(wc -l <"$work/bulk.out.jsonl")" -v name="$options" -F, '
      $1 + 0 > 0 { if (!first) first = NR; last = NR; busy[NR] = $1 } { if ($2 + 0 > memory) memory = $2 + 0 }
      END { for (i = first; i <= last; ++i) sum += busy[i]
        printf "| %s | %d | %.2f | %.0f | %.0f %% | %d |\n", name, lines, ms / 1000, lines / ms * 1000,
          last ? sum / (last - first + 1) : 0, memory }' "$work/smi.csv" | tee -a "$work/bulk.md"
  done
  # Without the start of the process: what the pipeline alone does.
  "$gliner" bench --model-dir "$model" --device cuda --dtype bfloat16 --labels-json "$work/few_labels.json" \
    --batch-size 10000 --repeats 3 "$work/bulk.jsonl" | tee "$work/bulk_bench.json"
}

reference() {
  "$python" "$root/bench/gpu_reference.py" "$model" "$work/work.json" --budget 110 | tee "$work/reference.jsonl"
}

[ -z "$wheels" ] || export PYTHONPATH="$work/site"
rm -f "$out/steps.md"
step prepare 40
step configure_and_build 240
step checkpoint 45
step kernels 60
step attention 60
step encoder 30
step one_text 50
step graph_answers 40
step bulk 60
step golden 60
step fidelity 30
step reference 125
step profile 45

cat_if() { if [ -s "$1" ]; then cat "$1"; else echo "(not measured: see the step's log)"; fi >>"$report"; }
{
  echo "# Measured on a card"
  echo
  echo "Written by \`bench/gpu.sh\` on $(date -u +%F), commit $(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)."
  echo
  echo "The card's roof, by its libraries: \`$(cat "$work/roof.json" 2>/dev/null)\`"
  echo
  echo "| step | outcome | seconds |"
  echo "| --- | --- | ---: |"
  cat "$out/steps.md"
} >"$report"
section "Attention alone: this engine"
cat_if "$work/attention.md"
section "Attention alone: DisentangledFlash 1.1.1"
cat_if "$work/disentangled_flash.md"
section "The encoder, 16,384 packed tokens"
cat_if "$work/encoder.md"
section "One text of four sentences, 60 labels: this engine (gliner bench)"
cat_if "$work/one.jsonl.out"
section "The same answers from CUDA graphs"
cat_if "$work/graphs.out"
section "10,000 mixed texts, 5 labels, JSONL to JSONL, whole command: this engine"
printf '| dtype | texts | s | texts/s | card busy, first to last use | MiB |\n| --- | ---: | ---: | ---: | ---: | ---: |\n' >>"$report"
cat_if "$work/bulk.md"
cat_if "$work/bulk_bench.json"
section "The same two by Python gliner2 2.1.0"
cat_if "$work/reference.jsonl"
section "Answers of the bundled model in 16 bits"
cat_if "$work/fidelity.jsonl"
section "Golden cases on the card, float32, within 1e-3"
tail -n 12 "$out/golden.log" >>"$report" 2>/dev/null
section "Profile of the encoder by kernel (bfloat16, sequences of 64)"
cat_if "$work/profile.md"
cat "$report"
[ -z "$failed" ] || { echo "gpu.sh: failed:$failed" >&2; exit 1; }
