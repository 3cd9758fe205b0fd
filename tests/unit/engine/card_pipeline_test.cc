#include "engine/card_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/placement.h"
#include "fake_family.h"

namespace gliner {
namespace {

Placement on_cards(std::size_t replicas, std::int64_t batch_tokens) {
  Placement placement;
  placement.replicas = replicas;
  placement.batch_tokens = batch_tokens;
  placement.host_threads = 3;
  return placement;
}

/// Texts of 0 to 40 tokens, each another one.
std::vector<std::string> some_texts(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i)
    texts.push_back(i % 11 == 5 ? "" : std::to_string(i) + std::string(i * 7 % 37, '.'));
  return texts;
}

std::vector<std::unique_ptr<Job>> run(const FakeFamily& family, Cards& cards,
                                      const std::vector<std::string>& texts) {
  const FakeFamily::FakePrompt prompt;
  return run_on_cards(family, cards, texts.size(),
                      [&](std::size_t i) { return family.prepare(prompt, texts[i], nullptr, {}); }, {});
}

void expect_complete(const std::vector<std::unique_ptr<Job>>& jobs, const std::vector<std::string>& texts) {
  ASSERT_EQ(jobs.size(), texts.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    ASSERT_EQ(jobs[i]->text, texts[i]);
    EXPECT_FALSE(jobs[i]->result.error) << *jobs[i]->result.error;
    EXPECT_EQ(jobs[i]->result.words, static_cast<std::int64_t>(texts[i].size())) << i;
  }
}

TEST(CardPipeline, EveryTextComesBackInItsPlace) {
  for (const std::size_t count : {0, 1, 3, 16, 17, 127, 128, 129, 700, 6000}) {
    SCOPED_TRACE(count);
    const FakeFamily family(on_cards(2, 300));
    Cards on(family);
    const std::vector<std::string> texts = some_texts(count);
    expect_complete(run(family, on, texts), texts);
    EXPECT_LE(family.largest_batch(), 300);
    std::size_t ran = 0;
    for (const auto& batch : family.batches()) ran += batch.size();
    EXPECT_EQ(ran, count - static_cast<std::size_t>(std::count(texts.begin(), texts.end(), "")))
        << "each text that has something to run, once";
  }
}

TEST(CardPipeline, EveryCardGetsWork) {
  FakeFamily family(on_cards(3, 100));
  // Nobody runs on before all cards have begun.
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;
  family.on_run = [&](const std::vector<Job*>&) {
    std::unique_lock<std::mutex> lock(mutex);
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [&] { return waiting >= 6; });  // Two runs on each
  };
  Cards on(family);
  const std::vector<std::string> texts = some_texts(600);
  expect_complete(run(family, on, texts), texts);
  EXPECT_THAT(family.cards(), ::testing::ElementsAre(0, 1, 2));
}

TEST(CardPipeline, AFullCardGetsLessAndLosesNothing) {
  for (const std::int64_t memory : {1000, 300, 90, 41}) {
    SCOPED_TRACE(memory);
    FakeFamily family(on_cards(1, 4000));
    family.memory_tokens = memory;
    Cards on(family);
    const std::vector<std::string> texts = some_texts(900);
    expect_complete(run(family, on, texts), texts);
    EXPECT_LE(family.largest_batch(), memory);
    EXPECT_LT(on.batch_tokens(), 4000);
  }
}

TEST(CardPipeline, ATextThatNoCardHoldsIsAnErrorOfItsOwn) {
  FakeFamily family(on_cards(1, 4000));
  family.memory_tokens = 60;
  Cards on(family);
  std::vector<std::string> texts = some_texts(200);
  texts[33] = std::string(500, 'x');
  const auto jobs = run(family, on, texts);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i == 33) {
      ASSERT_TRUE(jobs[i]->result.error);
      EXPECT_THAT(*jobs[i]->result.error,
                  ::testing::AllOf(::testing::HasSubstr("memory"), ::testing::HasSubstr("500")));
    } else {
      EXPECT_FALSE(jobs[i]->result.error);
      EXPECT_EQ(jobs[i]->result.words, static_cast<std::int64_t>(texts[i].size()));
    }
  }
}

TEST(CardPipeline, AnErrorOfAnyStageEndsTheCall) {
  const std::vector<std::string> texts = some_texts(500);
  FakeFamily family(on_cards(2, 200));
  family.on_run = [](const std::vector<Job*>& batch) {
    if (batch.size() > 3) throw InternalError("a broken card");
  };
  Cards on(family);
  EXPECT_THROW(run(family, on, texts), InternalError);
  family.on_run = {};
  const FakeFamily::FakePrompt prompt;
  EXPECT_THROW(run_on_cards(family, on, 500,
                            [&](std::size_t i) -> std::unique_ptr<Job> {
                              if (i == 250) throw InternalError("a broken tokenizer");
                              return family.prepare(prompt, texts[i], nullptr, {});
                            },
                            {}),
               InternalError);
}

TEST(CardPipeline, BatchesThatMatterAreTheCallers) {
  FakeFamily family(on_cards(1, 100));
  family.batches_matter_ = true;
  Cards on(family);
  std::vector<std::string> texts = some_texts(300);
  run(family, on, texts);
  texts.erase(std::remove(texts.begin(), texts.end(), ""), texts.end());
  std::set<std::vector<std::string>> expected;  // Eight to a batch, the default
  for (std::size_t begin = 0; begin < texts.size(); begin += 8)
    expected.insert({texts.begin() + static_cast<std::ptrdiff_t>(begin),
                     texts.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 8, texts.size()))});
  const auto found = family.batches();
  EXPECT_EQ(std::set<std::vector<std::string>>(found.begin(), found.end()), expected);
}

TEST(Cards, ATrialFindsWhatTwoBatchesHaveRoomFor) {
  FakeFamily family(on_cards(1, 0));
  EXPECT_EQ(find_batch_tokens(family, 0), 32'768);
  family.memory_tokens = 40'000;
  EXPECT_EQ(find_batch_tokens(family, 0), 16'384);
  family.memory_tokens = 10;
  EXPECT_EQ(find_batch_tokens(family, 0), 1024);
  EXPECT_EQ(Cards(family).batch_tokens(), 1024);
}

TEST(Cards, TheNextCardIsAnother) {
  const FakeFamily family(on_cards(3, 100));
  Cards on(family);
  EXPECT_EQ(on.next(), 0U);
  EXPECT_EQ(on.next(), 1U);
  EXPECT_EQ(on.next(), 2U);
  EXPECT_EQ(on.next(), 0U);
}

}  // namespace
}  // namespace gliner
