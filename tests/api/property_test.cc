// Properties that hold for any text and model, seen on the bundled model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "sample_texts.h"

namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

const gliner::Extractor& model() {
  static const gliner::Extractor kModel = gliner::Extractor::load(GLINER_DEMO_MODEL);
  return kModel;
}

/// Rounding depends on how many rows a product has; decisions must not.
constexpr double kRounding = 1e-5;

void expect_same(const Json& a, const Json& b, const std::string& at = "$") {
  if (a.is_number_float() && b.is_number_float()) {
    EXPECT_NEAR(a.get<double>(), b.get<double>(), kRounding) << at;
  } else if (a.is_structured() && b.is_structured() && a.size() == b.size()) {
    auto other = b.begin();
    for (auto item = a.begin(); item != a.end(); ++item, ++other) {
      if (a.is_object()) {
        EXPECT_EQ(item.key(), other.key()) << at;
      }
      expect_same(*item, *other, at + "/" + (a.is_object() ? item.key() : std::to_string(item - a.begin())));
    }
  } else {
    EXPECT_EQ(a, b) << at;
  }
}

Json json_of(const gliner::Result& result) { return Json::parse(gliner::to_json(result)); }

TEST(Property, ABatchEqualsOneByOne) {
  const std::vector<std::string> texts = sample_texts();
  for (const int batch_size : {1, 3, 64}) {
    gliner::ExtractOptions options = everything();
    options.batch_size = batch_size;
    const std::vector<gliner::Result> batch = model().batch_extract(texts, sample_schema(), options);
    ASSERT_EQ(batch.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      expect_same(json_of(batch[i]), json_of(model().extract(texts[i], sample_schema(), everything())),
                  texts[i]);
    }
  }
}

TEST(Property, TheOrderOfTextsChangesNothing) {
  std::vector<std::string> texts = sample_texts();
  const std::vector<gliner::Result> straight = model().batch_extract(texts, sample_schema(), everything());
  std::vector<std::size_t> order(texts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(3));
  std::vector<std::string> shuffled;
  for (const std::size_t i : order) shuffled.push_back(texts[i]);
  const std::vector<gliner::Result> results = model().batch_extract(shuffled, sample_schema(), everything());
  for (std::size_t i = 0; i < order.size(); ++i)
    expect_same(json_of(results[i]), json_of(straight[order[i]]));
}

TEST(Property, TheNumberOfThreadsChangesNothing) {
  gliner::LoadOptions one;
  one.threads = 1;
  gliner::LoadOptions two;
  two.threads = 2;
  const auto single = gliner::Extractor::load(GLINER_DEMO_MODEL, one);
  const auto pair = gliner::Extractor::load(GLINER_DEMO_MODEL, two);
  for (const std::string& text : sample_texts()) {
    expect_same(json_of(single.extract(text, sample_schema(), everything())),
                json_of(pair.extract(text, sample_schema(), everything())), text);
  }
}

void expect_slice(const std::string& text, const gliner::Mention& mention) {
  if (mention.begin < 0) return;         // a choice
  const std::string whole = text + ".";  // a span may take in the added full stop
  ASSERT_LE(mention.end, static_cast<std::int64_t>(whole.size()));
  EXPECT_EQ(whole.substr(static_cast<std::size_t>(mention.begin),
                         static_cast<std::size_t>(mention.end - mention.begin)),
            mention.text);
}

TEST(Property, TheSliceOfTheTextIsTheSpan) {
  gliner::ExtractOptions options = everything();
  options.offset_unit = gliner::OffsetUnit::kByte;
  options.threshold = 0.05;  // many spans
  std::size_t seen = 0;
  for (const std::string& text : sample_texts()) {
    const gliner::Result result = model().extract(text, sample_schema(), options);
    for (const auto& list : result.entities) {
      for (const auto& entity : list.entities) expect_slice(text, entity), ++seen;
    }
    for (const auto& list : result.relations) {
      for (const auto& relation : list.relations)
        expect_slice(text, relation.head), expect_slice(text, relation.tail);
    }
    for (const auto& list : result.records) {
      for (const auto& record : list.records) {
        for (const auto& field : record.fields) {
          for (const auto& value : field.values) expect_slice(text, value);
        }
      }
    }
  }
  EXPECT_GT(seen, 10U);
}

TEST(Property, ADocumentThatFitsOneWindowIsTheShortFormWhenCorrected) {
  gliner::ExtractOptions options = everything();
  options.corrected = true;
  for (const std::string& text : sample_texts()) {
    EXPECT_EQ(gliner::to_json(model().extract_long(text, sample_schema(), options)),
              gliner::to_json(model().extract(text, sample_schema(), options)))
        << text;
  }
}

