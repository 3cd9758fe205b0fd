#include "job/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "exit_code.h"
#include "job/batch_extractor.h"
#include "job/bounded_queue.h"

namespace gliner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// ---- the queue ----

TEST(BoundedQueue, GivesInOrderAndEndsWhenClosed) {
  BoundedQueue<int> queue(10, 1000);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(queue.push(i, 1));
  queue.close();
  int item = -1;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(queue.pop(item));
    EXPECT_EQ(item, i);
  }
  EXPECT_FALSE(queue.pop(item));
  EXPECT_FALSE(queue.pop_at_hand(item));
}

TEST(BoundedQueue, NeverHoldsMoreThanItsLimits) {
  constexpr int kItems = 2000;
  BoundedQueue<int> queue(3, 100);
  std::thread giver([&queue] {
    for (int i = 0; i < kItems; ++i) queue.push(i, i % 7 == 0 ? 90 : 20);
    queue.close();
  });
  int item = -1;
  int count = 0;
  while (queue.pop(item)) EXPECT_EQ(item, count++);
  EXPECT_EQ(count, kItems);
  giver.join();
}

TEST(BoundedQueue, LetsAnItemAboveTheLimitInAlone) {
  BoundedQueue<int> queue(10, 100);
  EXPECT_TRUE(queue.push(1, 5000));
  std::thread giver([&queue] { EXPECT_TRUE(queue.push(2, 1)); });
  int item = 0;
  ASSERT_TRUE(queue.pop(item));
  EXPECT_EQ(item, 1);
  giver.join();
  ASSERT_TRUE(queue.pop(item));
  EXPECT_EQ(item, 2);
}

TEST(BoundedQueue, CancelFreesAGiverThatWaits) {
  BoundedQueue<int> queue(1, 100);
  EXPECT_TRUE(queue.push(1, 1));
  std::thread giver([&queue] { EXPECT_FALSE(queue.push(2, 1)); });
  queue.cancel();
  giver.join();
  int item = 0;
  EXPECT_FALSE(queue.pop(item));
}

// ---- the stages ----

class Numbers : public RecordReader {
 public:
  Numbers(std::size_t count, std::size_t fails_at) : count_(count), fails_at_(fails_at) {}
  bool next(InputRecord& record) override {
    if (position_ == fails_at_) throw IoError("the disk is gone");
    if (position_ == count_) return false;
    record = InputRecord();
    record.id = position_;
    record.text = std::string(1 + position_ % 5, 'x');
    ++position_;
    return true;
  }

 private:
  std::size_t count_;
  std::size_t fails_at_;
  std::size_t position_ = 0;
};

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

struct Seen {
  std::vector<std::size_t> sizes;  // of the windows
  std::vector<std::size_t> firsts;
  std::vector<std::string> digests;
  std::size_t rows = 0;
};

void extract(Window& window) { window.results.resize(window.records.size()); }

Seen run_numbers(Numbers reader, const WindowLimits& limits, const StartingPoint& start = {}) {
  Seen seen;
  run_stages({reader, extract,
              [&seen](const Window& window) {
                seen.sizes.push_back(window.records.size());
                seen.firsts.push_back(window.first_row);
                seen.digests.push_back(window.input_digest);
                for (const InputRecord& record : window.records) {
                  EXPECT_EQ(record.id, window.first_row + (&record - window.records.data()));
                  ++seen.rows;
                }
                return true;
              }},
             limits, start);
  return seen;
}

WindowLimits limits(std::size_t batch, std::size_t rows, std::size_t bytes) {
  WindowLimits limits;
  limits.batch_size = batch;
  limits.max_rows = rows;
  limits.max_bytes = bytes;
  return limits;
}

