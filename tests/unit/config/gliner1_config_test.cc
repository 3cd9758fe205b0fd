#include "config/gliner1_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_error.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Gliner1Config parse(const std::string& json) { return parse_gliner1_config(json, "config.json"); }
std::string refusal(const std::string& json) { return testing::refusal(parse_gliner1_config, json); }

constexpr const char* kBert = R"({"model_type":"bert","hidden_size":8,"num_hidden_layers":1,
    "num_attention_heads":2,"intermediate_size":16,"vocab_size":20})";

TEST(Gliner1Config, DefaultsAreThoseOfTheReference) {
  const Gliner1Config c = parse(R"({"model_name":"microsoft/deberta-v3-small"})");
  EXPECT_EQ(c.max_width, 12);
  EXPECT_EQ(c.max_len, 384);
  EXPECT_EQ(c.hidden_size, 512);
  EXPECT_EQ(c.rnn_layers, 1);
  EXPECT_EQ(c.span_mode, SpanMode::kMarkerV0);
  EXPECT_EQ(c.pooling, SubtokenPooling::kFirst);
  EXPECT_TRUE(c.embed_ent_token);
  EXPECT_TRUE(c.adds_tokens());
  EXPECT_FALSE(c.encoder.has_value());
  EXPECT_EQ(architecture_name(c), "gliner1-span");
}

TEST(Gliner1Config, PartsDecideTheArchitecture) {
  const auto name = [](const std::string& members) {
    return architecture_name(
        parse(R"({"hidden_size":8,"encoder_config":)" + std::string(kBert) + members + "}"));
  };
  EXPECT_EQ(name(""), "gliner1-span");
  EXPECT_EQ(name(R"(,"span_mode":"token_level")"), "gliner1-token");
  EXPECT_EQ(name(R"(,"labels_encoder":"x","labels_encoder_config":)" + std::string(kBert)),
            "gliner1-bi-span");
  EXPECT_EQ(name(R"(,"relations_layer":"none","span_mode":"token_level")"), "gliner1-token-relex");
  EXPECT_EQ(name(R"(,"model_type":"gliner_uni_encoder_token")"), "gliner1-span")
      << "model_type does not count";
}

TEST(Gliner1Config, ReadsTheRecordedCheckpoints) {
  const auto golden = [](const std::string& name) {
    const std::string path = GLINER_TEST_DATA "/golden1/" + name + "/model/gliner_config.json";
    return parse_gliner1_config(testing::read_file(path), path);
  };
  EXPECT_EQ(architecture_name(golden("bi-token")), "gliner1-bi-token");
  EXPECT_EQ(golden("bi-token").labels_encoder->model_type, "bert");
  EXPECT_EQ(golden("uni-token-deberta").pooling, SubtokenPooling::kMean);
  EXPECT_EQ(golden("uni-span-bert").max_len, 200);
  EXPECT_EQ(architecture_name(golden("streaming-gpt2")), "gliner1-streaming-span");
  EXPECT_EQ(golden("streaming-gpt2").streaming->right_context_width, 3);
}

TEST(Gliner1Config, AShortContextEncoderTakesItsSizesFromTheModel) {
  const Gliner1Config c = parse(R"({"hidden_size":192,"span_encoder_config":{"model_type":"deberta-v2"}})");
  ASSERT_TRUE(c.span_context.has_value());
  EXPECT_EQ(c.span_context->hidden_size, 192);
  EXPECT_EQ(c.span_context->num_attention_heads, 3);
  EXPECT_EQ(c.span_context->intermediate_size, 768);
  EXPECT_EQ(c.span_context->num_hidden_layers, 1);
}

TEST(Gliner1Config, RefusesWhatItCannotComputeAndNamesTheKey) {
  EXPECT_THAT(refusal(R"({"words_splitter_type":"jieba"})"),
              AllOf(HasSubstr("words_splitter_type"), HasSubstr("jieba")));
  EXPECT_THAT(refusal(R"({"span_mode":"marker9"})"), HasSubstr("span_mode"));
  EXPECT_THAT(refusal(R"({"precomputed_prompts_mode":true})"), HasSubstr("precomputed_prompts_mode"));
  EXPECT_THAT(refusal(R"({"relations_layer":"telepathy"})"), HasSubstr("relations_layer"));
  EXPECT_THAT(refusal(R"({"post_fusion_schema":"l2l-x2x"})"), HasSubstr("post_fusion_schema"));
  EXPECT_THAT(refusal(R"({"max_width":0})"), HasSubstr("max_width"));
  EXPECT_THAT(refusal(R"({"hidden_size":7})"), HasSubstr("even"));
  EXPECT_THAT(refusal("[]"), HasSubstr("object"));
}

}  // namespace
}  // namespace gliner
