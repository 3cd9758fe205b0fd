#!/usr/bin/env python3
"""Makes the encoder fixtures: small random encoders of transformers and what they compute.

    pip install torch transformers safetensors
    python tests/data/encoders/make_encoders.py

Each folder gets config.json, model.safetensors (the encoder's state_dict below "encoder.") and expected.safetensors:
`ids` [T], `start` [B + 1] and `last_hidden_state` [T, H], every sequence computed alone, without padding. Only
configurations that the recorded models in golden2 leave out. Recorded with torch 2.15 and transformers 5.16.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import AutoModel, T5EncoderModel
from transformers import BertConfig, DebertaV2Config, ModernBertConfig, MT5Config, RobertaConfig, T5Config
from transformers import XLMRobertaConfig

HERE = pathlib.Path(__file__).parent
LENGTHS = [23, 1, 70, 9]


def deberta(**options):
    base = dict(vocab_size=37, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
                max_position_embeddings=128, relative_attention=True, position_buckets=8, type_vocab_size=0,
                position_biased_input=False, share_att_key=True, norm_rel_ebd="layer_norm",
                pos_att_type=["p2c", "c2p"], layer_norm_eps=1e-7)
    return DebertaV2Config(**{**base, **options})


def bert_like(kind, **options):
    base = dict(vocab_size=41, hidden_size=20, num_hidden_layers=2, num_attention_heads=2, intermediate_size=28,
                max_position_embeddings=80)
    return kind(**{**base, **options})


def modernbert(**options):
    base = dict(vocab_size=39, hidden_size=24, num_hidden_layers=4, num_attention_heads=2, intermediate_size=22,
                max_position_embeddings=256, local_attention=6, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                cls_token_id=1, sep_token_id=2)
    return ModernBertConfig(**{**base, **options})


def t5(kind, **options):
    base = dict(vocab_size=35, d_model=20, d_kv=6, d_ff=28, num_layers=2, num_heads=4, use_cache=False)
    return kind(**{**base, **options})


CONFIGS = {
    # The keys of v2-xlarge: a convolution beside the first layer; and all that v3 leaves out.
    "deberta-conv": deberta(conv_kernel_size=3, conv_act="gelu", share_att_key=False, position_biased_input=True,
                            type_vocab_size=2, norm_rel_ebd="none"),
    "deberta-conv-groups": deberta(conv_kernel_size=5, conv_groups=4, hidden_act="relu"),
    "deberta-small-embeddings": deberta(embedding_size=10, pos_att_type=["c2p"], hidden_act="gelu_new"),
    "deberta-p2c": deberta(pos_att_type=["p2c"], share_att_key=False, position_buckets=6, max_relative_positions=24),
    "deberta-no-buckets": deberta(position_buckets=-1, max_relative_positions=16),
    "deberta-absolute": deberta(relative_attention=False, pos_att_type=None, position_biased_input=True),
    "bert-relu": bert_like(BertConfig, hidden_act="relu", type_vocab_size=3),
    "roberta": bert_like(RobertaConfig, pad_token_id=1, type_vocab_size=1),
    "xlm-roberta": bert_like(XLMRobertaConfig, pad_token_id=3, type_vocab_size=1, hidden_act="silu"),
    "modernbert-biases": modernbert(attention_bias=True, mlp_bias=True, norm_bias=True, global_attn_every_n_layers=2),
    "modernbert-local": modernbert(layer_types=["sliding_attention", "sliding_attention", "full_attention",
                                               "sliding_attention"], hidden_activation="gelu_pytorch_tanh"),
    # Weights stored in half precision are computed with in float32.
    "bert-float16": bert_like(BertConfig),
    "deberta-bfloat16": deberta(),
    # Heads that do not divide the width; a sequence longer than the farthest bucket.
    "t5-relu": t5(T5Config, relative_attention_max_distance=40, relative_attention_num_buckets=12),
    "mt5-gated": t5(MT5Config, d_kv=8, relative_attention_max_distance=64),
    "t5-gated-silu": t5(T5Config, feed_forward_proj="gated-silu", num_layers=1, layer_norm_epsilon=0.01),
}
STORED = {"bert-float16": torch.float16, "deberta-bfloat16": torch.bfloat16}


def main():
    for seed, (name, config) in enumerate(CONFIGS.items()):
        torch.manual_seed(seed)
        is_t5 = config.model_type in ("t5", "mt5")
        model = T5EncoderModel(config) if is_t5 else AutoModel.from_config(config, attn_implementation="eager")
        model.eval()
        for parameter in model.parameters():  # Fresh weights are too tame to tell one formula from another.
            torch.nn.init.normal_(parameter, std=0.3 if parameter.ndim > 1 else 0.5)
        stored = {f"encoder.{key}": value.to(STORED.get(name, torch.float32)).contiguous()
                  for key, value in model.state_dict().items()
                  if key != "encoder.embed_tokens.weight"}  # T5's second name for shared.weight
        model.load_state_dict({key[len("encoder."):]: value.float() for key, value in stored.items()},
                              strict=not is_t5)
        start, ids, hidden = [0], [], []
        for length in LENGTHS:
            one = torch.randint(0, config.vocab_size, (length,))
            with torch.no_grad():
                hidden.append(model(input_ids=one[None], attention_mask=torch.ones(1, length)).last_hidden_state[0])
            ids.append(one)
            start.append(start[-1] + length)
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config.to_dict(), indent=1, sort_keys=True) + "\n")
        save_file(stored, folder / "model.safetensors")
        save_file({"ids": torch.cat(ids).int(), "start": torch.tensor(start).int(),
                   "last_hidden_state": torch.cat(hidden).contiguous()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main()
