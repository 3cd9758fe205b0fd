#include <utility>

#include "engine/gliner1_family.h"
#include "gliner/error.h"

namespace gliner {
namespace {

/// Every piece is split into words on its own; their places are those of the whole text.
class Gliner1Session : public FamilySession {
 public:
  Gliner1Session(Gliner1Prompt prompt, const Gliner1Config& config, const Gliner1Tokenizers& tokenizers,
                 std::unique_ptr<SpanStream> stream)
      : prompt_(std::move(prompt)), config_(config), tokenizers_(tokenizers), stream_(std::move(stream)) {
    piece_ = prompt_;
    piece_.words.clear();
  }

  const std::string& text() const override { return text_; }

  Result append(const std::string& text, bool reread, const ExtractOptions& options) override {
    if (is_blank_text(text)) return decode_spans(prompt_, text, {}, {}, {}, {}, options);
    std::vector<WordSpan> words = words_;
    for (const WordSpan& word : split_words_v1(text)) {
      const auto before = static_cast<std::int64_t>(text_.size());
      words.push_back({word.begin_byte + before, word.end_byte + before});
    }
    const std::string whole = text_ + text;
    const bool restart = reread || words_.empty();
    Gliner1Text prepared =
        restart
            ? prepare_gliner1_words(prompt_, whole, words, config_, tokenizers_)
            : prepare_gliner1_words(piece_, whole,
                                    {words.begin() + static_cast<std::ptrdiff_t>(words_.size()), words.end()},
                                    config_, tokenizers_);
    fill_thresholds(prepared.sequence, prompt_, options);
    SpanBatch batch;
    batch.class_scores = options.class_scores;
    append_sequence(batch, prepared);
    const SpanOutput output = restart ? stream_->restart(batch) : stream_->extend(batch);
    text_ = whole;
    words_ = std::move(words);
    prepared.words = words_;
    prepared.total_words = static_cast<std::int64_t>(words_.size());
    return decode_spans(prompt_, text_, prepared, output, {}, {}, options);
  }

 private:
  Gliner1Prompt prompt_;
  Gliner1Prompt piece_;  // The same without words in front
  const Gliner1Config& config_;
  const Gliner1Tokenizers& tokenizers_;
  std::unique_ptr<SpanStream> stream_;
  std::string text_;
  std::vector<WordSpan> words_;
};

}  // namespace

std::unique_ptr<FamilySession> Gliner1Family::open_session(std::shared_ptr<const SchemaSpec> spec) const {
  std::unique_ptr<SpanStream> stream = model().open_stream();
  Gliner1Prompt prompt = compile_gliner1_prompt(std::move(spec), config_);
  if (prompt.labels.empty()) throw InputError("a session needs at least one label");
  return std::make_unique<Gliner1Session>(std::move(prompt), config_, tokenizers_, std::move(stream));
}

}  // namespace gliner
