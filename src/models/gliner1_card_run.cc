#include "models/gliner1_card_run.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/stage_timer.h"
#include "heads/compaction.h"
#include "heads/select.h"
#include "models/device.h"
#include "models/gliner1_card_relations.h"

namespace gliner {
namespace {

/// Cells that exist at once: with their logits and what compaction makes of them about a gigabyte.
constexpr std::int64_t kMostCells = std::int64_t{64} << 20;

/// Words of a text in one product, where pairs of words and labels are what fills it.
constexpr std::int64_t kMostWords = 128;

std::int32_t narrow(std::int64_t value) { return static_cast<std::int32_t>(value); }

const SpanMarkerMlp* span_layer_of(const Gliner1Modules& modules) {
  return dynamic_cast<const SpanMarkerMlp*>(modules.span_layer.get());
}

}  // namespace

bool Gliner1CardRun::covers(const Gliner1Config& config, const Gliner1Modules& modules,
                            const SpanBatch& batch) {
  if (config.streaming || config.decoder) return false;
  if (config.relations ? config.has_labels_encoder : config.represent_spans) return false;
  if (batch.class_scores || batch.vectors || batch.label_vectors) return false;
  return (config.token_level() && !config.relations) || span_layer_of(modules) != nullptr;
}

Gliner1CardRun::Gliner1CardRun(const Gliner1Config& config, const Gliner1Modules& modules,
                               SharedLabels& shared_labels, const SpanBatch& batch, c10::Device device)
    : config_(config),
      modules_(modules),
      shared_labels_(shared_labels),
      batch_(batch),
      device_(device),
      span_layer_(config.token_level() ? nullptr : span_layer_of(modules)),
      entity_layer_(config.relations ? span_layer_of(modules) : nullptr),
      outputs_(batch.sequences.size()),
      span_logits_(batch.sequences.size()),
      word_logits_(batch.sequences.size()),
      entities_(batch.sequences.size()) {
  GLINER_CHECK(covers(config, modules, batch));
}

std::vector<SpanOutput> Gliner1CardRun::outputs() {
  plan_words();
  plan_labels();
  plan_groups();
  if (groups_.empty()) return std::move(outputs_);  // No words, or no labels.
  sent_ = upload_.send(device_);
  encode();
  score();
  std::vector<Group*> open;
  for (Group& group : groups_) open.push_back(&group);
  while (!open.empty()) open = find(open);
  select();
  if (config_.relations) relate();
  return std::move(outputs_);
}

std::int64_t Gliner1CardRun::classes_of(std::size_t sequence) const {
  return std::min<std::int64_t>(batch_.sequences[sequence].classes, label_rows_[sequence].size());
}

float Gliner1CardRun::least_of(std::size_t sequence, std::int64_t label) const {
  float least = std::numeric_limits<float>::infinity();
  if (label < classes_of(sequence)) {
    const double threshold = batch_.sequences[sequence].thresholds[static_cast<std::size_t>(label)];
    least = least_logit(static_cast<float>(threshold));
  }
  return config_.relations ? std::min(least, least_logit(static_cast<float>(batch_.threshold))) : least;
}

/// Tokens that a sequence is not read to have no state; what is pooled from them is zero.
void Gliner1CardRun::plan_words() {
  std::int64_t tokens = 0;
  for (const SpanSequence& sequence : batch_.sequences) tokens += sequence.encoded_tokens;
  words_of_.emplace(config_.pooling == SubtokenPooling::kMax ? TokenPooling::kMax : TokenPooling::kMean,
                    tokens);
  std::int32_t next = 0;
  for (const SpanSequence& sequence : batch_.sequences) {
    GLINER_CHECK(sequence.token_begin == next && sequence.encoded_tokens >= 0 &&
                 sequence.encoded_tokens <= sequence.token_end - sequence.token_begin);
    next = sequence.token_end;
    const std::int32_t shift = narrow(start_.back()) - sequence.token_begin;
    const auto begin = batch_.ids.begin() + sequence.token_begin;
    ids_.insert(ids_.end(), begin, begin + sequence.encoded_tokens);
    start_.push_back(static_cast<std::int64_t>(ids_.size()));
    for (const TokenRange& word : sequence.words) {
      GLINER_CHECK(word.begin >= sequence.token_begin && word.end <= sequence.token_end);
      words_of_->add({word.begin + shift, word.end + shift}, start_.back());
    }
    const auto words = static_cast<std::int64_t>(sequence.words.size());
    word_start_.push_back(word_start_.back() + words);
    longest_tokens_ = std::max<std::int64_t>(longest_tokens_, sequence.encoded_tokens);
    longest_words_ = std::max(longest_words_, words);
  }
  GLINER_CHECK(next == static_cast<std::int64_t>(batch_.ids.size()));
  ids_at_ = upload_.add(ids_);
  words_of_->prepare(upload_);
}

void Gliner1CardRun::plan_labels() {
  if (modules_.labels_encoder) {
    plan_label_matrices();
  } else {
    plan_markers();
  }
  for (std::size_t s = 0; s < size(); ++s) {
    const SpanSequence& sequence = batch_.sequences[s];
    GLINER_CHECK(static_cast<std::int64_t>(sequence.thresholds.size()) >= classes_of(s));
    if (label_rows_[s].begin < static_cast<std::int64_t>(least_.size())) continue;  // Shared
    for (std::int64_t label = 0; label < label_rows_[s].size(); ++label) least_.push_back(least_of(s, label));
  }
  least_at_ = upload_.add(least_);
}

/// Labels, and relations, whose vectors are states of tokens.
void Gliner1CardRun::plan_markers() {
  const auto add = [this](RangePooling& pooling, std::size_t s, std::int32_t token) {
    const SpanSequence& sequence = batch_.sequences[s];
    GLINER_CHECK(token >= sequence.token_begin && token < sequence.token_end);
    const std::int32_t place = token - sequence.token_begin + narrow(start_[s]);
    pooling.add({place, place + 1}, start_[s + 1]);
  };
  std::size_t longest = 0;
  for (const SpanSequence& sequence : batch_.sequences) longest = std::max(longest, sequence.labels.size());
  markers_of_.emplace(TokenPooling::kFirst, start_.back());
  std::int64_t rows = 0;
  for (std::size_t s = 0; s < size(); ++s) {
    const std::vector<std::int32_t>& labels = batch_.sequences[s].labels;
    for (const std::int32_t label : labels) add(*markers_of_, s, label);
    const std::size_t columns = config_.relations ? longest : labels.size();
    for (std::size_t l = labels.size(); l < columns; ++l) markers_of_->add({0, 0}, 0);  // Zeros
    label_rows_.push_back({rows, rows + static_cast<std::int64_t>(columns)});
    rows = label_rows_.back().end;
  }
  markers_of_->prepare(upload_);
  if (!config_.relations) return;
  relations_of_.emplace(TokenPooling::kFirst, start_.back());
  for (std::size_t s = 0; s < size(); ++s)
    for (const std::int32_t relation : batch_.sequences[s].relations) add(*relations_of_, s, relation);
  relations_of_->prepare(upload_);
}

/// Labels that were encoded on their own. Texts share a set where they ask the same of it, unless words and
/// labels are going to change each other.
void Gliner1CardRun::plan_label_matrices() {
  struct Rows {
    std::size_t set;       // Of sets
    std::size_t sequence;  // The first one
  };
  std::map<const LabelMatrix*, Rows> known;
  std::vector<std::shared_ptr<const LabelMatrix>> sets;
  std::vector<std::int32_t> set_begin = {0}, index;
  for (std::size_t s = 0; s < size(); ++s) {
    const SpanSequence& sequence = batch_.sequences[s];
    const auto rows = static_cast<std::int32_t>(index.size());
    if (!sequence.label_matrix || sequence.label_matrix->rows() == 0) {
      label_rows_.push_back({rows, rows});
      continue;
    }
    const LabelMatrix& matrix = *sequence.label_matrix;
    GLINER_CHECK(matrix.size == config_.hidden_size);
    const auto [entry, is_new] = known.emplace(&matrix, Rows{sets.size(), s});
    const SpanSequence& first = batch_.sequences[entry->second.sequence];
    const bool asks_the_same = first.classes == sequence.classes && first.thresholds == sequence.thresholds;
    if (!is_new && asks_the_same && !modules_.cross_fuser) {
      label_rows_.push_back(label_rows_[entry->second.sequence]);
      continue;
    }
    if (is_new) {
      sets.push_back(sequence.label_matrix);
      set_begin.push_back(set_begin.back() + narrow(matrix.rows()));
    }
    for (std::int64_t row = 0; row < matrix.rows(); ++row)
      index.push_back(set_begin[entry->second.set] + narrow(row));
    label_rows_.push_back({rows, static_cast<std::int64_t>(index.size())});
  }
  if (sets.size() == 1 && static_cast<std::int64_t>(index.size()) == sets.front()->rows() &&
      !modules_.cross_fuser) {
    only_ = sets.front();
    return;
  }
  for (const std::shared_ptr<const LabelMatrix>& set : sets) {
    sets_.push_back(upload_.add(set->values));
  }
  label_index_ = upload_.add(index);
}

GridLimits Gliner1CardRun::grid_limits() const {
  if (span_layer_ != nullptr) return {span_layer_->max_width(), span_layer_->inner()};
  return {/*max_width=*/1, /*span_floats=*/0, modules_.token_scorer->floats_of_pair(), kMostWords};
}

/// Cuts the batch, and the labels of a text where they are thousands, into groups of at most so many cells.
void Gliner1CardRun::plan_groups() {
  const GridLimits limits = grid_limits();
  std::vector<GridSequence> sequences;
  std::vector<Part> parts;
  std::int64_t pieces = 0, most_rows = 0, most_labels = 0, words = 0;
  const auto close = [&] {
    if (parts.empty()) return;
    SpanGrid grid(sequences, limits);
    const std::int64_t capacity = std::min(first_capacity(words), grid.cells());
    groups_.push_back({std::move(parts), std::move(grid), capacity});
    groups_.back().grid.prepare(upload_);
    sequences.clear();
    parts.clear();
    pieces = most_rows = most_labels = words = 0;
  };
  for (std::size_t s = 0; s < size(); ++s) {
    const std::int64_t own_words = word_start_[s + 1] - word_start_[s];
    const std::int64_t columns = columns_of(s);
    if (own_words == 0 || columns == 0) continue;
    const std::int64_t rows = std::min(own_words, limits.most_rows);
    const std::int64_t own_pieces = (own_words + limits.most_rows - 1) / limits.most_rows;
    const std::int64_t room = kMostCells / (own_pieces * rows * limits.max_width);
    const std::int64_t step =
        std::max<std::int64_t>(1, std::min({columns, SpanGrid::most_queries(limits), room}));
    for (std::int64_t first = 0; first < columns; first += step) {
      const std::int64_t labels = std::min(step, columns - first);
      // No product is padded to more than this.
      const std::int64_t cells = (pieces + own_pieces) * std::max(most_rows, rows) *
                                 std::max(most_labels, labels) * limits.max_width;
      if (cells > kMostCells) close();
      sequences.push_back({word_start_[s], own_words, label_rows_[s].begin + first, labels, 0});
      parts.push_back({s, first});
      pieces += own_pieces;
      most_rows = std::max(most_rows, rows);
      most_labels = std::max(most_labels, labels);
      words += own_words;
    }
  }
  close();
}

void Gliner1CardRun::encode() {
  const TokenIds ids(ids_, sent_->integers(ids_at_));
  const at::Tensor tokens =
      modules_.encode_text(ids, start_, {longest_tokens_, batch_.pad_id}, nullptr);  // [T, H]
  const StageTimer timer(Stage::kPooling);
  words_ = words_of_->forward(tokens, *sent_);                      // [W, H]
  if (markers_of_) labels_ = markers_of_->forward(tokens, *sent_);  // [P, H]
  if (!sets_.empty()) {
    std::vector<at::Tensor> sets;
    for (const Handle set : sets_) sets.push_back(sent_->floats(set).view({-1, config_.hidden_size}));
    labels_ = at::cat(sets).index_select(0, sent_->integers(label_index_));  // [P, H]
  }
  if (relations_of_) relations_ = relations_of_->forward(tokens, *sent_);  // [R, H]
  if (modules_.rnn) words_ = modules_.rnn->forward(words_, word_start_);
  if (modules_.cross_fuser) modules_.fuse(labels_, words_, label_rows_, word_start_);
  context_ = modules_.span_context
                 ? modules_.span_context->forward_padded(words_, word_start_, longest_words_)
                 : words_;
}

/// A set that all texts share is prepared once for all passes. That once is waited for, because other passes
/// have other streams.
SpanQueries Gliner1CardRun::queries() {
  if (!only_) return modules_.prepare_labels(labels_, /*shared=*/false);
  shared_ = shared_labels_.get(only_, [this](const LabelMatrix& set) {
    SpanQueries made = modules_.prepare_labels(label_vectors(set, device_), /*shared=*/true);
    synchronize(device_);
    return made;
  });
  return *shared_;
}

void Gliner1CardRun::score() {
  queries_ = queries();
  if (span_layer_ == nullptr) {
    sides_ = modules_.token_scorer->sides(words_, queries_.vectors);
    return;
  }
  const StageTimer timer(Stage::kSpanVectors);
  ends_ = span_layer_->ends({context_, word_start_, longest_words_});
}

std::vector<Gliner1CardRun::Group*> Gliner1CardRun::find(const std::vector<Group*>& groups) {
  PackedDownload downloaded;
  for (Group* group : groups) download(*group, downloaded);
  const StageTimer timer(Stage::kSelect);
  downloaded.fetch(device_);
  std::vector<Group*> again;
  for (Group* group : groups) {
    const std::int64_t total = downloaded.integers(group->total).front();
    if (total > group->capacity) {
      group->capacity = total;
      again.push_back(group);
    } else {
      take(*group, downloaded);
    }
  }
  return again;
}

void Gliner1CardRun::download(Group& group, PackedDownload& download) const {
  const StageTimer timer(Stage::kSpanScores);
  const SpanGridShape& grid = group.grid.shape();
  const bool spans = span_layer_ != nullptr;
  const at::Tensor logits = spans ? grid.logits(ends_, queries_.folded, queries_.bias, *sent_)  // [cells]
                                  : modules_.token_scorer->forward(sides_, grid, *sent_);       // [cells, 3]
  // Of a word, the logit that it is inside decides: no other word is part of a span.
  const at::Tensor deciding = spans ? logits : logits.select(1, 2);
  const Compacted found = compact(grid.reached(deciding, sent_->floats(least_at_), *sent_), group.capacity);
  group.total = download.add(found.total);
  group.cells = download.add(found.index);
  group.logits = download.add(logits.index_select(0, found.index));
}

void Gliner1CardRun::take(const Group& group, const PackedDownload& download) {
  const auto total = static_cast<std::size_t>(download.integers(group.total).front());
  const std::vector<std::int32_t> cells = download.integers(group.cells);
  const std::vector<float> logits = download.floats(group.logits);
  for (std::size_t i = 0; i < total; ++i) {
    const GridCell place = group.grid.at(cells[i]);
    const Part& part = group.parts[place.sequence];
    const std::int32_t label = narrow(part.first_label + place.query);
    if (span_layer_ != nullptr)
      span_logits_[part.sequence].push_back({narrow(place.row), narrow(place.width), label, logits[i]});
    else
      word_logits_[part.sequence].push_back(
          {narrow(place.row), label, logits[3 * i], logits[3 * i + 1], logits[3 * i + 2]});
  }
}

/// The device let through what comes near a threshold; the score decides here, computed as Gliner1Run does.
void Gliner1CardRun::select() {
  const StageTimer timer(Stage::kSelect);
  for (std::size_t s = 0; s < size(); ++s) {
    const SpanSequence& sequence = batch_.sequences[s];
    if (span_layer_ != nullptr) {
      const std::int64_t width = span_layer_->max_width();
      if (config_.relations) entities_[s] = select_any_label(span_logits_[s], width, batch_.threshold);
      select_wide_spans(std::move(span_logits_[s]), width, sequence, outputs_[s]);
    } else {
      select_word_spans(word_logits_[s], sequence, outputs_[s]);
      if (config_.relations) entities_[s] = predict_spans(std::move(word_logits_[s]), batch_.threshold);
    }
  }
}

void Gliner1CardRun::relate() {
  std::vector<RowRange> spans;
  for (std::size_t s = 0; s < size(); ++s)
    for (const SpanCandidate& entity : entities_[s])
      spans.push_back({word_start_[s] + entity.first, word_start_[s] + entity.last + 1});
  if (spans.empty()) return;
  if (span_layer_ == nullptr) ends_ = entity_layer_->ends({context_, word_start_, longest_words_});
  FoundEntities found{std::move(entities_), entity_layer_->vectors(ends_, spans), relations_};
  relate_on_card(modules_, batch_, found, device_, outputs_);
}

}  // namespace gliner
