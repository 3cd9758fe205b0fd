#include "text/sentences.h"

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/utext.h>

#include <memory>
#include <new>

namespace gliner {
namespace {

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

/// UAX #29 lets every line end a sentence. In wrapped text a single line end behind a word or a comma does
/// not.
bool is_wrapped_line(const std::string& text, std::size_t at) {
  if (text[at - 1] != '\n') return false;
  std::size_t line_ends = 0;
  while (at > 0 &&
         (text[at - 1] == '\n' || text[at - 1] == '\r' || text[at - 1] == ' ' || text[at - 1] == '\t')) {
    line_ends += text[at - 1] == '\n' ? 1 : 0;
    --at;
  }
  if (line_ends > 1 || at == 0) return false;
  const char last = text[at - 1];
  return (last >= '0' && last <= '9') || (last >= 'A' && last <= 'Z') || (last >= 'a' && last <= 'z') ||
         static_cast<unsigned char>(last) >= 0x80 || last == ',' || last == ';' || last == '-';
}

}  // namespace

std::vector<std::int64_t> sentence_breaks(const std::string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UText, CloseText> source(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
  const std::unique_ptr<icu::BreakIterator> iterator(
      icu::BreakIterator::createSentenceInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status) || iterator == nullptr) throw std::bad_alloc();
  iterator->setText(source.get(), status);
  std::vector<std::int64_t> breaks;
  // Native indices of a UTF-8 text are bytes.
  for (std::int32_t at = iterator->next(); at != icu::BreakIterator::DONE; at = iterator->next()) {
    const auto byte = static_cast<std::size_t>(at);
    if (byte < text.size() && !is_wrapped_line(text, byte)) breaks.push_back(at);
  }
  return breaks;
}

}  // namespace gliner
