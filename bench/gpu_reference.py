#!/usr/bin/env python3
"""Time the Python package gliner2 on a card in each of its settings; bench/gpu.sh calls it.

    gpu_reference.py MODEL_DIR WORK.json [--budget 60]

WORK.json: {"one": {"text", "labels"}, "bulk": {"texts", "labels"}}. A setting is an arithmetic and an attention; each is
loaded, warmed up, timed on the one text (median) and on the bulk texts with growing batches until they no longer help.
Bulk is timed on as many texts as the budget allows, and the figure is texts a second. Prints one JSON object a setting;
one that fails says why and the next goes on.
"""
import argparse
import json
import os
import statistics
import sys
import time

BATCHES = (32, 128, 512)


# As its from_pretrained names them. compile excludes disentangled_flash; it is last because it takes long.
SETTINGS = (
    {"quantize": False, "attention_backend": "standard"},
    {"quantize": False, "attention_backend": "disentangled_flash"},
    {"quantize": True, "attention_backend": "standard"},
    {"quantize": True, "attention_backend": "disentangled_flash"},
    {"quantize": True, "attention_backend": "standard", "compile": True},
)


def load(model_dir, setting):
    import torch
    from gliner2 import GLiNER2

    model = GLiNER2.from_pretrained(model_dir, map_location="cuda", **setting).eval()
    torch.cuda.synchronize()
    return model


def timed(call):
    import torch

    torch.cuda.synchronize()
    begin = time.perf_counter()
    call()
    torch.cuda.synchronize()
    return time.perf_counter() - begin


def one_text(model, work, seconds):
    call = lambda: model.extract_entities(work["text"], work["labels"])
    for _ in range(3):
        timed(call)
    times = []
    while sum(times) < seconds or len(times) < 5:
        times.append(timed(call))
    return statistics.median(times) * 1e3


def bulk(model, work, seconds):
    """Best texts a second, and with which batch. Each batch size gets a third of the seconds."""
    best, best_batch = 0.0, None
    texts = work["texts"]
    for batch in BATCHES:
        run = lambda count: timed(
            lambda: model.batch_extract_entities(texts[:count], work["labels"], batch_size=batch))
        count = min(len(texts), 2 * batch)
        run(count)  # Compiles kernels for the lengths that occur.
        rate = count / run(count)
        count = min(len(texts), max(count, int(rate * seconds / 6)))
        rate = count / run(count)
        if rate <= best:
            break
        best, best_batch = rate, batch
    return best, best_batch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model_dir")
    parser.add_argument("work")
    parser.add_argument("--budget", type=float, default=60, help="seconds for all settings")
    arguments = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Whatever the packages print must not mix with the answers.
    import torch

    with open(arguments.work, encoding="utf-8") as file:
        work = json.load(file)
    deadline = time.perf_counter() + arguments.budget
    for index, setting in enumerate(SETTINGS):
        answer = dict(setting)
        share = max((deadline - time.perf_counter()) / (len(SETTINGS) - index), 1.0)
        try:
            with torch.inference_mode():
                model = load(arguments.model_dir, setting)
                answer["one_ms"] = round(one_text(model, work["one"], share / 8), 3)
                rate, batch = bulk(model, work["bulk"], share / 2)
                answer["bulk_texts_per_second"], answer["batch"] = round(rate, 1), batch
            del model
            torch.cuda.empty_cache()
        except Exception as error:  # Another setting may work.
            answer["error"] = f"{type(error).__name__}: {str(error)[:200]}"
        print(json.dumps(answer), file=out, flush=True)
        if time.perf_counter() > deadline:
            break
    return 0


if __name__ == "__main__":
    sys.exit(main())
