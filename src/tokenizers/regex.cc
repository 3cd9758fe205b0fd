#include "tokenizers/regex.h"

#include <fmt/format.h>
#include <pcre2.h>

#include <array>
#include <string>

#include "gliner/error.h"
#include "text/utf8.h"
#include "tokenizers/onig_syntax.h"

namespace gliner {

struct Regex::Impl {
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  };
  std::unique_ptr<pcre2_code, Free> code;

  Impl(std::string_view pattern, std::uint32_t options) {
    const std::unique_ptr<pcre2_compile_context, Free> context(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    int error = 0;
    PCRE2_SIZE offset = 0;
    code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                             options | PCRE2_UTF, &error, &offset, context.get()));
    if (code == nullptr) {
      std::array<PCRE2_UCHAR, 256> message{};
      pcre2_get_error_message(error, message.data(), message.size());
      throw PatternError(reinterpret_cast<const char*>(message.data()));
    }
    // Without just-in-time code matching is slower, nothing else.
    static_cast<void>(pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE));
  }

  bool match(std::string_view text, std::size_t from, pcre2_match_data* data) const {
    const auto run = [&](std::uint32_t options) {
      return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                         options | PCRE2_NO_UTF_CHECK, data, nullptr);
    };
    int result = run(0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = run(PCRE2_NO_JIT);
    if (result < 0 && result != PCRE2_ERROR_NOMATCH) {
      throw InputError(fmt::format(
          "a pattern of the tokenizer gave up on a text of {} bytes (PCRE2 error {})", text.size(), result));
    }
    return result >= 0;
  }
};

Regex::Regex(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Regex Regex::oniguruma(std::string_view pattern) {
  return Regex(
      std::make_unique<const Impl>(onig_to_pcre2(pattern), PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C));
}

Regex Regex::literal(std::string_view text) {
  return Regex(std::make_unique<const Impl>(text, PCRE2_LITERAL));
}

std::vector<Match> Regex::find_all(std::string_view text) const {
  std::vector<Match> matches;
  if (text.empty()) return matches;
  const std::unique_ptr<pcre2_match_data, Impl::Free> data(pcre2_match_data_create(1, nullptr));
  const PCRE2_SIZE* range = pcre2_get_ovector_pointer(data.get());
  std::size_t from = 0;
  std::size_t covered = 0;
  bool any = false;  // `from` is the end of a match
  while (from <= text.size() && impl_->match(text, from, data.get())) {
    const std::size_t begin = range[0];
    const std::size_t end = range[1];
    if (begin == end && any && end == covered) {
      if (from >= text.size()) break;
      next_code_point(text, from);
      continue;
    }
    if (covered != begin) matches.push_back({covered, begin, false});
    matches.push_back({begin, end, true});
    covered = from = end;
    any = true;
  }
  if (covered != text.size()) matches.push_back({covered, text.size(), false});
  return matches;
}

}  // namespace gliner
