#include "config/encoder_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_error.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

EncoderConfig parse(const std::string& json) { return parse_encoder_config(json, "config.json"); }
std::string refusal(const std::string& json) { return testing::refusal(parse_encoder_config, json); }

/// A configuration of this family with these keys more.
std::string of(const std::string& model_type, const std::string& keys) {
  return R"({"model_type":")" + model_type + '"' + (keys.empty() ? "" : ",") + keys + "}";
}
std::string bert(const std::string& keys) { return of("bert", keys); }
std::string deberta(const std::string& keys) { return of("deberta-v2", keys); }
std::string modernbert(const std::string& keys) { return of("modernbert", keys); }

TEST(EncoderConfig, BertDefaultsAreThoseOfTransformers) {
  const EncoderConfig c = parse(bert(""));
  EXPECT_EQ(c.model_type, "bert");
  EXPECT_EQ(c.vocab_size, 30522);
  EXPECT_EQ(c.hidden_size, 768);
  EXPECT_EQ(c.num_hidden_layers, 12);
  EXPECT_EQ(c.num_attention_heads, 12);
  EXPECT_EQ(c.intermediate_size, 3072);
  EXPECT_EQ(c.max_position_embeddings, 512);
  EXPECT_EQ(c.type_vocab_size, 2);
  EXPECT_EQ(c.pad_token_id, 0);
  EXPECT_EQ(c.layer_norm_eps, 1e-12);
  EXPECT_EQ(c.hidden_act, Activation::kGelu);
}

TEST(EncoderConfig, RobertaDefaultsAreThoseOfTransformers) {
  const EncoderConfig c = parse(of("roberta", ""));
  EXPECT_EQ(c.vocab_size, 50265);
  EXPECT_EQ(c.pad_token_id, 1);
  EXPECT_EQ(c.type_vocab_size, 2);
  EXPECT_EQ(c.layer_norm_eps, 1e-12);
  const EncoderConfig x = parse(of("xlm-roberta", ""));
  EXPECT_EQ(x.model_type, "xlm-roberta");
  EXPECT_EQ(x.vocab_size, 30522);
  EXPECT_EQ(x.pad_token_id, 1);
}

TEST(EncoderConfig, T5DefaultsAreThoseOfTransformers) {
  const EncoderConfig c = parse(of("t5", ""));
  EXPECT_EQ(c.vocab_size, 32128);
  EXPECT_EQ(c.hidden_size, 512);
  EXPECT_EQ(c.head_size, 64);
  EXPECT_EQ(c.intermediate_size, 2048);
  EXPECT_EQ(c.num_hidden_layers, 6);
  EXPECT_EQ(c.num_attention_heads, 8);
  EXPECT_EQ(c.layer_norm_eps, 1e-6);
  EXPECT_EQ(c.distance_buckets, 32);
  EXPECT_EQ(c.max_bucket_distance, 128);
  EXPECT_FALSE(c.gated_feed_forward);
  EXPECT_EQ(c.hidden_act, Activation::kRelu);
  const EncoderConfig m = parse(of("mt5", ""));
  EXPECT_EQ(m.vocab_size, 250112);
  EXPECT_EQ(m.intermediate_size, 1024);
  EXPECT_EQ(m.num_hidden_layers, 8);
  EXPECT_EQ(m.num_attention_heads, 6);
  EXPECT_TRUE(m.gated_feed_forward);
  EXPECT_EQ(m.hidden_act, Activation::kGeluTanh);
}

