#!/usr/bin/env python3
"""Write the texts and labels that bench/gpu.sh measures with: gpu_work.py FOLDER [--texts 10000].

work.json for gpu_reference.py; one.jsonl, bulk.jsonl, many_labels.json and few_labels.json for the command.
"""
import argparse
import json
from pathlib import Path

from comparison.workloads import FEW_LABELS, MANY_LABELS, TextPool, sentences

ROOT = Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--texts", type=int, default=10_000)
    arguments = parser.parse_args()
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    pool = TextPool(ROOT / "weights/demo/eval.jsonl", "input")
    one, bulk = sentences(pool, 4), pool.mixed(arguments.texts)
    work = {"one": {"text": one, "labels": MANY_LABELS}, "bulk": {"texts": bulk, "labels": FEW_LABELS}}
    (folder / "work.json").write_text(json.dumps(work))
    (folder / "many_labels.json").write_text(json.dumps(MANY_LABELS))
    (folder / "few_labels.json").write_text(json.dumps(FEW_LABELS))
    for name, texts in (("one", [one]), ("bulk", bulk)):
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for text in texts:
                print(json.dumps({"text": text}), file=file)
    words = sum(len(text.split()) for text in bulk)
    print(f"{len(bulk)} texts of {words / len(bulk):.0f} words, {len(MANY_LABELS)} and {len(FEW_LABELS)} labels")


if __name__ == "__main__":
    main()
