#!/usr/bin/env python3
"""Cut recorded reference answers down to what the tests carry.

    trim_golden.py SOURCE DESTINATION

SOURCE holds the folders `gliner2/` and `gliner/` as they were recorded from the Python packages: per model a
checkpoint, `cases.jsonl`, `tokenizer.jsonl` and `trace.safetensors`. DESTINATION (tests/data) gets `golden2/` and
`golden1/`. Values are never changed: JSON is only rewritten without blanks, and whole lines and tensors are left out.

- golden2, span models: the checkpoint; every case up to MAX_CASE_BYTES, and of each method at least the smallest
  and, for WHOLE_CASES, every case; the tensors of TRACED_CASES; TOKENIZER_LINES lines of tokenizer.jsonl.
- golden2, boundary models: tokenizer.json and its lines (this engine reads their tokenizers only).
- golden1: the tokenizers, gliner_config.json and lines of tokenizer.jsonl; for V1_WHOLE_MODELS also the weights, the
  cases up to V1_MAX_CASE_BYTES and the tensors of V1_TRACED_CASES.
"""
import json
import shutil
import struct
import sys
from pathlib import Path

SPAN_MODELS = ["span-bert", "span-deberta-v2cnt", "span-deberta-v3", "span-modernbert"]
BOUNDARY_MODELS = ["boundary-shared"]
V1_MODELS = [
    "uni-token-deberta", "bi-token", "streaming-gpt2", "uni-span-bert", "relex-dot", "uni-span-decoder-short",
    "token-pool-first",
]
# With weights, cases and one traced case: the smallest model of each architecture.
V1_WHOLE_MODELS = ["uni-span-bert", "token-pool-first", "bi-token", "relex-dot", "uni-span-decoder-short", "streaming-gpt2"]
V1_MAX_CASE_BYTES = 2200
V1_TRACED_CASES = {"000-trace"}

WHOLE_CASES = {"span-deberta-v3"}  # long documents and big batches of one model are enough
MAX_CASE_BYTES = 6000
TRACED_CASES = {
    "001-extract_entities",
    "022-extract_entities",
    "092-classify_text",
    "113-extract_relations",
    "127-extract_json",
}
TOKENIZER_LINES = 120
FEWER_TOKENIZER_LINES = {"boundary-shared": 60, "streaming-gpt2": 40}  # others have tokenizers like theirs


def minify(line):
    return json.dumps(json.loads(line), ensure_ascii=True, separators=(",", ":"))


def write_lines(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(minify(line) + "\n" for line in lines), encoding="ascii")


def read_lines(path):
    return path.read_text(encoding="utf-8").split("\n")[:-1]  # splitlines() would cut at U+2028


def copy_checkpoint(source, destination, with_weights):
    for path in sorted(source.rglob("*")):
        if path.is_dir() or (path.suffix in (".safetensors", ".bin") and not with_weights):
            continue
        target = destination / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "tokenizer.json":
            value = json.loads(path.read_text(encoding="utf-8"))
            target.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        else:
            shutil.copyfile(path, target)


def kept_cases(lines, whole, most=MAX_CASE_BYTES):
    smallest = {}
    for line in lines:
        call = json.loads(line)["call"]
        if call not in smallest or len(line) < len(smallest[call]):
            smallest[call] = line
    return [line for line in lines if whole or len(line) <= most or line in smallest.values()]


def kept_tokenizer_lines(lines, most):
    """The odd texts at the start in full, then evenly spaced ones, char-split ones included."""
    odd = min(20, len(lines))
    rest = min(most, len(lines)) - odd
    step = (len(lines) - odd) / rest if rest else 0
    return lines[:odd] + [lines[odd + int(i * step)] for i in range(rest)]


def copy_traces(source, destination, kept_cases=TRACED_CASES):
    data = source.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    kept, chunks, begin = {}, [], 0
    for name, entry in header.items():
        if not any(part in kept_cases for part in name.split("/")):
            continue
        first, last = entry["data_offsets"]
        chunks.append(data[8 + length + first : 8 + length + last])
        kept[name] = dict(entry, data_offsets=[begin, begin + last - first])
        begin += last - first
    text = json.dumps(kept, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)  # the data starts aligned
    destination.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def trim_tokenizer_lines(old, new):
    most = FEWER_TOKENIZER_LINES.get(new.name, TOKENIZER_LINES)
    write_lines(new / "tokenizer.jsonl", kept_tokenizer_lines(read_lines(old / "tokenizer.jsonl"), most))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, destination = Path(sys.argv[1]), Path(sys.argv[2])
    for name in SPAN_MODELS:
        old, new = source / "gliner2" / name, destination / "golden2" / name
        copy_checkpoint(old / "model", new / "model", with_weights=True)
        write_lines(new / "cases.jsonl", kept_cases(read_lines(old / "cases.jsonl"), name in WHOLE_CASES))
        trim_tokenizer_lines(old, new)
        copy_traces(old / "trace.safetensors", new / "trace.safetensors")
    for name in BOUNDARY_MODELS:
        old, new = source / "gliner2" / name, destination / "golden2" / name
        copy_checkpoint(old / "model", new / "model", with_weights=False)
        trim_tokenizer_lines(old, new)
    for name in V1_MODELS:
        old, new = source / "gliner" / name, destination / "golden1" / name
        whole = name in V1_WHOLE_MODELS
        copy_checkpoint(old / "model", new / "model", with_weights=whole)
        trim_tokenizer_lines(old, new)
        if whole:
            write_lines(new / "cases.jsonl", kept_cases(read_lines(old / "cases.jsonl"), False, V1_MAX_CASE_BYTES))
            copy_traces(old / "trace.safetensors", new / "trace.safetensors", V1_TRACED_CASES)


main()
