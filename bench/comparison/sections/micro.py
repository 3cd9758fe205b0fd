"""Stages by themselves: the Google Benchmark programs of bench/micro."""
import json
from pathlib import Path

from ..process import run_once
from ..report import table

TITLE = "Stages alone (bundled model)"
UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


def rate(benchmark):
    if "bytes_per_second" in benchmark:
        return f"{benchmark['bytes_per_second'] / 1e6:.1f} MB/s"
    if "items_per_second" in benchmark:
        return f"{benchmark['items_per_second']:,.0f} a second"
    return ""


def lines(context):
    rows = []
    least = "0.05" if context.arguments.quick else "0.3"
    for name in ("gliner_micro_bench", "gliner_parts_bench"):
        program = Path(context.arguments.build) / "bench" / name
        out, _, _ = run_once([program, "--benchmark_format=json", f"--benchmark_min_time={least}"])
        for benchmark in json.loads(out)["benchmarks"]:
            rows.append([benchmark["name"].replace("/real_time", ""), benchmark["real_time"] * UNITS[benchmark["time_unit"]],
                         rate(benchmark)])
    return table(["", "µs", "rate"], rows)
