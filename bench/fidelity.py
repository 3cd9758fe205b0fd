#!/usr/bin/env python3
"""How many answers of the bundled model a faster arithmetic changes.

    fidelity.py [--dtype int8] [--device cpu] [--runner build/release/tests/golden/golden_runner] [--model-dir weights/demo]

Answers every case of expected.jsonl in float32 and in the other dtype and counts what the first one found (spans,
relations, records, classes: everything but the scores) that the second one found too. Prints one JSON object.
"""
import argparse
import json
import subprocess
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def findings(value, path=()):
    """Every found thing as (path of keys, text, place); scores are left out, lists have no order."""
    if isinstance(value, dict):
        if "text" in value or "label" in value:
            yield path, value.get("text", value.get("label")), value.get("start"), value.get("end")
            return
        for key, inner in value.items():
            if key not in ("confidence", "start", "end"):
                yield from findings(inner, path + (key,))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from findings(inner, path)
    elif value is not None and not isinstance(value, float):
        yield path, value, None, None


def answers(runner, model_dir, cases, dtype, device):
    out = subprocess.run([runner, "--device", device, "--dtype", dtype, model_dir, cases], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtype", default="int8")
    parser.add_argument("--device", default="cpu", help="of both")
    parser.add_argument("--runner", default=str(ROOT / "build/release/tests/golden/golden_runner"))
    parser.add_argument("--model-dir", default=str(ROOT / "weights/demo"))
    args = parser.parse_args()
    cases = str(Path(args.model_dir) / "expected.jsonl")
    exact = answers(args.runner, args.model_dir, cases, "float32", args.device)
    other = answers(args.runner, args.model_dir, cases, args.dtype, args.device)
    found = kept = new = same_cases = 0
    for a, b in zip(exact, other):
        ours, theirs = Counter(findings(a.get("result"))), Counter(findings(b.get("result")))
        found += sum(ours.values())
        kept += sum((ours & theirs).values())
        new += sum((theirs - ours).values())
        same_cases += ours == theirs
    print(json.dumps({"dtype": args.dtype, "device": args.device, "found_in_float32": found, "unchanged": kept,
                      "unchanged_percent": round(100 * kept / max(found, 1), 2), "new": new,
                      "cases": len(exact), "cases_unchanged": same_cases}))


if __name__ == "__main__":
    main()
