// GLiNER v1 through the public API, on recorded tiny models.
#include <gliner/gliner.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace {

using testing::HasSubstr;

const std::vector<std::string> kTexts = {
    "Ada Lovelace works at Acme Corp. in Côte d'Ivoire.",
    "Flight 96200 from New York City to Ulaanbaatar was cancelled at dawn.",
    " ",
    "\"aspirin 500 mg\" was presented by Omar Khayyam (Café Müller GmbH).",
};
const std::vector<std::string> kLabels = {"person", "city", "company"};

const gliner::Extractor& bi_token() {
  static const auto kModel = gliner::Extractor::load(GLINER_TEST_DATA "/golden1/bi-token/model");
  return kModel;
}
const gliner::Extractor& relex() {
  static const auto kModel = gliner::Extractor::load(GLINER_TEST_DATA "/golden1/relex-dot/model");
  return kModel;
}

gliner::ExtractOptions options(double threshold) {
  gliner::ExtractOptions out;
  out.threshold = threshold;
  return out;
}

template <typename Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const gliner::InputError& error) {
    return error.what();
  }
  return "was not refused";
}

TEST(Gliner1, TheReportSaysWhatWasLoaded) {
  EXPECT_EQ(bi_token().report().architecture, "gliner1-bi-token");
  EXPECT_EQ(bi_token().report().max_words, 120);
  EXPECT_EQ(relex().report().architecture, "gliner1-span-relex");
  EXPECT_EQ(relex().report().span_mode, "markerV0");
  EXPECT_EQ(relex().report().max_width, 6);
}

TEST(Gliner1, LabelVectorsFromAFileAnswerAsTheLabelsThemselves) {
  const std::string path =
      (std::filesystem::path(testing::TempDir()) / "gliner1-labels.safetensors").string();
  bi_token().encode_labels(kLabels).save(path);
  const auto vectors = gliner::LabelVectors::load(path);
  std::filesystem::remove(path);
  const auto with = bi_token().batch_extract_entities(kTexts, vectors, options(0.3));
  const auto without = bi_token().batch_extract_entities(kTexts, kLabels, options(0.3));
  std::size_t found = 0;
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    EXPECT_EQ(gliner::to_spans_json(with[i]), gliner::to_spans_json(without[i]));
    found += with[i].spans.size();
  }
  EXPECT_GT(found, 0u);
}

TEST(Gliner1, LabelVectorsOfAnotherSizeAreRefused) {
  const gliner::LabelVectors other{{"x"}, 3, {1, 2, 3}};
  const auto results = bi_token().batch_extract_entities({"a text"}, other);
  ASSERT_TRUE(results.front().error.has_value());
  EXPECT_THAT(*results.front().error, HasSubstr("label vectors"));
}

TEST(Gliner1, WhatAModelCannotDoSaysWhichCan) {
  EXPECT_THAT(refusal([] { relex().classify_text("a", "tone", {"good"}); }), HasSubstr("GLiNER2"));
  EXPECT_THAT(refusal([] { bi_token().extract_relations("a", {"r"}); }), HasSubstr("relex"));
  EXPECT_THAT(refusal([] { relex().encode_labels({"a"}); }), HasSubstr("bi-encoder"));
  EXPECT_THAT(refusal([] { relex().open_session(gliner::Schema().entities({"a"})); }),
              HasSubstr("streaming"));
}

TEST(Gliner1, OneBadTextLeavesTheOthersAlone) {
  const auto results =
      bi_token().batch_extract_entities({"Ada in Rome", "\xff", "Rome"}, kLabels, options(0.3));
  EXPECT_FALSE(results[0].error.has_value());
  EXPECT_TRUE(results[1].error.has_value());
  EXPECT_FALSE(results[2].error.has_value());
}

TEST(Gliner1, OffsetsAreOfTheTextInEveryUnit) {
  gliner::ExtractOptions bytes = options(0.2);
  bytes.offset_unit = gliner::OffsetUnit::kByte;
  for (const std::string& text : kTexts) {
    const auto result = bi_token().extract_entities(text, kLabels, bytes);
    for (const gliner::Span& span : result.spans) {
      EXPECT_EQ(
          text.substr(static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end - span.begin)),
          span.text);
    }
  }
}

TEST(Gliner1, ADocumentOfOneWindowIsWhatTheShortFormSays) {
  for (const std::string& text : kTexts) {
    EXPECT_EQ(gliner::to_spans_json(bi_token().extract_entities_long(text, kLabels, options(0.3))),
              gliner::to_spans_json(bi_token().extract_entities(text, kLabels, options(0.3))));
  }
}

