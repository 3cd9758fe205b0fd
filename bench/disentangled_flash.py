#!/usr/bin/env python3
"""Time DisentangledFlash's attention as build/.../cuda_attention_bench times this engine's; bench/README.md.

    disentangled_flash.py [--budget-ms 100] [--dtype bfloat16]

Needs a CUDA card, triton, transformers and disentangled-flash 1.1.1. Both sides: 16,384 packed tokens, 12 heads of 64,
256 buckets, no dropout; queries, keys and values are there before the clock starts, so what is timed is the kernel and
the position products that it asks for. Median of single calls between CUDA events, after their compilation.
"""
import argparse
import statistics
import sys

TOKENS, HEADS, HEAD_SIZE = 16384, 12, 64


def attention_layer(torch, dtype):
    """The package's attention of a DeBERTa-v3 layer of base size with random weights."""
    from disentangled_flash import enable_deberta_inference
    from transformers import DebertaV2Config, DebertaV2Model

    config = DebertaV2Config(
        hidden_size=HEADS * HEAD_SIZE, num_hidden_layers=1, num_attention_heads=HEADS, intermediate_size=1024,
        vocab_size=128, relative_attention=True, position_buckets=256, norm_rel_ebd="layer_norm", share_att_key=True,
        pos_att_type=["p2c", "c2p"], max_relative_positions=-1, position_biased_input=False, type_vocab_size=0,
        max_position_embeddings=512, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    model = DebertaV2Model(config).to(device="cuda", dtype=dtype).eval()
    enable_deberta_inference(model, backend="triton")
    encoder = model.encoder
    encoder.prepare_for_inference()
    return encoder, encoder.layer[0].attention.self


def median_ms(torch, call, budget_ms):
    for _ in range(5):
        call()
    torch.cuda.synchronize()
    times = []
    while sum(times) < budget_ms or len(times) < 20:
        before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        before.record()
        call()
        after.record()
        after.synchronize()
        times.append(before.elapsed_time(after))
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget-ms", type=float, default=100)
    parser.add_argument("--dtype", action="append", choices=["bfloat16", "float16", "float32"])
    parser.add_argument("--length", action="append", type=int)
    arguments = parser.parse_args()

    import torch
    if not torch.cuda.is_available():
        print("disentangled_flash.py: no CUDA card in this machine", file=sys.stderr)
        return 77
    from disentangled_flash import PackedSequenceInfo

    print("| length | element | ms | TFLOP/s |\n| ---: | --- | ---: | ---: |")
    status = 0
    for name in arguments.dtype or ["bfloat16", "float16"]:
        dtype = getattr(torch, name)
        with torch.inference_mode():
            encoder, attention = attention_layer(torch, dtype)
            hidden = torch.randn(TOKENS, HEADS * HEAD_SIZE, device="cuda", dtype=dtype)
            projected = attention._project_qkv(hidden)
            attention._project_qkv = lambda _, projected=projected: projected
            for length in arguments.length or [128, 512, 2048, 8192]:
                try:
                    starts = tuple(range(0, TOKENS + 1, length))
                    info = PackedSequenceInfo(starts, (length,) * (len(starts) - 1), length)
                    lengths = torch.tensor(starts, dtype=torch.int32, device="cuda")
                    relative = encoder.get_rel_embedding()
                    call = lambda: attention.forward_packed(hidden, lengths, length, rel_embeddings=relative,
                                                            packed_info=info)
                    ms = median_ms(torch, call, arguments.budget_ms)
                except Exception as error:  # The next length may do.
                    print(f"| {length} | {name} | {type(error).__name__}: {str(error)[:80]} | |")
                    status = 1
                    continue
                flops = TOKENS * HEADS * HEAD_SIZE * 4 * (length + min(2 * length - 1, 512))
                print(f"| {length} | {name} | {ms:.3f} | {flops / ms / 1e9:.1f} |", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
