#!/usr/bin/env python3
"""Makes the label decoder fixtures: small random language models of transformers and the labels they generate.

    pip install torch transformers safetensors
    python tests/data/decoders/make_decoders.py

Each folder gets config.json, model.safetensors, prefixes.safetensors (`prefixes` [T, D], `start` [B + 1], `logits` [B, V]
of the first token) and labels.json: for a number of options the token ids that `generate` returns for each prefix
alone, without sampling, the end token and what follows it left out. The processors are those that gliner 0.2.29 gives to
`generate` (Decoder.generate_from_embeds). Recorded with torch 2.15 and transformers 5.16.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import (AutoModelForCausalLM, GPT2Config, LlamaConfig, LogitsProcessor, LogitsProcessorList,
                          Qwen2Config, Qwen3Config)

HERE = pathlib.Path(__file__).parent
LENGTHS = [5, 1, 9, 3]
ENDS = {"tied": 10, "untied": 20, "llama": 7, "qwen2": 18, "qwen3": 13}  # Tokens that come up often with these weights.
CONSTRAINTS = [[4, 5], [4, 5, 7], [9], [17, 3, 3, 8]]


class Stable(LogitsProcessor):
    """What the reference clamps scores to."""

    def __call__(self, input_ids, scores):
        scores = torch.where(torch.isneginf(scores), torch.tensor(torch.finfo(scores.dtype).min), scores)
        return torch.clamp(scores, min=-1e9, max=1e9) + 1e-6


def allowed_by(labels, end):
    def allowed(_, ids):
        prefix = ids.tolist()
        following = {label[len(prefix)] for label in labels
                     if label[:len(prefix)] == prefix and len(label) > len(prefix)}
        return sorted(following) or [end]

    return allowed


def gpt2(**options):
    base = dict(vocab_size=23, n_embd=12, n_layer=2, n_head=3, n_positions=40, bos_token_id=1, eos_token_id=2)
    return GPT2Config(**{**base, **options})


def llama(kind, **options):
    base = dict(vocab_size=23, hidden_size=12, intermediate_size=20, num_hidden_layers=2, num_attention_heads=3,
                num_key_value_heads=1, max_position_embeddings=40, bos_token_id=1, eos_token_id=2)
    return kind(**{**base, **options})


CONFIGS = {
    "tied": gpt2(),
    "untied": gpt2(tie_word_embeddings=False, n_inner=20, scale_attn_by_inverse_layer_idx=True),
    "llama": llama(LlamaConfig, rope_theta=500.0, attention_bias=True, mlp_bias=True),
    "qwen2": llama(Qwen2Config, num_attention_heads=6, num_key_value_heads=2, tie_word_embeddings=True),
    "qwen3": llama(Qwen3Config, head_dim=8),
}
OPTIONS = [dict(sequences=sequences, max_new_tokens=tokens, constrained=False)
           for sequences in (1, 2, 3, 5) for tokens in (1, 4, 12)]
OPTIONS += [dict(sequences=1, max_new_tokens=tokens, constrained=True) for tokens in (2, 12)]


def main():
    for seed, (name, config) in enumerate(CONFIGS.items()):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config).eval()
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.6 if parameter.ndim > 1 else 0.05)
        with torch.no_grad():  # No token may always win.
            for table in {model.get_input_embeddings().weight, model.lm_head.weight}:
                table.copy_(2 * table / table.norm(dim=1, keepdim=True))
            final_norm = model.model.norm if hasattr(model, "model") else model.transformer.ln_f
            final_norm.weight.fill_(1)
            if getattr(final_norm, "bias", None) is not None:
                final_norm.bias.zero_()
        prefixes = [torch.randn(length, config.hidden_size) for length in LENGTHS]
        with torch.no_grad():
            logits = [model(inputs_embeds=prefix[None]).logits[0, -1] for prefix in prefixes]
        end = ENDS[name]
        constraints = [label + [end] for label in CONSTRAINTS]
        recorded = []
        for options in OPTIONS:
            labels = []
            for prefix in prefixes:
                found = model.generate(inputs_embeds=prefix[None], attention_mask=torch.ones(1, len(prefix)),
                                       max_new_tokens=options["max_new_tokens"], eos_token_id=end, pad_token_id=end,
                                       do_sample=False, num_beams=options["sequences"],
                                       num_return_sequences=options["sequences"],
                                       prefix_allowed_tokens_fn=allowed_by(constraints, end)
                                       if options["constrained"] else None,
                                       logits_processor=LogitsProcessorList([Stable()]))
                labels += [ids[:ids.index(end)] if end in ids else ids for ids in found.tolist()]
            recorded.append({**options, "labels": labels})
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1, sort_keys=True) + "\n")
        tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
        save_file({key: value for key, value in model.state_dict().items() if key not in tied},
                  folder / "model.safetensors")
        starts = torch.tensor([0] + LENGTHS).cumsum(0).int()
        save_file({"prefixes": torch.cat(prefixes), "start": starts, "logits": torch.stack(logits)},
                  folder / "prefixes.safetensors")
        document = {"end_token": end, "constraints": constraints, "cases": recorded}
        (folder / "labels.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