TEST(Property, OneSchemaPerTextEqualsEachAlone) {
  gliner::Schema people;
  people.entities({"person"});
  const std::vector<std::string> texts = {sample_texts()[0], sample_texts()[1]};
  const auto results = model().batch_extract(texts, {people, sample_schema()}, everything());
  expect_same(json_of(results[0]), json_of(model().extract(texts[0], people, everything())));
  expect_same(json_of(results[1]), json_of(model().extract(texts[1], sample_schema(), everything())));
}

TEST(Truncation, IsReportedAndCanBeAnError) {
  const std::string text = "Tim Cook leads Apple in Cupertino";
  gliner::ExtractOptions options;
  options.max_len = 4;
  EXPECT_EQ(model().extract(text, sample_schema(), options).truncated_words, 2);
  options.max_len = 6;  // only the added full stop is cut: nothing of the caller's
  EXPECT_EQ(model().extract(text, sample_schema(), options).truncated_words, 0);
  options.max_len = 4;
  options.truncation_is_error = true;
  EXPECT_THAT([&] { model().extract(text, sample_schema(), options); },
              testing::ThrowsMessage<gliner::InputError>(HasSubstr("max_len 4 would cut 2 of 7 words")));
}

TEST(Batch, ABadTextCarriesItsErrorAndTheOthersTheirResults) {
  const std::vector<std::string> texts = {sample_texts()[0], "broken \xFF text", sample_texts()[1]};
  const auto results = model().batch_extract(texts, sample_schema(), everything());
  ASSERT_EQ(results.size(), 3U);
  EXPECT_THAT(results[1].error.value_or(""), HasSubstr("broken at byte 7"));
  EXPECT_THROW(gliner::to_json(results[1]), gliner::InputError);
  expect_same(json_of(results[2]), json_of(model().extract(texts[2], sample_schema(), everything())));
  EXPECT_THROW(model().extract(texts[1], sample_schema()), gliner::InputError);
}

TEST(Batch, ATextBeyondTheModelsPositionsSaysHowManyFit) {
  std::string text;
  for (int i = 0; i < 700; ++i) text += "word ";
  const auto results = model().batch_extract({text, sample_texts()[0]}, sample_schema(), everything());
  EXPECT_THAT(results[0].error.value_or(""), HasSubstr("at most 512"));
  EXPECT_FALSE(results[1].error);
  EXPECT_FALSE(model().batch_extract_long({text}, sample_schema(), everything(), {100, 10})[0].error);
}

TEST(Long, OnlyTextsThatTheModelDoesNotReadWholeGoByWindows) {
  std::string many_words;
  for (int i = 0; i < 60; ++i) many_words += "Tim Cook leads Apple. ";
  std::string too_many;
  for (int i = 0; i < 700; ++i) too_many += "word ";
  const std::vector<std::string> texts = {sample_texts()[0], many_words, sample_texts()[1], "broken \xFF",
                                          too_many};
  gliner::LongOptions windows = {100, 10};
  const auto cut = model().batch_extract_long(texts, sample_schema(), everything(), windows);
  windows.whole_words = 1000;
  const auto found = model().batch_extract_long(texts, sample_schema(), everything(), windows);
  const auto whole = model().batch_extract(texts, sample_schema(), everything());
  for (const std::size_t i : {0, 1, 2}) {
    expect_same(json_of(found[i]), json_of(whole[i]));
    EXPECT_EQ(found[i].tokens, whole[i].tokens);
    EXPECT_GT(found[i].tokens, found[i].words);
  }
  EXPECT_GT(cut[1].tokens, whole[1].tokens);  // windows overlap and have a prompt each
  EXPECT_TRUE(found[3].error);
  EXPECT_TRUE(whole[4].error);
  expect_same(json_of(found[4]), json_of(cut[4]));
  windows.whole_words = 200;
  expect_same(json_of(model().batch_extract_long({many_words}, sample_schema(), everything(), windows)[0]),
              json_of(cut[1]));
  windows.whole_words = -1;
  EXPECT_THROW(model().batch_extract_long({"a"}, sample_schema(), {}, windows), gliner::InputError);
}

TEST(Batch, CountsAndSizesAreChecked) {
  EXPECT_TRUE(model().batch_extract({}, sample_schema()).empty());
  EXPECT_THROW(model().batch_extract({"a", "b"}, std::vector<gliner::Schema>{sample_schema()}),
               gliner::InputError);
  gliner::ExtractOptions options;
  options.batch_size = 0;
  EXPECT_THROW(model().batch_extract({"a"}, sample_schema(), options), gliner::InputError);
}

TEST(EmptySchema, FindsNothing) {
  EXPECT_EQ(gliner::to_json(model().extract("a b", gliner::Schema())), "{}");
}

}  // namespace
