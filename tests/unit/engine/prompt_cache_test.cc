#include "engine/prompt_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "gliner/schema.h"

namespace gliner {
namespace {

std::shared_ptr<const SchemaSpec> some_spec() { return std::make_shared<const SchemaSpec>(); }

TEST(PromptCache, CompilesASchemaOnceAndForgetsTheOldest) {
  PromptCache cache(2);
  std::map<const SchemaSpec*, int> compiled;
  const auto get = [&](const std::shared_ptr<const SchemaSpec>& spec) {
    return cache.get(spec, [&] {
      ++compiled[spec.get()];
      return std::make_unique<FamilyPrompt>();
    });
  };
  const auto a = some_spec();
  const auto b = some_spec();
  const auto c = some_spec();
  const auto prompt = get(a);
  EXPECT_EQ(get(a), prompt);
  EXPECT_NE(get(b), prompt);
  EXPECT_EQ(get(a), prompt);
  get(c);  // b goes: a was asked for later
  EXPECT_EQ(get(a), prompt);
  EXPECT_EQ(compiled[a.get()], 1);
  get(b);
  EXPECT_EQ(compiled[b.get()], 2);
}

TEST(PromptCache, DoesNotRememberAFailure) {
  PromptCache cache(2);
  const auto spec = some_spec();
  EXPECT_THROW(
      cache.get(spec, []() -> std::unique_ptr<const FamilyPrompt> { throw std::runtime_error("no"); }),
      std::runtime_error);
  EXPECT_NE(cache.get(spec, [] { return std::make_unique<FamilyPrompt>(); }), nullptr);
}

/// Counts what it is asked to compile; has nothing to run.
class CountingFamily : public Family {
 public:
  explicit CountingFamily(int& compiled) : compiled_(compiled) {}

  const ModelReport& report() const override { return report_; }
  std::int64_t max_sequence_tokens() const override { return 0; }
  std::unique_ptr<const FamilyPrompt> compile(std::shared_ptr<const SchemaSpec>,
                                              const LabelVectors*) const override {
    ++compiled_;
    return std::make_unique<FamilyPrompt>();
  }
  std::unique_ptr<Job> prepare(const FamilyPrompt&, const std::string& text, const std::vector<SpanPlace>*,
                               const ExtractOptions&) const override {
    auto job = std::make_unique<Job>();
    job->text = text;
    return job;
  }
  void run(const std::vector<Job*>&, const ExtractOptions&, std::size_t) const override {}
  void finish(Job&, const ExtractOptions&) const override {}
  std::vector<Window> windows(const std::string&, const LongOptions&, bool) const override { return {}; }
  ExtractOptions window_options(const ExtractOptions& options, const LongOptions&) const override {
    return options;
  }
  Result merge(const std::string&, const std::vector<Window>&, std::vector<std::unique_ptr<Job>>,
               const SchemaSpec&, const ExtractOptions&) const override {
    return {};
  }
  std::unique_ptr<FamilySession> open_session(std::shared_ptr<const SchemaSpec>) const override {
    return nullptr;
  }
  LabelVectors encode_labels(const std::vector<std::string>&) const override { return {}; }

 private:
  int& compiled_;
  ModelReport report_;
};

TEST(Engine, CompilesTheSchemasOfManyCallsOnce) {
  int compiled = 0;
  const Engine engine(std::make_unique<CountingFamily>(compiled));
  const Schema person = Schema().entities({"person"});
  const Schema company = Schema().entities({"company"});
  const std::vector<std::string> texts = {"a", "b", "c", "d"};
  for (int call = 0; call < 3; ++call) {
    const Schema copy = person;
    engine.extract(texts, {copy.spec()}, {}, {});
    engine.extract(texts, {person.spec(), company.spec(), person.spec(), company.spec()}, {}, {});
  }
  EXPECT_EQ(compiled, 2);
  LabelVectors vectors;
  Engine::Extras extras;
  extras.label_vectors = &vectors;
  for (int call = 0; call < 2; ++call) engine.extract(texts, {person.spec()}, {}, extras);
  EXPECT_EQ(compiled, 4);
}

}  // namespace
}  // namespace gliner
