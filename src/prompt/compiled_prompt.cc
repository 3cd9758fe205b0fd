#include "prompt/compiled_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "gliner/error.h"
#include "text/python_string.h"
#include "text/utf8.h"

namespace gliner {
namespace {

/// Walks the elements of the input as the reference does, with its segmentation by token text: a label that
/// is called [SEP_TEXT] or [SEP_STRUCT] breaks it here as there.
class PromptBuilder {
 public:
  PromptBuilder(CompiledPrompt& prompt, const Tokenizer& tokenizer, TokenPooling pooling)
      : prompt_(prompt), tokenizer_(tokenizer), pooling_(pooling) {
    for (const char* marker : {"[P]", "[C]", "[E]", "[R]", "[L]"})
      marker_ids_.insert(tokenizer.token_to_id(marker));
    prompt_.markers.resize(prompt_.tasks.size());
  }

  void build() {
    for (std::size_t task = 0; task < prompt_.tasks.size(); ++task) {
      if (task > 0) element("[SEP_STRUCT]", false);
      const std::vector<std::string>& tokens = prompt_.tasks[task].tokens;
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        const bool label_place = i >= 4 && i + 2 < tokens.size() && i % 2 == 0;
        element(tokens[i], i == 1 || label_place);
      }
    }
    element("[SEP_TEXT]", false);
    for (const std::string& word : prompt_.prefix.words) element(word, false);
  }

 private:
  void element(const std::string& token, bool marker_place) {
    const std::vector<std::int32_t> ids = tokenizer_.encode(token);
    const auto begin = static_cast<std::int32_t>(prompt_.ids.size());
    prompt_.ids.insert(prompt_.ids.end(), ids.begin(), ids.end());
    const auto end = static_cast<std::int32_t>(prompt_.ids.size());
    if (token == "[SEP_TEXT]") {
      text_began_ = true;
    } else if (text_began_) {
      if (end > begin || pooling_ == TokenPooling::kFirst) prompt_.rows.push_back({begin, end});
    } else {
      if (task_ < prompt_.markers.size()) add_markers(ids, begin, marker_place);
      if (token == "[SEP_STRUCT]") ++task_;
    }
  }

  void add_markers(const std::vector<std::int32_t>& ids, std::int32_t begin, bool marker_place) {
    std::vector<std::int32_t>& markers = prompt_.markers[task_];
    if (pooling_ == TokenPooling::kFirst) {
      if (marker_place) markers.push_back(begin);
      return;
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (marker_ids_.count(ids[i]) != 0) markers.push_back(begin + static_cast<std::int32_t>(i));
    }
  }

  CompiledPrompt& prompt_;
  const Tokenizer& tokenizer_;
  TokenPooling pooling_;
  std::set<std::int32_t> marker_ids_;
  std::size_t task_ = 0;
  bool text_began_ = false;
};

/// Number of words that Python's `words[:max_len]` keeps; a negative max_len drops from the end.
std::size_t kept_words(std::size_t words, std::optional<int> max_len) {
  if (!max_len) return words;
  if (*max_len >= 0) return std::min(words, static_cast<std::size_t>(*max_len));
  const auto dropped = static_cast<std::size_t>(-static_cast<std::int64_t>(*max_len));
  return words > dropped ? words - dropped : 0;
}

void append_row(PreparedText& prepared, const std::vector<std::int32_t>& ids, TokenPooling pooling) {
  const auto begin = static_cast<std::int32_t>(prepared.ids.size());
  prepared.ids.insert(prepared.ids.end(), ids.begin(), ids.end());
  const auto end = static_cast<std::int32_t>(prepared.ids.size());
  if (end > begin || pooling == TokenPooling::kFirst) prepared.rows.push_back({begin, end});
}

}  // namespace

CompiledPrompt compile_prompt(std::shared_ptr<const SchemaSpec> spec, const Tokenizer& tokenizer,
                              TokenPooling pooling) {
  CompiledPrompt prompt;
  prompt.spec = std::move(spec);
  if (!prompt.spec->malformed.empty()) {
    if (pooling == TokenPooling::kFirst) throw InputError("schema: " + prompt.spec->malformed);
    prompt.fallback = true;
    prompt.tasks.push_back(fallback_task_prompt());
  } else {
    prompt.tasks = build_task_prompts(*prompt.spec);
    prompt.prefix = build_choice_prefix(*prompt.spec);
  }
  PromptBuilder(prompt, tokenizer, pooling).build();
  return prompt;
}

std::string normalize_text(const std::string& text) {
  if (!text.empty() && (text.back() == '.' || text.back() == '!' || text.back() == '?')) return text;
  return text + ".";
}

PreparedText prepare_text(const CompiledPrompt& prompt, const std::string& text, const Tokenizer& tokenizer,
                          WordSplitter splitter, TokenPooling pooling, std::optional<int> max_len) {
  PreparedText prepared;
  prepared.text = normalize_text(text);
  prepared.ids = prompt.ids;
  prepared.rows = prompt.rows;
  if (prompt.fallback) {
    std::size_t first_end = 0;
    next_code_point(prepared.text, first_end);
    prepared.words = {{0, static_cast<std::int64_t>(first_end)}};
    prepared.total_words = 1;
    append_row(prepared, tokenizer.encode("."), pooling);
  } else {
    prepared.words = split_words(prepared.text, splitter);
    prepared.total_words = static_cast<std::int64_t>(prepared.words.size());
    const std::size_t kept = kept_words(prepared.words.size(), max_len);
    const auto caller_bytes = static_cast<std::int64_t>(text.size());
    // The full stop that was put behind the text is no loss of the caller's.
    prepared.truncated_words =
        std::count_if(prepared.words.begin() + static_cast<std::ptrdiff_t>(kept), prepared.words.end(),
                      [caller_bytes](const WordSpan& word) { return word.begin_byte < caller_bytes; });
    prepared.words.resize(kept);
    for (const WordSpan& word : prepared.words) {
      const std::string_view shown = std::string_view(prepared.text)
                                         .substr(static_cast<std::size_t>(word.begin_byte),
                                                 static_cast<std::size_t>(word.end_byte - word.begin_byte));
      append_row(prepared, tokenizer.encode(py_lower(shown)), pooling);
    }
  }
  const auto rows = static_cast<std::int32_t>(prepared.rows.size());
  const auto words = static_cast<std::int32_t>(prepared.words.size());
  // scores[-text_len:]: the last rows belong to the text; without any word the slice is everything.
  prepared.first_text_row = words == 0 ? 0 : std::max(0, rows - words);
  return prepared;
}

}  // namespace gliner
