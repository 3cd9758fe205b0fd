"""A checkpoint's encoder in another run-time: encoder_worker.py RUNTIME MODEL THREADS.

RUNTIME is onnxruntime or openvino with MODEL the file that export_encoder.py wrote, or torch with MODEL the checkpoint
folder. Answers JSON requests, one a line: {"ids": [[...], ...] of one length, "repeats", "output": file or absent};
the reply is {"ms" of the best pass}. A shape is compiled for when it first comes, sizes fixed, which is
what each run-time is fastest with; the one before is dropped.
"""
import json
import os
import sys
import time

import numpy


class OnnxRuntime:
    def __init__(self, path, threads):
        import onnxruntime
        self.package, self.path, self.threads = onnxruntime, path, threads
        self.version = onnxruntime.__version__

    def prepare(self, batch, length):
        options = self.package.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.graph_optimization_level = self.package.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_free_dimension_override_by_name("batch", batch)
        options.add_free_dimension_override_by_name("length", length)
        session = self.package.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        return lambda inputs: session.run(None, inputs)[0]


class OpenVino:
    def __init__(self, path, threads):
        import openvino
        self.core, self.path = openvino.Core(), path
        self.settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
                         "INFERENCE_PRECISION_HINT": "f32"}
        self.version = openvino.__version__.split("-")[0]

    def prepare(self, batch, length):
        model = self.core.read_model(self.path)
        model.reshape({"input_ids": [batch, length], "attention_mask": [batch, length]})
        request = self.core.compile_model(model, "CPU", self.settings).create_infer_request()
        return lambda inputs: request.infer(inputs)[0]


class Torch:
    def __init__(self, path, threads):
        import torch
        from export_encoder import load_encoder
        torch.set_num_threads(threads)
        self.package, self.encoder = torch, load_encoder(path, "encoder")
        self.version = torch.__version__

    def prepare(self, batch, length):
        def run(inputs):
            with self.package.inference_mode():
                tensors = {name: self.package.from_numpy(value) for name, value in inputs.items()}
                return self.encoder(**tensors).last_hidden_state.numpy()
        return run


RUNTIMES = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "torch": Torch}


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    runtime = RUNTIMES[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
    print(json.dumps({"version": runtime.version}), file=out, flush=True)
    prepared, run = None, None
    for line in sys.stdin:
        request = json.loads(line)
        ids = numpy.array(request["ids"], dtype=numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": numpy.ones_like(ids)}
        if prepared != ids.shape:
            run = None  # frees the old one first
            prepared, run = ids.shape, runtime.prepare(*ids.shape)
            run(inputs)
        if request.get("output"):
            numpy.ascontiguousarray(run(inputs), dtype=numpy.float32).tofile(request["output"])
        seconds = []
        for _ in range(request["repeats"]):
            begin = time.perf_counter()
            run(inputs)
            seconds.append(time.perf_counter() - begin)
        print(json.dumps({"ms": min(seconds) * 1e3 if seconds else None}), file=out, flush=True)


if __name__ == "__main__":
    main()
