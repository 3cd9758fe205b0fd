#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace gliner {

/// A model of the hub at one point of its history.
struct ModelId {
  std::string repository;  ///< "org/name", or "name" of an old repository without an organisation.
  std::string revision;    ///< Branch, tag or commit.
};

/// Reads "org/name" or "org/name@revision"; the default revision is "main". Neither part can lead out of a
/// folder. Throws InputError.
ModelId parse_model_id(const std::string& id);

/// 40 hexadecimal digits, lower case.
bool is_commit(std::string_view text);

/// Value of an environment variable; empty when unset.
std::string environment_value(const char* name);

/// A leading ~ becomes the home folder, as the reference expands it in its variables.
std::filesystem::path expand_home(const std::string& path);

/// $HF_HUB_CACHE, $HF_HOME/hub or the default below the home folder. Throws ModelError when nothing says
/// where.
std::filesystem::path hub_cache_folder();

/// models--ORG--NAME
std::string repository_folder_name(const std::string& repository);

/// A branch or tag first, as the reference does; else the revision itself where it is a commit; else empty.
/// `repository` is the folder of a repository in the cache. Throws ModelError on a broken reference.
std::string find_cached_commit(const std::filesystem::path& repository, const std::string& revision);

}  // namespace gliner
