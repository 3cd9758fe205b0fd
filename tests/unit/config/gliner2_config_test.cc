#include "config/gliner2_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config_error.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Gliner2Config parse(const std::string& json) { return parse_gliner2_config(json, "config.json"); }
std::string refusal(const std::string& json) { return testing::refusal(parse_gliner2_config, json); }

TEST(Gliner2Config, DefaultsAreThoseOfTheReference) {
  const Gliner2Config c = parse("{}");
  EXPECT_EQ(c.token_pooling, TokenPooling::kFirst);
  EXPECT_EQ(c.counting_layer, CountingLayer::kCountLstm);
  EXPECT_EQ(c.max_width, 8);
}

TEST(Gliner2Config, ReadsTheOldFlatForm) {
  const Gliner2Config c = parse(R"({"counting_layer":"count_lstm","max_width":12,"model_type":"extractor",
                                    "model_name":"microsoft/mdeberta-v3-base","token_pooling":"first"})");
  EXPECT_EQ(c.model_name, "microsoft/mdeberta-v3-base");
  EXPECT_EQ(c.max_width, 12);
}

TEST(Gliner2Config, ReadsTheRecordedCheckpoints) {
  const auto golden = [](const std::string& name) {
    const std::string path = GLINER_TEST_DATA "/golden2/" + name + "/model/config.json";
    return parse_gliner2_config(testing::read_file(path), path);
  };
  EXPECT_EQ(golden("span-bert").token_pooling, TokenPooling::kMean);
  EXPECT_EQ(golden("span-bert").counting_layer, CountingLayer::kCountLstmMoe);
  EXPECT_EQ(golden("span-deberta-v2cnt").token_pooling, TokenPooling::kMax);
  EXPECT_EQ(golden("span-deberta-v2cnt").counting_layer, CountingLayer::kCountLstmV2);
  EXPECT_EQ(golden("span-deberta-v3").model_name, "golden/span-deberta-v3");
  EXPECT_THROW(golden("boundary-shared"), ModelError);
}

TEST(Gliner2Config, TheWidthInSpanHeadGoesBeforeTheFlatOne) {
  EXPECT_EQ(parse(R"({"max_width":5,"span_head":{"max_width":6}})").max_width, 6);
  EXPECT_EQ(parse(R"({"max_width":5,"span_head":{"dropout":0.2,"span_mode":"markerV0"}})").max_width, 5);
  EXPECT_EQ(parse(R"({"max_width":5,"span_head":null})").max_width, 5);
  EXPECT_EQ(parse(R"({"max_width":null,"span_head":{}})").max_width, 8);
  EXPECT_EQ(parse(R"({"max_width":1024})").max_width, 1024);
}

TEST(Gliner2Config, UnknownPoolingMeansFirst) {
  EXPECT_EQ(parse(R"({"token_pooling":"mean"})").token_pooling, TokenPooling::kMean);
  EXPECT_EQ(parse(R"({"token_pooling":"max"})").token_pooling, TokenPooling::kMax);
  for (const char* value : {"\"last\"", "\"MEAN\"", "null", "3", "[\"mean\"]"}) {
    EXPECT_EQ(parse(std::string(R"({"token_pooling":)") + value + "}").token_pooling, TokenPooling::kFirst)
        << value;
  }
}

TEST(Gliner2Config, NoArchitectureMeansSpan) {
  for (const char* value : {"null", "\"\"", "\"span\"", "\" SPAN\\n\"", "false"}) {
    EXPECT_EQ(parse(std::string(R"({"max_width":3,"architecture":)") + value + "}").max_width, 3) << value;
  }
}

TEST(Gliner2Config, NoCountingLayerMeansCountLstm) {
  for (const char* value : {"null", "\"\"", "\"count_lstm\""}) {
    EXPECT_EQ(parse(std::string(R"({"counting_layer":)") + value + "}").counting_layer,
              CountingLayer::kCountLstm)
        << value;
  }
}

TEST(Gliner2ConfigRefusal, OtherArchitectures) {
  EXPECT_THAT(refusal(R"({"architecture":"boundary"})"),
              AllOf(HasSubstr("architecture: expected \"span\""), HasSubstr("found \"boundary\"")));
  EXPECT_THAT(refusal(R"({"architecture":" "})"), HasSubstr("architecture"));
  EXPECT_THAT(refusal(R"({"architecture":2})"), HasSubstr("found 2"));
}

TEST(Gliner2ConfigRefusal, FilesOfAnotherKindAreNamed) {
  EXPECT_THAT(refusal(R"({"model_name":"microsoft/deberta-v3-base","max_width":12,"span_mode":"markerV0",
                          "subtoken_pooling":"first","class_token_index":-1})"),
              HasSubstr("found one of GLiNER v1"));
  EXPECT_THAT(refusal(testing::read_file(GLINER_TEST_DATA "/golden1/uni-span-bert/model/gliner_config.json")),
              HasSubstr("found one of GLiNER v1"));
  EXPECT_THAT(refusal(testing::read_file(GLINER_DEMO_MODEL "/encoder_config/config.json")),
              HasSubstr("found one of an encoder"));
}

TEST(Gliner2ConfigRefusal, SettingsOutOfBounds) {
  EXPECT_THAT(refusal(R"({"max_width":0})"),
              HasSubstr("max_width: expected an integer from 1 to 1024, found 0"));
  EXPECT_THAT(refusal(R"({"max_width":1025})"), HasSubstr("found 1025"));
  EXPECT_THAT(refusal(R"({"span_head":{"max_width":-1}})"), HasSubstr("span_head: max_width"));
  EXPECT_THAT(refusal(R"({"span_head":{"max_width":null}})"), HasSubstr("span_head: max_width"));
  EXPECT_THAT(refusal(R"({"span_head":{"dropout":1.0}})"),
              HasSubstr("span_head: dropout: expected a number below 1"));
  EXPECT_THAT(refusal(R"({"span_head":{"dropout":-0.1}})"), HasSubstr("span_head: dropout"));
  EXPECT_THAT(refusal(R"({"span_head":"markerV0"})"), HasSubstr("span_head: expected an object"));
  EXPECT_THAT(
      refusal(R"({"counting_layer":"count_gru"})"),
      AllOf(HasSubstr("count_lstm, count_lstm_v2 or count_lstm_moe"), HasSubstr("found \"count_gru\"")));
  EXPECT_THAT(refusal(R"({"counting_layer":3})"), HasSubstr("counting_layer"));
}

TEST(Gliner2ConfigRefusal, BrokenFiles) {
  EXPECT_THAT(refusal(""), HasSubstr("broken JSON"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("expected an object, found an array"));
  EXPECT_THAT(refusal("null"), HasSubstr("expected an object, found null"));
}

}  // namespace
}  // namespace gliner
