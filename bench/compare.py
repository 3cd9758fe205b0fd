#!/usr/bin/env python3
"""Time this engine beside the Python package gliner2 on the same texts, after checking that both say the same.

    compare.py [--model-dir weights/demo]... [--texts FILE.jsonl] [--labels '["person", ...]'] [--output bench/RESULTS.md]

Run it with a Python that has gliner2 (2.1.0); the parent process itself needs the standard library only. For every
model it (1) extracts entities with the command and with the package and compares the JSON, offsets and scores
included; (2) times both in turns, pass by pass, with the same threads and batch sizes, so that a change of the
machine's mood hits both; (3) writes one table. Best pass counts, as in `gliner bench`.
"""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))
from compare import first_difference  # noqa: E402  (the golden tests' judge)

DEFAULT_LABELS = ["person", "organization", "location", "date", "product"]


# ---- the package, in a process of its own so that its memory and load time are its own ----

def worker(model_dir, threads):
    """Answers one JSON request a line on standard input with one JSON reply a line."""
    begin = time.perf_counter()
    import gliner2
    import torch
    import transformers
    from gliner2 import GLiNER2
    torch.set_num_threads(threads)
    imported = time.perf_counter()
    model = GLiNER2.from_pretrained(model_dir).eval()
    loaded = time.perf_counter()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the package prints must not mix with the replies

    def reply(value):
        print(json.dumps(value), file=out, flush=True)

    reply({"import_ms": (imported - begin) * 1e3, "load_ms": (loaded - imported) * 1e3,
           "versions": f"gliner2 {gliner2.__version__}, torch {torch.__version__}, transformers {transformers.__version__}"})
    for line in sys.stdin:
        request = json.loads(line)
        begin = time.perf_counter()
        results = model.batch_extract_entities(request["texts"], request["labels"], batch_size=request["batch_size"],
                                               **request.get("flags", {}))
        seconds = time.perf_counter() - begin
        import resource
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        reply({"seconds": seconds, "peak_rss_mb": peak_mb, "results": results if request.get("flags") else None})