TEST(Gliner1, LongDocumentsHaveNoOverlapsAndPlacesOfTheDocument) {
  std::string document;
  for (int i = 0; i < 20; ++i) document += kTexts[static_cast<std::size_t>(i % 2)] + " ";
  gliner::LongOptions windows;
  windows.chunk_size = 16;
  windows.chunk_overlap = 6;
  gliner::ExtractOptions bytes = options(0.3);
  bytes.offset_unit = gliner::OffsetUnit::kByte;
  const auto result = bi_token().extract_entities_long(document, kLabels, bytes, windows);
  EXPECT_GT(result.spans.size(), 5u);
  std::int64_t end = 0;
  for (const gliner::Span& span : result.spans) {
    EXPECT_GE(span.begin, end);
    end = span.end;
    EXPECT_EQ(document.substr(static_cast<std::size_t>(span.begin),
                              static_cast<std::size_t>(span.end - span.begin)),
              span.text);
  }
  EXPECT_EQ(result.truncated_words, 0);
}

TEST(Gliner1, CutsAreReportedAndCanBeErrors) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "a ";
  const std::vector<std::string> labels = {text.substr(0, 200)};  // a hundred tokens
  const auto result = relex().extract_entities(text, labels);
  EXPECT_EQ(result.truncated_words, 300 - 128);
  EXPECT_GT(result.truncated_tokens, 0);
  gliner::ExtractOptions strict;
  strict.truncation_is_error = true;
  EXPECT_THAT(refusal([&] { relex().extract_entities(text, labels, strict); }), HasSubstr("max_len"));
}

TEST(Gliner1, GivenSpansAreLabelledAndOthersLeftOut) {
  const std::string text = "Ada Lovelace works at Acme";
  const auto results = relex().batch_label_spans({text}, {{{0, 12}, {13, 18}, {1, 12}}},
                                                 gliner::Schema().entities(kLabels), options(1e-6));
  ASSERT_EQ(results.front().spans.size(), 2u);
  EXPECT_EQ(results.front().spans[0].text, "Ada Lovelace");
  EXPECT_EQ(results.front().spans[1].text, "works");
}

TEST(Gliner1, RelationsPointToTheirSpans) {
  const gliner::Schema schema = gliner::Schema().entities(kLabels).relations({"works for", "born in"});
  gliner::ExtractOptions loose = options(0.05);
  loose.adjacency_threshold = 0;
  loose.relation_threshold = 0;
  const auto result = relex().extract(kTexts[0], schema, loose);
  ASSERT_GT(result.spans.size(), 1u);
  ASSERT_FALSE(result.span_relations.empty());
  for (const gliner::SpanRelation& relation : result.span_relations) {
    EXPECT_LT(relation.head, result.spans.size());
    EXPECT_NE(relation.head, relation.tail);
  }
  std::size_t filed = 0;
  for (const gliner::RelationList& list : result.relations) filed += list.relations.size();
  EXPECT_EQ(filed, result.span_relations.size());
}

TEST(Gliner1, NestedAndMultiLabelKeepMore) {
  gliner::ExtractOptions flat = options(0.05), nested = flat, multi = flat;
  nested.overlap_policy = gliner::OverlapPolicy::kNested;
  multi.multi_label = true;
  const auto count = [](const gliner::ExtractOptions& how) {
    return relex().extract_entities(kTexts[1], kLabels, how).spans.size();
  };
  EXPECT_GT(count(nested), count(flat));
  EXPECT_GT(count(multi), count(flat));
}

TEST(Gliner1, ThreadsGetTheAnswersOfOne) {
  const std::string expected =
      gliner::to_spans_json(bi_token().extract_entities(kTexts[1], kLabels, options(0.3)));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&expected] {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(gliner::to_spans_json(bi_token().extract_entities(kTexts[1], kLabels, options(0.3))),
                  expected);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Gliner1, ThePromptTokenizerCountsWhatTheModelReads) {
  const auto tokenizer = gliner::PromptTokenizer::load(GLINER_TEST_DATA "/golden1/relex-dot/model");
  const gliner::PromptTokens tokens = tokenizer.tokenize("Ada in Rome", {"person"});
  EXPECT_EQ(tokens.words.size(), 3u);
  EXPECT_EQ(tokens.words[2].word, "Rome");
  EXPECT_EQ(tokens.ids.size(), tokens.word_numbers.size());
  EXPECT_GT(tokens.ids.size(), 5u);
}

}  // namespace
