"""What every section gets: the arguments, the texts, the folder for files, and the sides by name."""
import sys
from dataclasses import dataclass
from pathlib import Path

from . import workloads
from .engine import Engine
from .process import JsonProcess, python_environment, run_once

WORKERS = Path(__file__).parent / "workers"
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "golden"))
from compare import first_difference  # noqa: E402  (the golden tests' judge)


@dataclass
class Context:
    arguments: object  # of compare.py
    folder: str  # For files; gone at the end.

    def __post_init__(self):
        self.versions = {}

    def pool(self):
        """A fresh pool: every section sees the same texts, whatever ran before."""
        return workloads.TextPool(self.arguments.texts, self.arguments.text_field)

    def engine(self, model_dir, dtype=None):
        return Engine(self.arguments.gliner, model_dir, self.arguments.threads, self.folder, dtype)

    def worker(self, script, *words, python=None):
        """A Python process that answers requests; its first reply says what it is."""
        words = [python or self.arguments.python, WORKERS / script, *words]
        process = JsonProcess(words, python_environment(self.arguments.threads))
        process.start = process.reply()
        return process

    def package(self, model_dir):
        """The Python package gliner2."""
        process = self.worker("gliner2_worker.py", model_dir, self.arguments.threads)
        self.versions.update(process.start["versions"])
        return process

    def package_once(self, model_dir, text, labels_json):
        """The package started anew for one text; see run_once."""
        threads = self.arguments.threads
        return run_once([self.arguments.python, WORKERS / "gliner2_worker.py", model_dir, threads, text, labels_json],
                        python_environment(threads))


def say(message):
    print(message, file=sys.stderr, flush=True)


def by_place(answer):
    """An answer with each label's spans in the order of the text. They come by confidence, and the last bit of a
    float32 decides between two equal ones."""
    return {"entities": {label: sorted(spans, key=lambda span: (span["start"], span["end"]))
                         for label, spans in answer["entities"].items()}}


def equal_answers(recorded, found, tolerance):
    """How many of the answers are equal; the first differences go to standard error."""
    pairs = zip(map(by_place, recorded), map(by_place, found))
    differences = [(i, first_difference(a, b, tolerance)) for i, (a, b) in enumerate(pairs)]
    differences = [(i, difference) for i, difference in differences if difference]
    for i, difference in differences[:5]:
        say(f"  text {i}: {difference}")
    return len(recorded) - len(differences)
