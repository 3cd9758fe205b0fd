"""The whole command, from JSON lines to JSON lines with its journal, beside the library on the same texts."""
import json
import os
from pathlib import Path

from ..context import say
from ..process import BenchError, take_turns
from ..report import table
from ..workloads import FEW_LABELS
from .extraction import title_of

TITLE = "The whole command beside the library"
WINDOW_BATCHES = 8  # Batches of texts that the command gives to the library at once.


def cases(context):
    """(what, texts, batch size)"""
    quick = context.arguments.quick
    pool = context.pool()
    yield "short texts (13 words)", [pool.text(13) for _ in range(1000 if quick else 20_000)], 32
    yield "mixed texts (6 to 160 words)", pool.mixed(300 if quick else 3000), 8


class Command:
    """`gliner entities -o FILE`, a run at a time; its own summary tells what the wall clock cannot."""

    def __init__(self, engine, texts, batch_size, folder):
        self.engine, self.batch_size = engine, batch_size
        self.input, self.texts = engine.texts_file(texts), len(texts)
        self.output, self.stats = Path(folder) / "command.jsonl", Path(folder) / "command.stats.json"
        self.best = None  # The summary of the fastest run

    def seconds(self):
        """Of the stream of rows: from the loaded model to the finished file."""
        self.engine.run_on(self.input, "entities", FEW_LABELS, "--batch-size", str(self.batch_size), "-o", str(self.output),
                           "--stats", str(self.stats))
        stats = json.loads(self.stats.read_text(encoding="utf-8"))
        if stats["rows"] != self.texts or stats["failed"]:
            raise BenchError(f"{self.texts} texts gave {stats['rows']} rows, {stats['failed']} of them errors")
        if not os.path.exists(f"{self.output}.manifest.json"):
            raise BenchError("the run left no manifest")
        if self.best is None or stats["seconds"] < self.best["seconds"]:
            self.best = stats
        return stats["seconds"]


def lines(context):
    arguments, rows = context.arguments, []
    for model_dir in arguments.model_dir[:1]:
        engine, name = context.engine(model_dir), title_of(model_dir)
        for what, texts, batch_size in cases(context):
            command = Command(engine, texts, batch_size, context.folder)
            per_call = ("--texts-per-call", str(WINDOW_BATCHES * batch_size))
            seconds = take_turns({
                "library": lambda: engine.bench(texts, FEW_LABELS, batch_size, 1, *per_call)["seconds"],
                "command": command.seconds,
            }, arguments.rounds)
            share = 100 * seconds["library"] / seconds["command"]
            say(f"  {what}: {share:.1f} %")
            rows.append([f"{name}: {what}", len(texts), batch_size, len(texts) / seconds["library"],
                         len(texts) / seconds["command"], share, command.best["load_seconds"] * 1e3])
    return [*table(["", "texts", "batch size", "library, texts/s", "command, texts/s", "command / library, %",
                    "command's start, ms"], rows),
            "Both read the same file and give the library the same texts at once. The command reads and parses its input, "
            "writes rows and journal, and syncs them to the disk; its start (loading the model, opening the files) is counted "
            "apart. The library's side is `gliner bench`, warm.", ""]
