#!/usr/bin/env python3
"""Write a full-size GLiNER v1 checkpoint with random weights, for timing only.

    make_random_gliner.py FOLDER --architecture bi-span [--seed 0]

Needs the Python package gliner (0.2.29). Encoders have the shapes of published checkpoints: DeBERTa-v3 base; for the
bi-encoders a ModernBERT base beside a small BERT for the labels; GPT-2 where a decoder writes labels or reads a stream. Every product costs what it costs there; the answers
mean nothing, so choose the threshold for the number of entities (the comparison does).
"""
import argparse

import torch
from gliner import model as gliner_models
from gliner.config import BaseGLiNERConfig
from random_tokenizer import make_tokenizer

DEBERTA = {
    "model_type": "deberta-v2", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "relative_attention": True, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
    "share_att_key": True, "pos_att_type": ["p2c", "c2p"], "max_relative_positions": -1, "position_biased_input": False,
    "type_vocab_size": 0, "layer_norm_eps": 1e-7, "max_position_embeddings": 512}
MODERNBERT = {"model_type": "modernbert", "hidden_size": 768, "num_hidden_layers": 22, "num_attention_heads": 12,
              "intermediate_size": 1152, "max_position_embeddings": 8192}
SMALL_BERT = {"model_type": "bert", "hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 12,
              "intermediate_size": 1536, "max_position_embeddings": 512}
GPT2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024}
LLAMA = {"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
         "num_attention_heads": 9, "num_key_value_heads": 3, "max_position_embeddings": 8192, "rope_theta": 100000.0,
         "tie_word_embeddings": True}  # The sizes of SmolLM2-135M.

ONE_ENCODER = {"encoder": DEBERTA, "vocabulary": 128_000, "hidden_size": 512, "num_rnn_layers": 1}
TWO_ENCODERS = {"encoder": MODERNBERT, "vocabulary": 50_000, "hidden_size": 512, "num_rnn_layers": 0,
                "labels_encoder": "small-bert", "labels_encoder_config": SMALL_BERT}
RELATIONS = {**ONE_ENCODER, "relations_layer": "dot", "triples_layer": "DistMult"}
DECODER = {**ONE_ENCODER, "labels_decoder": "gpt2", "labels_decoder_config": GPT2, "decoder_mode": "span"}
LLAMA_DECODER = {**ONE_ENCODER, "labels_decoder": "llama", "labels_decoder_config": LLAMA, "decoder_mode": "span"}
STREAM = {"decoder_config": GPT2, "vocabulary": 50_000, "hidden_size": 512, "num_rnn_layers": 0, "span_mode": "markerV2",
          "labels_encoder_config": {**DEBERTA, "num_hidden_layers": 2}}
ARCHITECTURES = {
    "span": ("UniEncoderSpan", ONE_ENCODER),
    "token": ("UniEncoderToken", ONE_ENCODER),
    "bi-span": ("BiEncoderSpan", TWO_ENCODERS),
    "bi-token": ("BiEncoderToken", TWO_ENCODERS),
    "span-relex": ("UniEncoderSpanRelex", RELATIONS),
    "token-relex": ("UniEncoderTokenRelex", RELATIONS),
    "span-decoder": ("UniEncoderSpanDecoder", DECODER),
    "span-decoder-llama": ("UniEncoderSpanDecoder", LLAMA_DECODER),
    "streaming": ("StreamingSpan", STREAM),
    "streaming-llama": ("StreamingSpan", {**STREAM, "decoder_config": LLAMA}),
}
LABEL_VOCABULARY = DECODER_VOCABULARY = 30_000


def with_ends(tokenizer):
    """[CLS] text [SEP], as the tokenizers of published encoders add them."""
    from tokenizers.processors import TemplateProcessing
    ends = [(name, tokenizer.convert_tokens_to_ids(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends)
    return tokenizer


def special_ids(tokenizer):
    cls, sep, pad = (tokenizer.convert_tokens_to_ids(name) for name in ("[CLS]", "[SEP]", "[PAD]"))
    return {"pad_token_id": pad, "cls_token_id": cls, "bos_token_id": cls, "sep_token_id": sep, "eos_token_id": sep}


def make_model(architecture):
    name, settings = ARCHITECTURES[architecture]
    settings = dict(settings)
    tokenizer = with_ends(make_tokenizer(settings.pop("vocabulary")))
    if "encoder" in settings:
        settings["encoder_config"] = dict(settings.pop("encoder"), vocab_size=len(tokenizer), **special_ids(tokenizer))
    own = getattr(gliner_models, f"{name}GLiNER")
    extra = {}
    if "labels_encoder" in settings:
        extra["labels_tokenizer"] = with_ends(make_tokenizer(LABEL_VOCABULARY))
        extra["labels_tokenizer"].model_max_length = settings["labels_encoder_config"]["max_position_embeddings"]
        settings["labels_encoder_config"] = dict(settings["labels_encoder_config"], vocab_size=LABEL_VOCABULARY,
                                                 pad_token_id=extra["labels_tokenizer"].pad_token_id)
    if "labels_decoder_config" in settings:
        decoder = make_tokenizer(DECODER_VOCABULARY)
        decoder.eos_token = decoder.bos_token = "[SEP]"
        extra["decoder_tokenizer"] = decoder
        ends = {"eos_token_id": decoder.eos_token_id, "bos_token_id": decoder.bos_token_id}
        settings["labels_decoder_config"] = dict(settings["labels_decoder_config"], vocab_size=DECODER_VOCABULARY, **ends)
    if "Token" not in name:
        settings.setdefault("span_mode", "markerV0")
    if "decoder_config" in settings:  # Labels are read by the stream's own tokenizer.
        tokenizer.eos_token = tokenizer.bos_token = "[SEP]"
        settings["decoder_config"] = dict(settings["decoder_config"], vocab_size=len(tokenizer),
                                          eos_token_id=tokenizer.eos_token_id, bos_token_id=tokenizer.bos_token_id)
    config = own.config_class(model_name="random", max_width=12, max_len=384, **settings)
    assert isinstance(config, BaseGLiNERConfig)
    model = own(config, tokenizer=tokenizer, backbone_from_pretrained=False, **extra)
    own._resize_token_embeddings(model, config, tokenizer)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--architecture", choices=ARCHITECTURES, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    model = make_model(arguments.architecture).eval()
    with torch.no_grad():  # Fresh heads answer 0.5 to everything; wider weights spread the scores.
        for name, weight in model.model.named_parameters():
            if weight.dim() == 2 and "token_rep_layer" not in name and "decoder" not in name:
                weight *= 2
    model.save_pretrained(arguments.folder, safe_serialization=True)
    print(f"{arguments.folder}: {sum(weight.numel() for weight in model.parameters()) / 1e6:.0f} million parameters")


if __name__ == "__main__":
    main()
