#!/usr/bin/env python3
"""What a card does at most, through its libraries: bfloat16 and float32 products on random data, a device copy.

Prints one JSON object: TFLOP/s of an 8192-cube product in each type, TB/s of a copy (bytes read plus written).
"""
import json
import statistics

import torch


def median_seconds(call, repeats=15):
    for _ in range(3):
        call()
    times = []
    for _ in range(repeats):
        before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        before.record()
        call()
        after.record()
        after.synchronize()
        times.append(before.elapsed_time(after) / 1e3)
    return statistics.median(times)


def main():
    torch.backends.cuda.matmul.allow_tf32 = False
    size = 8192
    answer = {"card": torch.cuda.get_device_name(), "torch": torch.__version__, "cuda": torch.version.cuda}
    for dtype in (torch.bfloat16, torch.float16, torch.float32):
        a, b = (torch.randn(size, size, device="cuda").to(dtype) for _ in range(2))
        out = torch.empty_like(a)
        answer[f"{dtype}".split(".")[1] + "_tflops"] = round(
            2 * size**3 / median_seconds(lambda: torch.mm(a, b, out=out)) / 1e12, 1)
    source = torch.randint(0, 1 << 30, (1 << 30,), device="cuda", dtype=torch.int32)
    target = torch.empty_like(source)
    answer["copy_tb_per_second"] = round(2 * 4 * source.numel() / median_seconds(lambda: target.copy_(source)) / 1e12, 2)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
