#include "base/json.h"

#include <fmt/format.h>

#include "gliner/error.h"

namespace gliner {
namespace {

template <typename ErrorType>
Json parse(std::string_view text, const std::string& where) {
  // The JSON library takes a NUL byte for the end of the text and would pass over what follows.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    throw ErrorType(fmt::format("{}: broken JSON near byte {}: a NUL byte", where, nul + 1));
  }
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& e) {
    throw ErrorType(fmt::format("{}: broken JSON near byte {}: {}", where, e.byte, e.what()));
  } catch (const Json::exception& e) {  // a number beyond a double is no parse_error
    throw ErrorType(fmt::format("{}: unusable JSON: {}", where, e.what()));
  }
}

}  // namespace

Json parse_json_input(std::string_view text, const std::string& what) {
  return parse<InputError>(text, what);
}
Json parse_json_file(std::string_view text, const std::string& path) { return parse<ModelError>(text, path); }

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace gliner
