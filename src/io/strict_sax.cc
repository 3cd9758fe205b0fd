#include "io/strict_sax.h"

#include <fmt/format.h>

#include "gliner/error.h"

namespace gliner {

std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytes = 80;
  const bool cut = text.size() > kShownBytes;
  return dump_json(Json(std::string(text.substr(0, kShownBytes)))) + (cut ? "..." : "");
}

void StrictSax::read(std::string_view text) {
  // The JSON library takes a NUL byte for the end of the text and would pass over what follows.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) fail(fmt::format("broken JSON near byte {}: a NUL byte", nul + 1));
  Json::sax_parse(text.begin(), text.end(), this);
}

bool StrictSax::parse_error(std::size_t position, const std::string&,
                            const nlohmann::detail::exception& error) {
  fail(fmt::format("broken JSON near byte {}: {}", position, error.what()));
}

void StrictSax::refuse(const std::string& found) const {
  fail(fmt::format("expected {}, found {}", expected(), found));
}

void StrictSax::fail(const std::string& what) const { throw ModelError(fmt::format("{}: {}", where_, what)); }

}  // namespace gliner
