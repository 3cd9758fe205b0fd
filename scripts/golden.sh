#!/bin/sh
# Runs every model of a folder of recorded answers through this engine and compares.
#
#     sh scripts/golden.sh FOLDER [RUNNER]
#
# FOLDER/NAME/ holds model/, cases.jsonl and, if there are any, tokenizer.jsonl and trace.safetensors with the
# tensors on the way (tests/data/README.md tells the formats). RUNNER is the golden_runner of a build, default: the
# one of the release preset; the trace tests beside it compare the tensors. Models of another architecture are
# checked for their tokenizers only. Exit status: 0 when nothing differs.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
folder=$1
shift
runner=$here/build/release/tests/golden/golden_runner
if [ $# -gt 0 ]; then
  runner=$1
  shift
fi
[ -x "$runner" ] || { echo "golden.sh: $runner is not there: build the tests first (sh scripts/test.sh)" >&2; exit 2; }
command -v python3 >/dev/null || { echo "golden.sh: the comparison needs python3 (standard library only)" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=0
for model in "$folder"/*/; do
  name=$(basename "$model")
  [ -f "$model/model/config.json" ] || [ -f "$model/model/gliner_config.json" ] || continue
  found=1
  if [ -f "$model/tokenizer.jsonl" ]; then
    "$runner" --tokenizer "$model/model" "$model/tokenizer.jsonl" >"$work/$name.words.jsonl" 2>"$work/$name.words.err" ||
      sed "s/^/$name: /" "$work/$name.words.err" >&2
    set -- "$@" --tokenizer "$name" "$model/tokenizer.jsonl" "$work/$name.words.jsonl"
  fi
  if [ -f "$model/cases.jsonl" ] && ! grep -qs '"architecture": *"boundary"' "$model/model/config.json"; then
    "$runner" "$model/model" "$model/cases.jsonl" >"$work/$name.jsonl" 2>"$work/$name.err" ||
      sed "s/^/$name: /" "$work/$name.err" >&2
    set -- "$@" --cases "$name" "$model/cases.jsonl" "$work/$name.jsonl"
  fi
done
# Where the folder has the stages on the way, the trace tests beside the runner compare them.
traces=0
compare_traces() { # PROGRAM VARIABLE CONFIG
  ls "$folder"/*/trace.safetensors "$folder"/*/model/"$3" >/dev/null 2>&1 || return 0
  program=$(dirname "$runner")/$1
  [ -x "$program" ] || { echo "golden.sh: $program is not there: traces are not compared" >&2; return 0; }
  env "$2=$folder" "$program" --gtest_brief=1 || traces=1
}
compare_traces trace_test GLINER_GOLDEN2 config.json
compare_traces gliner1_trace_test GLINER_GOLDEN1 gliner_config.json
[ $found = 1 ] || { echo "golden.sh: $folder has no NAME/model/config.json or gliner_config.json" >&2; exit 2; }
python3 "$here/tests/golden/compare.py" "$@"
exit $traces
