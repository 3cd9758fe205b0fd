// Eight threads on one loaded model give what one thread gives.
#include <gtest/gtest.h>

#include <thread>

#include "sample_texts.h"

namespace {

TEST(Concurrency, EightThreadsOnOneModelAgreeWithOne) {
  gliner::LoadOptions load;
  load.threads = 1;  // one thread a call: eight calls at once are what is tested
  const auto model = gliner::Extractor::load(GLINER_DEMO_MODEL, load);
  const std::vector<std::string> texts = sample_texts();
  const gliner::Schema schema = sample_schema();
  std::vector<std::string> expected;
  for (const std::string& text : texts)
    expected.push_back(gliner::to_json(model.extract(text, schema, everything())));

  constexpr int kThreads = 8;
  std::vector<std::vector<std::string>> found(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const gliner::Extractor copy = model;  // copies share the model
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t at = (i + static_cast<std::size_t>(t)) % texts.size();  // everybody elsewhere
        found[static_cast<std::size_t>(t)].push_back(
            gliner::to_json(copy.extract(texts[at], schema, everything())));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(found[static_cast<std::size_t>(t)][i],
                expected[(i + static_cast<std::size_t>(t)) % texts.size()]);
    }
  }
}

TEST(Concurrency, ResultsOutliveTheirModel) {
  gliner::Result result;
  {
    const auto model = gliner::Extractor::load(GLINER_DEMO_MODEL);
    result = model.extract(sample_texts()[0], sample_schema());
  }
  EXPECT_NE(gliner::to_json(result).find("Tim Cook"), std::string::npos);
}

}  // namespace