TEST(EncoderConfig, T5FeedForwardNamesItsActivation) {
  EXPECT_EQ(parse(of("t5", R"("feed_forward_proj":"gated-gelu")")).hidden_act, Activation::kGeluTanh);
  const EncoderConfig gated = parse(of("t5", R"("feed_forward_proj":"gated-silu")"));
  EXPECT_TRUE(gated.gated_feed_forward);
  EXPECT_EQ(gated.hidden_act, Activation::kSilu);
  EXPECT_EQ(parse(of("t5", R"("feed_forward_proj":"gelu")")).hidden_act, Activation::kGelu);
  EXPECT_THAT(refusal(of("t5", R"("feed_forward_proj":"gated-sine")")),
              AllOf(HasSubstr("feed_forward_proj"), HasSubstr("sine")));
  EXPECT_THAT(refusal(of("t5", R"("relative_attention_num_buckets":3)")),
              HasSubstr("relative_attention_num_buckets"));
  EXPECT_THAT(refusal(of("t5", R"("relative_attention_max_distance":8)")),
              HasSubstr("relative_attention_max_distance"));
}

TEST(EncoderConfig, LlamaAndItsKinDifferInDefaultsAndBiases) {
  const EncoderConfig llama = parse(of("llama", R"("hidden_size":576,"num_attention_heads":9)"));
  EXPECT_TRUE(llama.is_llama());
  EXPECT_EQ(llama.key_value_heads, 9);
  EXPECT_EQ(llama.head_size, 64);
  EXPECT_EQ(llama.intermediate_size, 11008);
  EXPECT_EQ(llama.max_position_embeddings, 2048);
  EXPECT_EQ(llama.hidden_act, Activation::kSilu);
  EXPECT_EQ(llama.rope_theta, 10000.0);
  EXPECT_FALSE(llama.query_key_value_bias || llama.attention_bias || llama.mlp_bias ||
               llama.normalizes_heads || llama.tie_word_embeddings);
  const EncoderConfig qwen2 = parse(of("qwen2", R"("num_key_value_heads":null,"rope_theta":1000000.0)"));
  EXPECT_EQ(qwen2.key_value_heads, 32);
  EXPECT_EQ(qwen2.rope_theta, 1e6);
  EXPECT_TRUE(qwen2.query_key_value_bias && !qwen2.attention_bias);
  const EncoderConfig qwen3 =
      parse(of("qwen3", R"("num_key_value_heads":8,"attention_bias":true,)"
                        R"("rope_parameters":{"rope_type":"default","rope_theta":5e5})"));
  EXPECT_EQ(qwen3.key_value_heads, 8);
  EXPECT_EQ(qwen3.head_size, 128);
  EXPECT_EQ(qwen3.rope_theta, 5e5);
  EXPECT_TRUE(qwen3.query_key_value_bias && qwen3.attention_bias && qwen3.normalizes_heads);
}

TEST(EncoderConfig, LlamaIsRefusedWhereItsNumbersWouldDiffer) {
  EXPECT_THAT(refusal(of("llama", R"("num_key_value_heads":5)")),
              HasSubstr("a divisor of num_attention_heads 32"));
  EXPECT_THAT(refusal(of("llama", R"("head_dim":7)")),
              HasSubstr("heads of 7 dimensions, expected an even number"));
  EXPECT_THAT(refusal(of("llama", R"("rope_scaling":{"rope_type":"llama3","factor":8.0})")),
              HasSubstr("rope_type"));
  EXPECT_THAT(refusal(of("qwen2", R"("use_sliding_window":true)")), HasSubstr("use_sliding_window"));
}

