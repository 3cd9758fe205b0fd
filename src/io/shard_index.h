#pragma once

#include <map>
#include <string>
#include <string_view>

namespace gliner {

/// Reads the `weight_map` of a `*.index.json`: tensor name -> file name of its shard. Shard names
/// are plain names of .safetensors or .bin files in the index's own folder; anything that could lead
/// elsewhere, a tensor named twice and an empty map are refused. Throws ModelError "<path>: ...".
std::map<std::string, std::string> read_shard_index(std::string_view json, const std::string& path);

}  // namespace gliner
