#!/usr/bin/env python3
"""Time this engine beside other software on the same texts, after checking that both say the same; bench/README.md.

    compare.py [--quick] [--section NAME]... [--model-dir FOLDER]... [--output bench/RESULTS.md]

Both sides take turns, so that a change of the machine's mood hits both, with the same number of threads; the best pass
of each counts. Needs a Python with gliner2 and gliner (--python), for the encoder one with onnxruntime and openvino
(--runtime-python) and a build with GLINER_BUILD_BENCH=ON (--build); this process itself needs the standard library
only.
"""
import argparse
import datetime
import os
import platform
import sys
import tempfile
from pathlib import Path

from comparison import report
from comparison.context import Context, say
from comparison.engine import version
from comparison.process import BenchError
from comparison.sections import architectures, command, encoder, extraction, micro, precision, scaling, startup, tokenizer

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {"extraction": extraction, "architectures": architectures, "encoder": encoder, "startup": startup,
            "command": command, "scaling": scaling, "precision": precision, "tokenizer": tokenizer, "micro": micro}


def shape(text):
    batch, length = (int(part) for part in text.split(","))
    if batch < 1 or length < 2:
        raise argparse.ArgumentTypeError(f"expected B,L, found {text}")
    return batch, length


def numbers(text):
    return [int(float(part)) for part in text.split(",")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--section", action="append", choices=SECTIONS, help="repeatable (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer texts, sizes and turns: a try, not a measurement")
    parser.add_argument("--output", help="Markdown file; default: standard output")
    sides = parser.add_argument_group("sides")
    sides.add_argument("--build", default=str(ROOT / "build/release"), help="build folder, GLINER_BUILD_BENCH=ON")
    sides.add_argument("--gliner", help="the command to time (default: that of --build)")
    sides.add_argument("--model-dir", action="append", help="checkpoint; repeatable, small ones first (default: the bundled one)")
    sides.add_argument("--gliner-dir", action="append", help="GLiNER v1 checkpoint, beside the package gliner; repeatable")
    sides.add_argument("--python", default=sys.executable, help="Python with gliner2, and gliner for --gliner-dir")
    sides.add_argument("--runtime-python", help="Python with torch, transformers, onnx, onnxscript, onnxruntime, openvino "
                                                "(default: --python)")
    sides.add_argument("--runtime", action="append", choices=["onnxruntime", "openvino", "torch"],
                       help="encoder beside these; repeatable (default: onnxruntime and openvino)")
    sides.add_argument("--cache", default=str(ROOT / "build/bench-cache"), help="folder that keeps exported encoders")
    work = parser.add_argument_group("work")
    work.add_argument("--texts", default=str(ROOT / "weights/demo/eval.jsonl"), help="JSONL")
    work.add_argument("--text-field", default="input")
    work.add_argument("--batch-size", type=int, action="append", help="to choose from for mixed texts (default: 1, 8 and 64)")
    work.add_argument("--shape", type=shape, action="append", metavar="B,L", help="encoder (default: 1,64 1,256 8,128)")
    work.add_argument("--scaling-texts", type=numbers, help="numbers of texts (default: 100,1000,10000,100000)")
    work.add_argument("--scaling-words", type=numbers, help="words of a text (default: 16,64,256,1024,4096)")
    work.add_argument("--reference-texts", type=int, default=1000, help="most texts given to the package when scaling")
    work.add_argument("--reference-words", type=int, default=1024, help="most words given to the package when scaling")
    how = parser.add_argument_group("how")
    how.add_argument("--threads", type=int, default=report.cores())
    how.add_argument("--rounds", type=int, help="turns of every side (default: 3; quick: 1)")
    how.add_argument("--repeats", type=int, help="passes of this engine in a turn (default: 3; quick: 2)")
    how.add_argument("--tolerance", type=float, default=1e-4, help="of scores and encoder outputs")
    how.add_argument("--min-equal", type=float, default=1.0, help="share of equal answers asked for")
    arguments = parser.parse_args()
    quick = arguments.quick
    arguments.gliner = arguments.gliner or str(Path(arguments.build) / "apps/gliner/gliner")
    arguments.model_dir = arguments.model_dir or [str(ROOT / "weights/demo")]
    arguments.runtime_python = arguments.runtime_python or arguments.python
    arguments.runtime = arguments.runtime or ["onnxruntime", "openvino"]
    arguments.shape = arguments.shape or ([(1, 64)] if quick else [(1, 64), (1, 256), (8, 128)])
    arguments.scaling_texts = arguments.scaling_texts or ([100, 1000] if quick else [100, 1000, 10_000, 100_000])
    arguments.scaling_words = arguments.scaling_words or ([16, 64, 256] if quick else [16, 64, 256, 1024, 4096])
    arguments.rounds = arguments.rounds or (1 if quick else 3)
    arguments.repeats = arguments.repeats or (2 if quick else 3)
    if quick:
        arguments.reference_texts = min(100, arguments.reference_texts)
        arguments.reference_words = min(64, arguments.reference_words)
    return arguments


def head(arguments, context, load):
    """What was measured where. Folders are cut from the command: they say nothing to a reader."""
    words = [Path(word).name if "/" in word else word for word in sys.argv[1:]]
    packages = ", ".join(f"{name} {number}" for name, number in sorted(context.versions.items()))
    return ["# Measured", "",
            "Written by `bench/compare.py`: every side is first checked to give the same answers, then timed in turns with the "
            "others on the same input with the same threads. The best pass counts. Compare figures within one table only.", "",
            f"- Date: {datetime.date.today()}",
            f"- Machine: {report.cpu_name()}, {report.cores()} cores, {report.memory_gib():.0f} GiB; {platform.system()} "
            f"{platform.release().split('-')[0]}; load at the start: {load:.1f}",
            f"- This engine: {version(arguments.gliner)}, {arguments.threads} threads, float32 where nothing else is said",
            f"- Beside it: {packages or 'nothing'}; Python {platform.python_version()}",
            f"- Command: `{' '.join(['bench/compare.py', *words])}`", ""]


def write(path, lines):
    text = "\n".join(lines)
    if path:
        Path(path).write_text(text, encoding="utf-8")
    else:
        print(text)


def main():
    arguments = parse_arguments()
    load = os.getloadavg()[0]
    failed, body = [], []
    with tempfile.TemporaryDirectory() as folder:
        context = Context(arguments, folder)
        for name in arguments.section or SECTIONS:
            try:
                lines = SECTIONS[name].lines(context)
            except BenchError as error:
                say(f"compare.py: {name}: {error}")
                failed.append(name)
                lines = ["Not measured.", ""]
            body += [f"## {SECTIONS[name].TITLE}", "", *lines]
            if arguments.output:  # After every section: a run that is cut short leaves what it has.
                write(arguments.output, [*head(arguments, context, load), *body])
    if not arguments.output:
        write(None, [*head(arguments, context, load), *body])
    if failed:
        sys.exit(f"compare.py: not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