TEST(EncoderConfig, Gpt2HasItsOwnNames) {
  const EncoderConfig d = parse(of("gpt2", ""));
  EXPECT_EQ(d.hidden_size, 768);
  EXPECT_EQ(d.intermediate_size, 3072);
  EXPECT_EQ(d.max_position_embeddings, 1024);
  EXPECT_EQ(d.hidden_act, Activation::kGeluTanh);
  EXPECT_TRUE(d.scale_attention && d.tie_word_embeddings && !d.scale_by_layer);
  const EncoderConfig c =
      parse(of("gpt2", R"("n_embd":24,"n_layer":2,"n_head":4,"n_inner":null,"n_positions":640,)"
                       R"("vocab_size":702,"scale_attn_by_inverse_layer_idx":true)"));
  EXPECT_EQ(c.hidden_size, 24);
  EXPECT_EQ(c.intermediate_size, 96);
  EXPECT_EQ(c.num_hidden_layers, 2);
  EXPECT_EQ(c.num_attention_heads, 4);
  EXPECT_EQ(c.max_position_embeddings, 640);
  EXPECT_TRUE(c.scale_by_layer);
  EXPECT_THAT(refusal(of("gpt2", R"("n_embd":25,"n_head":4)")), HasSubstr("no multiple of n_head 4"));
  EXPECT_THAT(refusal(of("gpt2", R"("add_cross_attention":true)")), HasSubstr("add_cross_attention"));
}

TEST(EncoderConfig, ContextEncodersMayBeLstmLayers) {
  const EncoderConfig c = parse(of("rnn", R"("hidden_size":24,"num_hidden_layers":2,"bidirectional":false)"));
  EXPECT_EQ(c.hidden_size, 24);
  EXPECT_EQ(c.num_hidden_layers, 2);
  EXPECT_FALSE(c.bidirectional);
  EXPECT_TRUE(parse(of("rnn", "")).bidirectional);
  EXPECT_THAT(refusal(of("rnn", R"("hidden_size":25)")), HasSubstr("hidden_size"));
  EXPECT_THAT(refusal(of("rnn", R"("rnn_type":"gru")")), HasSubstr("rnn_type"));
}

TEST(EncoderConfig, DebertaDefaultsAreThoseOfTransformers) {
  const EncoderConfig c = parse(deberta(""));
  EXPECT_EQ(c.vocab_size, 128100);
  EXPECT_EQ(c.hidden_size, 1536);
  EXPECT_EQ(c.num_hidden_layers, 24);
  EXPECT_EQ(c.num_attention_heads, 24);
  EXPECT_EQ(c.intermediate_size, 6144);
  EXPECT_EQ(c.max_position_embeddings, 512);
  EXPECT_EQ(c.type_vocab_size, 0);
  EXPECT_EQ(c.layer_norm_eps, 1e-7);
  EXPECT_EQ(c.embedding_size, 0);
  EXPECT_FALSE(c.relative_attention);
  EXPECT_EQ(c.max_relative_positions, -1);
  EXPECT_EQ(c.position_buckets, -1);
  EXPECT_TRUE(c.position_biased_input);
  EXPECT_FALSE(c.share_att_key);
  EXPECT_FALSE(c.c2p);
  EXPECT_FALSE(c.p2c);
  EXPECT_FALSE(c.norm_rel_ebd);
  EXPECT_EQ(c.conv_kernel_size, 0);
}

TEST(EncoderConfig, ModernBertDefaultsAreThoseOfTransformers) {
  const EncoderConfig c = parse(modernbert(""));
  EXPECT_EQ(c.vocab_size, 50368);
  EXPECT_EQ(c.hidden_size, 768);
  EXPECT_EQ(c.num_hidden_layers, 22);
  EXPECT_EQ(c.num_attention_heads, 12);
  EXPECT_EQ(c.intermediate_size, 1152);
  EXPECT_EQ(c.max_position_embeddings, 8192);
  EXPECT_EQ(c.pad_token_id, 50283);
  EXPECT_EQ(c.layer_norm_eps, 1e-5);
  EXPECT_EQ(c.hidden_act, Activation::kGelu);
  EXPECT_FALSE(c.attention_bias);
  EXPECT_FALSE(c.mlp_bias);
  EXPECT_FALSE(c.norm_bias);
  EXPECT_FALSE(c.position_biased_input);
  EXPECT_EQ(c.local_attention, 128);
  ASSERT_EQ(c.layer_is_global.size(), 22u);
  for (std::size_t i = 0; i < 22; ++i) EXPECT_EQ(c.layer_is_global[i], i % 3 == 0) << i;
  EXPECT_EQ(c.global_rope_theta, 160000.0);
  EXPECT_EQ(c.local_rope_theta, 10000.0);
}

