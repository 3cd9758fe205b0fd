#include "tokenizers/word_level.h"

namespace gliner {

WordLevel::WordLevel(const RawObject& model) : TokenModel(model) {
  read_vocabulary(model);
  unknown_id_ = vocabulary_.find(model.at("unk_token").string());
}

void WordLevel::tokenize(std::string_view piece, std::vector<SubToken>& out) const {
  std::int32_t id = vocabulary_.find(piece);
  if (id < 0) id = unknown_id_;
  if (id < 0) throw_unknown(piece);
  out.push_back({id, {}});
}

}  // namespace gliner
