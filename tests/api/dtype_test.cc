// The faster kinds of arithmetic: they run where the CPU is made for them, and say so where it is not.
#include <gtest/gtest.h>

#include <algorithm>

#include "sample_texts.h"

namespace {

std::vector<std::string> texts_of(const gliner::Result& result) {
  std::vector<std::string> texts;
  for (const gliner::EntityList& list : result.entities)
    for (const gliner::Entity& entity : list.entities) texts.push_back(list.label + ": " + entity.text);
  std::sort(texts.begin(), texts.end());
  return texts;
}

void check_dtype(gliner::ComputeDtype dtype, const std::string& lacking) {
  gliner::LoadOptions options;
  options.dtype = dtype;
  const std::string text = "Tim Cook announced the new iPhone 15 in Cupertino on 12 September.";
  const std::vector<std::string> labels = {"person", "product", "location", "date"};
  try {
    const auto model = gliner::Extractor::load(GLINER_DEMO_MODEL, options);
    const auto exact = gliner::Extractor::load(GLINER_DEMO_MODEL);
    EXPECT_EQ(texts_of(model.extract_entities(text, labels)), texts_of(exact.extract_entities(text, labels)));
  } catch (const gliner::InputError& e) {
    EXPECT_NE(std::string(e.what()).find(lacking), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("float32"), std::string::npos) << e.what();
  }
}

TEST(Dtype, Int8FindsTheSameOrNamesWhatTheCpuLacks) { check_dtype(gliner::ComputeDtype::kInt8, "VNNI"); }

TEST(Dtype, Bfloat16FindsTheSameOrNamesWhatTheCpuLacks) {
  check_dtype(gliner::ComputeDtype::kBfloat16, "AVX-512 BF16");
}

TEST(Dtype, UnknownNamesAreRefused) {
  EXPECT_EQ(gliner::parse_compute_dtype("float32"), gliner::ComputeDtype::kFloat32);
  EXPECT_EQ(gliner::parse_compute_dtype("bfloat16"), gliner::ComputeDtype::kBfloat16);
  EXPECT_EQ(gliner::parse_compute_dtype("int8"), gliner::ComputeDtype::kInt8);
  EXPECT_THROW(gliner::parse_compute_dtype("fp4"), gliner::InputError);
}

}  // namespace