TEST(EncoderConfig, ReadsMdebertaV3AsPublished) {
  const EncoderConfig c =
      parse(R"({"model_type":"deberta-v2","attention_probs_dropout_prob":0.1,"hidden_act":"gelu",
      "hidden_size":768,"intermediate_size":3072,"layer_norm_eps":1e-07,"max_position_embeddings":512,
      "max_relative_positions":-1,"norm_rel_ebd":"layer_norm","num_attention_heads":12,"num_hidden_layers":12,
      "pad_token_id":0,"pooler_hidden_act":"gelu","pos_att_type":["p2c","c2p"],"position_biased_input":false,
      "position_buckets":256,"relative_attention":true,"share_att_key":true,"type_vocab_size":0,"vocab_size":250112})");
  EXPECT_EQ(c.vocab_size, 250112);
  EXPECT_EQ(c.hidden_size, 768);
  EXPECT_EQ(c.num_hidden_layers, 12);
  EXPECT_TRUE(c.relative_attention && c.share_att_key && c.norm_rel_ebd && c.c2p && c.p2c);
  EXPECT_FALSE(c.position_biased_input);
  EXPECT_EQ(c.position_buckets, 256);
}

TEST(EncoderConfig, ReadsTheRecordedCheckpoints) {
  const auto golden = [](const std::string& name) {
    const std::string path = GLINER_TEST_DATA "/golden2/" + name + "/model/encoder_config/config.json";
    return parse_encoder_config(testing::read_file(path), path);
  };
  const EncoderConfig modern = golden("span-modernbert");
  EXPECT_THAT(modern.layer_is_global, ElementsAre(true, false, false, true));
  EXPECT_EQ(modern.local_attention, 16);
  EXPECT_EQ(modern.global_rope_theta, 160000.0);
  EXPECT_EQ(modern.local_rope_theta, 10000.0);
  EXPECT_EQ(golden("span-bert").max_position_embeddings, 2048);
  EXPECT_EQ(golden("span-deberta-v2cnt").position_buckets, 32);
  EXPECT_EQ(golden("span-deberta-v3").hidden_size, 48);
  EXPECT_EQ(parse(testing::read_file(GLINER_DEMO_MODEL "/encoder_config/config.json")).num_hidden_layers, 4);
}

TEST(EncoderConfig, PositionAttentionIsAListOrAText) {
  const auto types = [](const std::string& value) {
    const EncoderConfig c = parse(deberta("\"pos_att_type\":" + value));
    return std::string(c.c2p ? "c" : "") + (c.p2c ? "p" : "");
  };
  EXPECT_EQ(types(R"(["p2c","c2p"])"), "cp");
  EXPECT_EQ(types(R"("P2C| c2p")"), "cp");
  EXPECT_EQ(types(R"("c2p")"), "c");
  EXPECT_EQ(types(R"(["p2c"])"), "p");
  EXPECT_EQ(types("[]"), "");
  EXPECT_EQ(types("null"), "");
  EXPECT_EQ(types("\"none\""), "");
}

TEST(EncoderConfig, DebertaV2XlargeHasAConvolution) {
  const EncoderConfig c = parse(deberta(R"("conv_kernel_size":3,"conv_act":"gelu","conv_groups":2)"));
  EXPECT_EQ(c.conv_kernel_size, 3);
  EXPECT_EQ(c.conv_groups, 2);
  EXPECT_EQ(c.conv_act, Activation::kGelu);
  EXPECT_EQ(parse(deberta("\"conv_kernel_size\":5")).conv_act, Activation::kTanh);
  EXPECT_EQ(parse(deberta("\"conv_kernel_size\":-1")).conv_kernel_size, 0);
}