class Package:
    def __init__(self, model_dir, threads):
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive",
                       "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", model_dir, str(threads)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
        self.start = self.reply()

    def reply(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("compare.py: the Python side ended early; run it alone: compare.py --worker MODEL_DIR THREADS")
        return json.loads(line)

    def ask(self, **request):
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return self.reply()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# ---- this engine ----

class Engine:
    def __init__(self, command, model_dir, threads, texts, labels, folder):
        self.command, self.common = command, ["--model-dir", model_dir, "--threads", str(threads)]
        self.texts_file = str(Path(folder) / "texts.jsonl")
        with open(self.texts_file, "w", encoding="utf-8") as out:
            for number, text in enumerate(texts):
                out.write(json.dumps({"id": number, "text": text}) + "\n")
        self.labels = json.dumps(labels)

    def run(self, *words):
        done = subprocess.run([self.command, *words, *self.common, "--labels-json", self.labels, self.texts_file],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"compare.py: gliner {words[0]} failed: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def extract(self, batch_size):
        rows = self.run("entities", "--batch-size", str(batch_size), "--include-confidence", "--include-spans")
        return [row["result"] for row in rows]

    def bench(self, batch_size, repeats):
        return self.run("bench", "--batch-size", str(batch_size), "--repeats", str(repeats))[0]


# ---- comparison ----

def check_equality(engine, package, texts, labels, batch_size, tolerance):
    found = engine.extract(batch_size)
    recorded = package.ask(texts=texts, labels=labels, batch_size=batch_size,
                           flags={"include_confidence": True, "include_spans": True})["results"]
    differences = [(i, first_difference(a, b, tolerance)) for i, (a, b) in enumerate(zip(recorded, found))]
    differences = [(i, difference) for i, difference in differences if difference]
    for i, difference in differences[:5]:
        print(f"  text {i}: {difference}", file=sys.stderr)
    return len(texts) - len(differences)


def measure(engine, package, texts, labels, batch_sizes, rounds, repeats):
    """Best seconds of each side per batch size; passes of the two sides alternate."""
    best = {size: [float("inf"), float("inf")] for size in batch_sizes}
    details = {}
    for _ in range(rounds):
        for size in batch_sizes:
            report = engine.bench(size, repeats)
            if report["seconds"] < best[size][0]:
                best[size][0], details[size] = report["seconds"], report
            for _ in range(repeats):
                reply = package.ask(texts=texts, labels=labels, batch_size=size)
                best[size][1] = min(best[size][1], reply["seconds"])
    return best, details, reply["peak_rss_mb"]


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def model_title(model_dir):
    config = json.loads((Path(model_dir) / "encoder_config" / "config.json").read_text())
    parts = [config.get("model_type", "deberta-v2"), f"{config['num_hidden_layers']} layers", f"H {config['hidden_size']}"]
    return f"{Path(model_dir).resolve().name} ({', '.join(parts)})"


def section(model_dir, arguments, texts, labels):
    print(model_title(model_dir), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(arguments.gliner, model_dir, arguments.threads, texts, labels, folder)
        package = Package(model_dir, arguments.threads)
        equal = check_equality(engine, package, texts, labels, max(arguments.batch_size), arguments.tolerance)
        print(f"  {equal} of {len(texts)} answers equal", file=sys.stderr)
        if equal < len(texts) * arguments.min_equal:
            sys.exit("compare.py: the two sides disagree; a faster wrong answer is not worth timing")
        best, details, package_mb = measure(engine, package, texts, labels, arguments.batch_size, arguments.rounds,
                                            arguments.repeats)
        package.close()
    words = sum(len(text.split()) for text in texts)
    lines = [f"## {model_title(model_dir)}", "",
             f"{len(texts)} texts of {words / len(texts):.0f} words on average, {len(labels)} labels, "
             f"{arguments.threads} threads, float32. Equal answers (within {arguments.tolerance:g}): {equal} of {len(texts)}.",
             "", "| batch size | libgliner ms/text | gliner2 ms/text | libgliner texts/s | gliner2 texts/s | times faster |",
             "| ---: | ---: | ---: | ---: | ---: | ---: |"]
    for size, (ours, theirs) in best.items():
        lines.append(f"| {size} | {1e3 * ours / len(texts):.1f} | {1e3 * theirs / len(texts):.1f} | {len(texts) / ours:.1f} "
                     f"| {len(texts) / theirs:.1f} | {theirs / ours:.2f} |")
    report = details[arguments.batch_size[0]]
    lines += ["", "| | libgliner | gliner2 |", "| --- | ---: | ---: |",
              f"| load, ms | {report['load_ms']:.0f} | {package.start['load_ms']:.0f} (+ {package.start['import_ms']:.0f} import) |",
              f"| peak memory, MB | {max(r['peak_rss_mb'] for r in details.values()):.0f} | {package_mb:.0f} |", ""]
    return lines, package.start["versions"]


def main():
    if sys.argv[1:2] == ["--worker"]:
        return worker(sys.argv[2], int(sys.argv[3]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gliner", default=str(ROOT / "build/release/apps/gliner/gliner"), help="the command to time")
    parser.add_argument("--model-dir", action="append", help="checkpoint; repeatable (default: the bundled one)")
    parser.add_argument("--texts", default=str(ROOT / "weights/demo/eval.jsonl"), help="JSONL")
    parser.add_argument("--text-field", default="input")
    parser.add_argument("--limit", type=int, default=64, help="texts taken, evenly spread over the file")
    parser.add_argument("--labels", default=json.dumps(DEFAULT_LABELS), help="JSON list")
    parser.add_argument("--batch-size", type=int, action="append", help="repeatable (default: 1 and 8)")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3, help="turns of both sides")
    parser.add_argument("--repeats", type=int, default=2, help="passes of a side in its turn")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--min-equal", type=float, default=1.0, help="share of equal answers asked for")
    parser.add_argument("--output", help="Markdown file; default: standard output")
    arguments = parser.parse_args()
    arguments.model_dir = arguments.model_dir or [str(ROOT / "weights/demo")]
    arguments.batch_size = arguments.batch_size or [1, 8]
    labels = json.loads(arguments.labels)

    with open(arguments.texts, encoding="utf-8") as lines:
        texts = [json.loads(line)[arguments.text_field] for line in lines if line.strip()]
    step = max(1, len(texts) // arguments.limit)
    texts = texts[::step][: arguments.limit]

    sections = [section(model_dir, arguments, texts, labels) for model_dir in arguments.model_dir]
    version = subprocess.run([arguments.gliner, "--version"], capture_output=True, text=True).stdout.strip()
    words = [word if "/" not in word else Path(word).name for word in sys.argv[1:]]
    head = ["# Measured", "",
            "Written by `bench/compare.py`: it first checks that this engine and the Python package give the same answers, then",
            "times both in turns on the same texts with the same threads. Compare figures within one table only.", "",
            f"- Date: {datetime.date.today()}",
            f"- Machine: {cpu_name()}, {len(os.sched_getaffinity(0))} cores",
            f"- This engine: {version} (preset release); {sections[0][1]}",
            f"- Command: `bench/compare.py {' '.join(words)}`" if words else "- Command: `bench/compare.py`",
            ""]
    text = "\n".join(head + [line for lines, _ in sections for line in lines])
    if arguments.output:
        Path(arguments.output).write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
