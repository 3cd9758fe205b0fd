#!/usr/bin/env python3
"""Compare this engine's answers with recorded ones.

    compare.py [--tolerance 1e-4] [--show 10] (--cases NAME RECORDED ANSWERS | --tokenizer NAME RECORDED ANSWERS)...

RECORDED holds lines with "id" and "expect" or "error", or tokenizer lines with "words" and "ids"; ANSWERS is what
golden_runner printed for it. Two answers agree when structure, strings, whole numbers and the order of lists are
equal and every float is within the tolerance; a different order of keys is counted but not held against the engine.
A case that the reference refuses (ValueError, TypeError, ValidationError) must be refused; where the reference
broke down inside instead, any answer will do. A case marked "fragile" may differ.

Prints a line per model and the totals. Exit status: 0 when nothing differs, 1 otherwise. Standard library only.
"""
import argparse
import json
import sys
from dataclasses import dataclass, fields
from itertools import zip_longest

REFUSALS = ("ValueError", "TypeError", "ValidationError")


@dataclass
class Totals:
    cases: int = 0
    agree: int = 0
    differ: int = 0
    fragile_differ: int = 0
    other_key_order: int = 0

    def add(self, other):
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def __str__(self):
        text = f"{self.agree}/{self.cases} agree, {self.differ} differ"
        if self.fragile_differ:
            text += f", {self.fragile_differ} fragile differ"
        if self.other_key_order:
            text += f", {self.other_key_order} with another order of keys"
        return text


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def brief(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + "..."


def first_difference(recorded, found, tolerance, path="result"):
    """Where and how two JSON values differ, or None."""
    mismatch = f"{path}: expected {brief(recorded)}, found {brief(found)}"
    if is_number(recorded) and is_number(found):
        if isinstance(recorded, int) and isinstance(found, int):
            return None if recorded == found else mismatch
        return None if abs(recorded - found) <= tolerance else mismatch  # a NaN is never within
    if isinstance(recorded, dict) and isinstance(found, dict):
        if set(recorded) != set(found):
            return f"{path}: expected the keys {brief(sorted(recorded))}, found {brief(sorted(found))}"
        steps = ((recorded[key], found[key], f"{path}.{key}") for key in recorded)
    elif isinstance(recorded, list) and isinstance(found, list):
        if len(recorded) != len(found):
            return f"{path}: expected {len(recorded)} items, found {len(found)}: {brief(recorded)} / {brief(found)}"
        steps = ((a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(recorded, found)))
    else:
        return None if type(recorded) is type(found) and recorded == found else mismatch
    for a, b, where in steps:
        difference = first_difference(a, b, tolerance, where)
        if difference is not None:
            return difference
    return None


def same_key_order(a, b):
    if isinstance(a, dict):
        return list(a) == list(b) and all(same_key_order(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return all(same_key_order(x, y) for x, y in zip(a, b))
    return True


def judge(case, answer, tolerance):
    """Why `answer` is wrong for `case`, or None."""
    if answer is None:
        return "no answer"
    if "error" in case:
        error = case["error"]
        kind = error.get("type", "") if isinstance(error, dict) else str(error)
        must_refuse = any(name in kind for name in REFUSALS)
        return f"not refused: {brief(error)}" if must_refuse and "error" not in answer else None
    if "error" in answer:
        return f"refused: {brief(answer['error'])}"
    return first_difference(case["expect"], answer.get("result"), tolerance)


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def compare_cases(name, recorded_path, answers_path, tolerance, report):
    answers = {answer["id"]: answer for answer in read_lines(answers_path)}
    totals = Totals()
    for case in read_lines(recorded_path):
        totals.cases += 1
        answer = answers.get(case["id"])
        wrong = judge(case, answer, tolerance)
        if wrong is None:
            totals.agree += 1
            if "expect" in case and not same_key_order(case["expect"], answer["result"]):
                totals.other_key_order += 1
        elif case.get("fragile"):
            totals.fragile_differ += 1
        else:
            totals.differ += 1
            report(f"{name} {case['id']}: {wrong}")
    return totals


TOKENIZER_KEYS = (
    "words", "ids", "words_mask", "labels_input_ids", "decoder_input_ids", "decoder_words_mask",
)


def compare_tokenizer(name, recorded_path, answers_path, _, report):
    totals = Totals()
    answers = read_lines(answers_path)
    for number, (line, answer) in enumerate(zip_longest(read_lines(recorded_path), answers), start=1):
        totals.cases += 1
        if line is None or answer is None:
            wrong = "no such recorded line" if line is None else "no answer"
        else:
            wrong = next(filter(None, (first_difference(line[key], answer.get(key), 0, key) for key in TOKENIZER_KEYS if key in line)), None)
        if wrong is None:
            totals.agree += 1
        else:
            totals.differ += 1
            report(f"{name} tokenizer line {number}: {wrong}")
    return totals


class AppendJob(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        work = compare_cases if option_string == "--cases" else compare_tokenizer
        namespace.jobs.append((work, *values))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(jobs=[])
    parser.add_argument("--tolerance", type=float, default=1e-4, help="largest difference of two floats")
    parser.add_argument("--show", type=int, default=10, help="differences shown")
    for option in ("--cases", "--tokenizer"):
        parser.add_argument(option, nargs=3, action=AppendJob, metavar=("NAME", "RECORDED", "ANSWERS"))
    arguments = parser.parse_args()
    if not arguments.jobs:
        parser.error("nothing to compare")

    shown = []
    overall = {compare_cases: Totals(), compare_tokenizer: Totals()}
    for work, name, recorded, answers in arguments.jobs:
        totals = work(name, recorded, answers, arguments.tolerance, shown.append)
        overall[work].add(totals)
        print(f"{name:24} {'cases' if work is compare_cases else 'tokenizer':10} {totals}")
    for message in shown[: arguments.show]:
        print(message, file=sys.stderr)
    if len(shown) > arguments.show:
        print(f"... and {len(shown) - arguments.show} more", file=sys.stderr)
    for title, work in (("all cases", compare_cases), ("all tokenizer lines", compare_tokenizer)):
        if overall[work].cases:
            print(f"{title}: {overall[work]}")
    sys.exit(1 if shown else 0)


if __name__ == "__main__":
    main()