TEST(EncoderConfig, AMissingKindIsTakenForDebertaV2ByItsKeys) {
  const std::string keys = R"("relative_attention":true,"pos_att_type":["c2p"],"position_buckets":256)";
  EXPECT_EQ(parse("{" + keys + "}").model_type, "deberta-v2");
  EXPECT_EQ(parse(R"({"model_type":null,)" + keys + "}").model_type, "deberta-v2");
  EXPECT_THAT(refusal(R"({"hidden_size":768})"), AllOf(HasSubstr("model_type"), HasSubstr("found nothing")));
  // DeBERTa v1 has relative attention too.
  EXPECT_THAT(refusal(R"({"relative_attention":true,"pos_att_type":["c2p"]})"), HasSubstr("found nothing"));
}

TEST(EncoderConfig, ActivationsGoByTheNamesOfTransformers) {
  const auto named = [](const std::string& name) {
    return parse(bert("\"hidden_act\":\"" + name + '"')).hidden_act;
  };
  EXPECT_EQ(named("gelu"), Activation::kGelu);
  EXPECT_EQ(named("gelu_new"), Activation::kGeluTanh);
  EXPECT_EQ(named("gelu_pytorch_tanh"), Activation::kGeluTanh);
  EXPECT_EQ(named("relu"), Activation::kRelu);
  EXPECT_EQ(named("silu"), Activation::kSilu);
  EXPECT_EQ(named("swish"), Activation::kSilu);
  EXPECT_EQ(named("tanh"), Activation::kTanh);
  EXPECT_EQ(parse(modernbert("\"hidden_activation\":\"silu\"")).hidden_act, Activation::kSilu);
  EXPECT_THAT(refusal(bert("\"hidden_act\":\"mish\"")),
              AllOf(HasSubstr("hidden_act"), HasSubstr("gelu, gelu_python"), HasSubstr("found \"mish\"")));
}

TEST(EncoderConfig, ModernBertLayersByListOrByPeriod) {
  EXPECT_THAT(parse(modernbert(R"("num_hidden_layers":4,"global_attn_every_n_layers":2)")).layer_is_global,
              ElementsAre(true, false, true, false));
  EXPECT_THAT(parse(modernbert(R"("num_hidden_layers":2,"global_attn_every_n_layers":1)")).layer_is_global,
              ElementsAre(true, true));
  EXPECT_THAT(parse(modernbert(R"("num_hidden_layers":2,"layer_types":["sliding_attention","full_attention"],
                                  "global_attn_every_n_layers":2)"))
                  .layer_is_global,
              ElementsAre(false, true));
  EXPECT_THAT(parse(modernbert(R"("num_hidden_layers":1,"layer_types":null)")).layer_is_global,
              ElementsAre(true));
}

TEST(EncoderConfig, RotaryBasesInOldAndNewForm) {
  const auto bases = [](const std::string& keys) {
    const EncoderConfig c = parse(modernbert(keys));
    return std::pair(c.global_rope_theta, c.local_rope_theta);
  };
  using Bases = std::pair<double, double>;
  EXPECT_EQ(bases(R"("global_rope_theta":80000.0,"local_rope_theta":5000)"), Bases(80000, 5000));
  EXPECT_EQ(bases(R"("global_rope_theta":80000.0,"local_rope_theta":null)"), Bases(80000, 80000));
  EXPECT_EQ(bases(R"("rope_parameters":{"full_attention":{"rope_theta":7e4,"rope_type":"default"},
                                        "sliding_attention":{"rope_theta":6e3}})"),
            Bases(70000, 6000));
  EXPECT_EQ(bases(R"("rope_parameters":{"full_attention":{"rope_type":"default"},"sliding_attention":null},
                     "global_rope_theta":50.0,"local_rope_theta":40.0)"),
            Bases(50, 40));
  EXPECT_EQ(bases(R"("rope_parameters":{})"), Bases(160000, 10000));
  EXPECT_EQ(bases(R"("rope_parameters":null,"rope_scaling":null)"), Bases(160000, 10000));
  EXPECT_EQ(bases(R"("rope_scaling":{"rope_type":"default","rope_theta":9.0})"), Bases(9, 9));
}

