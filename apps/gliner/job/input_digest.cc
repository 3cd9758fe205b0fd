#include "job/input_digest.h"

namespace gliner::cli {

// Lengths keep ("ab", "c") apart from ("a", "bc").
void InputDigest::add_part(const std::string& part) {
  digest_.add(std::to_string(part.size()) + ":");
  digest_.add(part);
}

void InputDigest::add(const InputRecord& record) {
  using Json = nlohmann::ordered_json;
  add_part(record.id.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace));
  add_part(record.place);
  add_part(record.error ? "e" + *record.error : "t" + record.text);
  add_part(record.schema.value_or(""));
}

}  // namespace gliner::cli
