#include "tokenizers/search_pattern.h"

#include <fmt/format.h>

#include "tokenizers/onig_syntax.h"

namespace gliner {

Regex read_search_pattern(const JsonSection& section) {
  const JsonSection pattern = section.section("pattern");
  const bool is_regex = pattern.find("Regex") != nullptr;
  if (pattern.json().size() != 1 || (!is_regex && pattern.find("String") == nullptr)) {
    pattern.fail("expected one member \"String\" or \"Regex\"");
  }
  const std::string text = pattern.string(is_regex ? "Regex" : "String");
  try {
    return is_regex ? Regex::oniguruma(text) : Regex::literal(text);
  } catch (const PatternError& error) {
    pattern.fail(fmt::format("pattern \"{}\" cannot be run: {}", text, error.what()));
  }
}

std::string replace_matches(std::string_view text, const std::vector<Match>& matches,
                            std::string_view content) {
  std::string out;
  out.reserve(text.size());
  for (const Match& match : matches)
    out += match.is_match ? content : text.substr(match.begin, match.end - match.begin);
  return out;
}

}  // namespace gliner