TEST(EncoderConfigRefusal, SettingsThatWouldChangeTheNumbers) {
  EXPECT_THAT(refusal(bert("\"position_embedding_type\":\"relative_key\"")),
              AllOf(HasSubstr("position_embedding_type: expected \"absolute\""),
                    HasSubstr("found \"relative_key\"")));
  EXPECT_THAT(refusal(of("roberta", "\"is_decoder\":true")), HasSubstr("is_decoder: expected false"));
  EXPECT_THAT(refusal(bert("\"add_cross_attention\":true")),
              HasSubstr("add_cross_attention: expected false"));
  EXPECT_THAT(refusal(deberta("\"attention_head_size\":128")),
              HasSubstr("attention_head_size: expected an integer from 64"));
  EXPECT_THAT(refusal(deberta("\"pos_att_type\":[\"p2p\"]")),
              HasSubstr("pos_att_type: expected c2p, p2c or both"));
  EXPECT_THAT(refusal(deberta("\"pos_att_type\":[1]")), HasSubstr("pos_att_type"));
  EXPECT_THAT(refusal(deberta("\"norm_rel_ebd\":\"batch_norm\"")), HasSubstr("norm_rel_ebd"));
  EXPECT_THAT(refusal(deberta("\"position_buckets\":1")), HasSubstr("position_buckets"));
  EXPECT_THAT(refusal(deberta("\"conv_kernel_size\":4")),
              HasSubstr("conv_kernel_size: expected an odd number"));
  EXPECT_THAT(refusal(deberta(R"("conv_kernel_size":3,"conv_groups":7)")),
              HasSubstr("conv_groups: expected a divisor"));
  EXPECT_THAT(refusal(modernbert(R"("rope_scaling":{"rope_type":"linear","factor":2.0})")),
              HasSubstr("rope_scaling: rope_type: expected \"default\", found \"linear\""));
  EXPECT_THAT(refusal(modernbert(R"("rope_scaling":{"type":"yarn"})")), HasSubstr("rope_scaling: type"));
  EXPECT_THAT(refusal(modernbert(R"("rope_parameters":{"full_attention":{"rope_type":"yarn"}})")),
              HasSubstr("rope_parameters: full_attention: rope_type"));
  EXPECT_THAT(refusal(modernbert(R"("rope_parameters":{"rope_theta":10000.0})")),
              HasSubstr("rope_parameters: rope_theta: expected only the keys full_attention"));
  EXPECT_THAT(refusal(modernbert("\"head_dim\":32")), HasSubstr("head_dim"));
}

