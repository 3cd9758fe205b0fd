#pragma once

#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "prompt/packed_batch.h"

namespace gliner {

/// Texts of random tokens with tasks of every kind; the model does not know that they mean nothing.
inline PackedBatch random_batch(TokenPooling pooling, int sequences, unsigned seed) {
  std::mt19937 random(seed);
  const auto up_to = [&random](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  PackedBatch batch;
  batch.pooling = pooling;
  for (int s = 0; s < sequences; ++s) {
    PackedSequence sequence;
    sequence.token_begin = static_cast<std::int32_t>(batch.ids.size());
    const int tokens = 30 + up_to(60);
    for (int t = 0; t < tokens; ++t) batch.ids.push_back(4 + up_to(400));
    sequence.token_end = static_cast<std::int32_t>(batch.ids.size());
    for (const TaskKind kind :
         {TaskKind::kStructure, TaskKind::kEntities, TaskKind::kRelation, TaskKind::kClassification}) {
      TaskSlot task;
      task.kind = kind;
      const int labels = 1 + up_to(3);
      for (int m = 0; m <= labels; ++m) task.markers.push_back(sequence.token_begin + up_to(tokens - 1));
      task.thresholds.assign(static_cast<std::size_t>(labels), 0.5F);
      if (kind == TaskKind::kStructure) task.choice_rows = 2;
      if (kind == TaskKind::kEntities) task.attribute_labels = {0};
      sequence.tasks.push_back(task);
    }
    for (std::int32_t t = sequence.token_begin + 12; t < sequence.token_end;) {
      const std::int32_t end = std::min(t + 1 + up_to(2), sequence.token_end);
      sequence.rows.push_back({t, end});
      t = end;
    }
    sequence.first_text_row = 3;
    batch.sequences.push_back(sequence);
  }
  return batch;
}

/// The same schemas with texts that are a few words shorter.
inline PackedBatch shortened(const PackedBatch& batch, unsigned seed, int most_words = 12) {
  std::mt19937 random(seed);
  PackedBatch shorter;
  shorter.pooling = batch.pooling;
  for (PackedSequence sequence : batch.sequences) {
    const auto words =
        std::uniform_int_distribution<std::size_t>(0, static_cast<std::size_t>(most_words))(random);
    const std::size_t left =
        sequence.rows.size() > words + 4 ? sequence.rows.size() - words : sequence.rows.size();
    const std::int32_t end = sequence.rows[left - 1].end;
    sequence.rows.resize(left);
    const auto shift = static_cast<std::int32_t>(shorter.ids.size()) - sequence.token_begin;
    shorter.ids.insert(shorter.ids.end(), batch.ids.begin() + sequence.token_begin, batch.ids.begin() + end);
    for (TaskSlot& task : sequence.tasks)
      for (std::int32_t& marker : task.markers) {
        marker = sequence.token_begin + (marker - sequence.token_begin) % (end - sequence.token_begin);
        marker += shift;
      }
    for (TokenRange& row : sequence.rows) row = {row.begin + shift, row.end + shift};
    sequence.token_end = end + shift;
    sequence.token_begin += shift;
    shorter.sequences.push_back(sequence);
  }
  return shorter;
}

/// Sequence `index` of a batch as a batch of its own.
inline PackedBatch alone(const PackedBatch& batch, std::size_t index) {
  PackedBatch one;
  one.pooling = batch.pooling;
  PackedSequence sequence = batch.sequences[index];
  const std::int32_t shift = sequence.token_begin;
  one.ids.assign(batch.ids.begin() + shift, batch.ids.begin() + sequence.token_end);
  sequence.token_begin -= shift;
  sequence.token_end -= shift;
  for (TokenRange& row : sequence.rows) row = {row.begin - shift, row.end - shift};
  for (TaskSlot& task : sequence.tasks)
    for (std::int32_t& marker : task.markers) marker -= shift;
  one.sequences = {sequence};
  return one;
}

/// Scores may differ by `tolerance`; a candidate nearer to the threshold than that may come or go.
inline void expect_same(const SequenceOutput& a, const SequenceOutput& b, float tolerance) {
  ASSERT_EQ(a.tasks.size(), b.tasks.size());
  for (std::size_t t = 0; t < a.tasks.size(); ++t) {
    SCOPED_TRACE(::testing::Message() << "task " << t);
    EXPECT_EQ(a.tasks[t].count, b.tasks[t].count);
    const auto& x = a.tasks[t].candidates;
    const auto& y = b.tasks[t].candidates;
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(std::tie(x[i].instance, x[i].label, x[i].row, x[i].width),
                std::tie(y[i].instance, y[i].label, y[i].row, y[i].width));
      EXPECT_NEAR(x[i].score, y[i].score, tolerance);
    }
    const auto near = [&](const std::vector<float>& p, const std::vector<float>& q, float scale) {
      ASSERT_EQ(p.size(), q.size());
      for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], q[i], scale * tolerance);
    };
    near(a.tasks[t].choice_scores, b.tasks[t].choice_scores, 1);
    near(a.tasks[t].attribute_logits, b.tasks[t].attribute_logits, 10);  // Logits run to about 10.
    near(a.tasks[t].class_logits, b.tasks[t].class_logits, 10);
  }
}

}  // namespace gliner