TEST(Stages, CutWindowsByRowsAndBytesAtWholeBatches) {
  EXPECT_THAT(run_numbers({10, kNever}, limits(2, 4, 1000)).sizes, ElementsAre(4, 4, 2));
  // 1 + 2 + 3 + 4 bytes of text reach 5 at the third record: the window ends with the batch.
  EXPECT_THAT(run_numbers({8, kNever}, limits(2, 8, 5)).sizes, ElementsAre(4, 2, 2));
  EXPECT_TRUE(run_numbers({0, kNever}, limits(2, 4, 1000)).sizes.empty());
}

TEST(Stages, GoOnBehindAWindowWithTheSameWindows) {
  const Seen all = run_numbers({100, kNever}, limits(2, 8, 15));
  for (std::size_t w = 0; w + 1 < all.sizes.size(); ++w) {
    const Seen rest = run_numbers({100, kNever}, limits(2, 8, 15), {all.firsts[w + 1], all.digests[w]});
    EXPECT_EQ(rest.sizes,
              std::vector<std::size_t>(all.sizes.begin() + static_cast<long>(w) + 1, all.sizes.end()));
    EXPECT_EQ(rest.digests.back(), all.digests.back());
  }
}

TEST(Stages, AnotherInputIsNoticed) {
  EXPECT_THROW(run_numbers({100, kNever}, limits(2, 8, 15), {8, "0000"}), UsageError);
  EXPECT_THROW(run_numbers({5, kNever}, limits(2, 8, 15), {8, "0000"}), UsageError);
}

TEST(Stages, WhatWasReadBeforeAFailureIsWritten) {
  std::size_t rows = 0;
  Numbers reader(100, 37);
  const auto write = [&rows](const Window& window) {
    rows += window.records.size();
    return true;
  };
  EXPECT_THROW(run_stages({reader, extract, write}, limits(2, 8, 1000), {}), IoError);
  EXPECT_EQ(rows, 37u);
}

TEST(Stages, AFailureOfAnyStageEndsAll) {
  for (int broken = 0; broken < 2; ++broken) {
    Numbers reader(100000, kNever);
    const auto failing_extract = [broken](Window& window) {
      if (broken == 0 && window.first_row > 100) throw std::runtime_error("stage");
      window.results.resize(window.records.size());
    };
    const auto failing_write = [broken](const Window& window) {
      if (broken == 1 && window.first_row > 100) throw std::runtime_error("stage");
      return true;
    };
    EXPECT_THROW(run_stages({reader, failing_extract, failing_write}, limits(2, 8, 1000), {}),
                 std::runtime_error);
  }
}

// ---- schemas of records ----

TEST(OwnSchemas, AreReadOnceForEachText) {
  int parsed = 0;
  OwnSchemas schemas([&parsed](const std::string& json) {
    ++parsed;
    return Schema::from_json(json);
  });
  const std::string person = R"({"entities": ["person"]})";
  const std::string city = R"({"entities": ["city"]})";
  for (int i = 0; i < 3; ++i) {
    // The same schema, not an equal one: the library knows its prompt again.
    EXPECT_EQ(schemas.get(person).spec(), schemas.get(person).spec());
    EXPECT_NE(schemas.get(person).spec(), schemas.get(city).spec());
  }
  EXPECT_EQ(parsed, 2);
  for (int i = 0; i < 2; ++i) EXPECT_THROW(schemas.get("{"), std::exception);
  EXPECT_EQ(parsed, 4);
}

TEST(OwnSchemas, AreForgottenWhenThereAreTooMany) {
  std::size_t parsed = 0;
  OwnSchemas schemas([&parsed](const std::string& json) {
    ++parsed;
    return Schema::from_json(json);
  });
  const auto get = [&schemas](std::size_t number) {
    schemas.get(R"({"entities": ["label )" + std::to_string(number) + R"("]})");
  };
  for (std::size_t i = 0; i <= OwnSchemas::kMaxSchemas; ++i) get(i);
  get(OwnSchemas::kMaxSchemas);
  EXPECT_EQ(parsed, OwnSchemas::kMaxSchemas + 1);
  get(0);
  EXPECT_EQ(parsed, OwnSchemas::kMaxSchemas + 2);
}

}  // namespace
}  // namespace gliner::cli