TEST(EncoderConfigRefusal, SizesOutOfBounds) {
  EXPECT_THAT(refusal(bert("\"hidden_size\":0")), HasSubstr("hidden_size: expected an integer from 1 to"));
  EXPECT_THAT(refusal(bert("\"hidden_size\":-768")), HasSubstr("found -768"));
  EXPECT_THAT(refusal(bert("\"vocab_size\":9223372036854775807")), HasSubstr("vocab_size"));
  EXPECT_THAT(refusal(bert("\"vocab_size\":18446744073709551615")), HasSubstr("found 18446744073709551615"));
  EXPECT_THAT(refusal(bert("\"num_hidden_layers\":100000")), HasSubstr("num_hidden_layers"));
  EXPECT_THAT(refusal(bert("\"num_attention_heads\":7")),
              HasSubstr("768 is no multiple of num_attention_heads 7"));
  EXPECT_THAT(refusal(bert("\"type_vocab_size\":0")), HasSubstr("type_vocab_size"));
  EXPECT_THAT(refusal(bert("\"layer_norm_eps\":-1e-5")),
              HasSubstr("layer_norm_eps: expected a number from 0 to 1"));
  EXPECT_THAT(refusal(bert("\"layer_norm_eps\":1e999")), HasSubstr("1e999"));
  EXPECT_THAT(refusal(of("roberta", "\"pad_token_id\":-1")), HasSubstr("pad_token_id"));
  EXPECT_THAT(refusal(of("roberta", "\"pad_token_id\":511")), HasSubstr("pad_token_id"));
  EXPECT_THAT(refusal(modernbert("\"global_attn_every_n_layers\":0")),
              HasSubstr("global_attn_every_n_layers"));
  EXPECT_THAT(refusal(modernbert(R"("num_hidden_layers":3,"layer_types":["full_attention"])")),
              HasSubstr("layer_types: expected an array of num_hidden_layers 3 texts"));
  EXPECT_THAT(refusal(modernbert(R"("num_hidden_layers":1,"layer_types":["chunked_attention"])")),
              HasSubstr("layer_types"));
  EXPECT_THAT(refusal(modernbert(R"("hidden_size":15,"num_attention_heads":5)")),
              HasSubstr("expected an even head size"));
  EXPECT_THAT(refusal(modernbert("\"global_rope_theta\":0.0")), HasSubstr("global_rope_theta"));
}

TEST(EncoderConfigRefusal, ValuesOfAnotherType) {
  EXPECT_THAT(refusal(bert("\"hidden_size\":\"768\"")), HasSubstr("hidden_size: expected an integer"));
  EXPECT_THAT(refusal(bert("\"hidden_size\":768.0")), HasSubstr("found 768.0"));
  EXPECT_THAT(refusal(bert("\"hidden_size\":true")), HasSubstr("found true"));
  EXPECT_THAT(refusal(bert("\"hidden_size\":null")), HasSubstr("found null"));
  EXPECT_THAT(refusal(bert("\"hidden_size\":[768]")), HasSubstr("found an array"));
  EXPECT_THAT(refusal(deberta("\"relative_attention\":1")),
              HasSubstr("relative_attention: expected true or false, found 1"));
  EXPECT_THAT(refusal(bert("\"hidden_act\":{}")), HasSubstr("hidden_act: expected a text, found an object"));
  EXPECT_THAT(refusal(bert("\"layer_norm_eps\":\"1e-12\"")), HasSubstr("layer_norm_eps"));
  EXPECT_THAT(refusal(modernbert("\"rope_parameters\":[]")),
              HasSubstr("rope_parameters: expected an object, found an array"));
}

TEST(EncoderConfigRefusal, OtherKindsAndBrokenFiles) {
  EXPECT_THAT(
      refusal(of("electra", "")),
      AllOf(HasSubstr("bert, deberta-v2, gpt2, llama, modernbert, mt5, qwen2, qwen3, rnn, roberta, t5, "
                      "xlm-roberta"),
            HasSubstr("found \"electra\"")));
  EXPECT_THAT(refusal("[]"), HasSubstr("expected an object, found an array"));
  EXPECT_THAT(refusal("\"bert\""), HasSubstr("expected an object, found \"bert\""));
  EXPECT_THAT(refusal(""), HasSubstr("broken JSON"));
  EXPECT_THAT(refusal(R"({"model_type":"bert")"), HasSubstr("broken JSON"));
}

TEST(EncoderConfig, ANullPaddingIdIsTheFamilysOwn) {
  EXPECT_EQ(parse(bert("\"pad_token_id\":null")).pad_token_id, 0);
  EXPECT_EQ(parse(of("roberta", "\"pad_token_id\":null")).pad_token_id, 1);
  EXPECT_EQ(parse(of("roberta", "\"pad_token_id\":5")).pad_token_id, 5);
}

}  // namespace
}  // namespace gliner
