"""Child processes: ones that answer JSON lines, and ones that run once and are measured."""
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path


class BenchError(Exception):
    """A side that cannot be measured; the message says why."""


class NoAnswer(BenchError):
    """A text that the model cannot take, because it is too long for example."""


class JsonProcess:
    """A process that answers one JSON request a line with one JSON reply a line."""

    def __init__(self, words, environment=None):
        self.words = [str(word) for word in words]
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, env={**os.environ, **(environment or {})})

    def reply(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.log.seek(0)
            raise BenchError(f"{' '.join(self.words[:3])} ended early: {self.log.read()[-600:].strip()}")
        reply = json.loads(line)
        if "error" in reply:
            raise BenchError(f"{Path(self.words[0]).name}: {reply['error']}")
        return reply

    def ask(self, **request):
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # reply() tells why
        return self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.log.close()


def run_once(words, environment=None, good=(0,)):
    """Runs a command to its end: its output, the wall time in seconds and the peak resident memory in MB.

    Exit codes other than `good` are a BenchError with the end of what it said.
    """
    words = [str(word) for word in words]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as log:
        begin = time.perf_counter()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                   env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        log.seek(0)
        if process.returncode not in good:
            raise BenchError(f"{' '.join(words[:3])} failed: {log.read().decode(errors='replace')[-600:].strip()}")
        return out.read().decode(), seconds, usage.ru_maxrss / 1024


def python_environment(threads):
    """Threads as told, no network; the rest as every user gets it."""
    return {"OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1",
            "TRANSFORMERS_VERBOSITY": "error"}


def take_turns(sides, rounds, pause=0.2):
    """Calls every side in turn, `rounds` times, so that a change of the machine's mood hits all; best result of each.

    `sides`: name -> function that returns seconds. The pause lets the threads of the last one go to sleep.
    """
    best = {}
    for _ in range(rounds):
        for name, side in sides.items():
            time.sleep(pause)
            seconds = side()
            best[name] = min(seconds, best.get(name, seconds))
    return best
