"""This engine: the command, and gliner_probe for its parts."""
import json
import subprocess
import tempfile
from pathlib import Path

from .process import BenchError, JsonProcess, NoAnswer, run_once


RECORDS_FAILED = 1  # Exit code of the command when some rows hold an error.


class Engine:
    """The gliner command on one checkpoint."""

    def __init__(self, command, model_dir, threads, folder, dtype=None):
        self.command, self.folder = str(command), folder
        self.common = ["--model-dir", str(model_dir), "--threads", str(threads)]
        if dtype:
            self.common += ["--dtype", dtype]

    def texts_file(self, texts):
        """The texts as JSON lines, in a file that lives as long as the folder."""
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", dir=self.folder, delete=False, encoding="utf-8") as out:
            for number, text in enumerate(texts):
                out.write(json.dumps({"id": number, "text": text}) + "\n")
        return out.name

    def run(self, name, texts, labels, *words):
        """One subcommand on texts: (output rows, seconds, peak MB) of the whole process."""
        return self.run_on(self.texts_file(texts), name, labels, *words)

    def run_on(self, path, name, labels, *words):
        """The same on the texts of a file."""
        return self.rows_of(name, *words, "--labels-json", json.dumps(labels), path)

    def relate(self, texts, labels, *words):
        """Entities and relations of every text, each a flat list."""
        named = [word for label in labels for word in ("--label", label)]
        rows, _, _ = self.rows_of("relations", "--format", "spans", *named, *words, self.texts_file(texts))
        return [row.get("result", {}) for row in rows]

    def rows_of(self, name, *words):
        out, seconds, peak_mb = run_once([self.command, name, *self.common, *words], good=(0, RECORDS_FAILED))
        return [json.loads(line) for line in out.splitlines()], seconds, peak_mb

    def extract(self, texts, labels, batch_size):
        """The result of every text. Throws NoAnswer when one has none."""
        rows, _, _ = self.run("entities", texts, labels, "--batch-size", str(batch_size), "--include-confidence",
                              "--include-spans")
        errors = [row["error"] for row in rows if "error" in row]
        if errors:
            raise NoAnswer(errors[0])
        if len(rows) != len(texts):
            raise BenchError(f"{len(texts)} texts gave {len(rows)} rows")
        return [row["result"] for row in rows]

    def bench(self, texts, labels, batch_size, repeats, *words):
        rows, _, _ = self.run("bench", texts, labels, "--batch-size", str(batch_size), "--repeats", str(repeats), *words)
        return rows[0]


def version(command):
    return subprocess.run([str(command), "--version"], capture_output=True, text=True, check=True).stdout.strip()


def dtypes(command):
    """The encoder arithmetics that the command offers beside float32."""
    text = subprocess.run([str(command), "bench", "--help"], capture_output=True, text=True, check=True).stdout
    return [name for name in ("bfloat16", "int8") if "--dtype" in text and name in text]


def peak_gflops(build, threads):
    """Float32 multiply-adds that this CPU does in registers, 10^9 a second."""
    out, _, _ = run_once([Path(build) / "bench/gliner_probe", "peak", "--threads", threads])
    return json.loads(out)["gflops"]


def probe(build, part, model_dir, *words):
    """gliner_probe, which answers requests: see bench/probe."""
    return JsonProcess([Path(build) / "bench/gliner_probe", part, "--model-dir", model_dir, *words])
