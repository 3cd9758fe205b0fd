#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gliner {

/// Refuses names that could lead out of a folder or mean another file on another system: absolute ones, empty
/// parts, "." and "..", backslashes, colons, control characters, parts longer than a file system takes.
/// Throws HubError that quotes the name.
void check_file_name(const std::string& name);

/// The files of a repository that a GLiNER model is loaded from, sorted by name: configurations, tokenizers
/// and one form of the weights, model.safetensors before its shards before pytorch_model.bin. `read_index`
/// gives the text of a shard index by its name. Throws HubError when a name is hostile or the repository
/// holds no such model.
std::vector<std::string> choose_model_files(const std::vector<std::string>& names,
                                            const std::function<std::string(const std::string&)>& read_index);

/// Whether a folder holds everything that a model in it is loaded from, shards included.
bool is_complete_model(const std::string& folder);

}  // namespace gliner
