// The local Hugging Face cache, read as huggingface_hub lays it out (file_download.py,
// try_to_load_from_cache).
#include "io/model_cache.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "gliner/error.h"
#include "gliner/hub.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Letters, digits and _ . - with a letter, digit or _ at both ends and no "--" or ".." (validate_repo_id).
bool is_repository_part(std::string_view part) {
  constexpr std::size_t kMaxBytes = 96;
  return !part.empty() && part.size() <= kMaxBytes && is_word(part.front()) && is_word(part.back()) &&
         std::all_of(part.begin(), part.end(), [](char c) { return is_word(c) || c == '.' || c == '-'; }) &&
         part.find("--") == std::string_view::npos && part.find("..") == std::string_view::npos;
}

/// A relative path of plain names: branches may hold slashes ("refs/pr/1"), but none may climb out.
bool is_revision(std::string_view revision) {
  std::size_t begin = 0;
  while (begin <= revision.size()) {
    const std::size_t end = std::min(revision.find('/', begin), revision.size());
    const std::string_view part = revision.substr(begin, end - begin);
    const bool plain = std::all_of(part.begin(), part.end(), [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '\\';
    });
    if (part.empty() || part == "." || part == ".." || !plain) return false;
    begin = end + 1;
  }
  return true;
}

/// The commit a branch or tag points to; empty when the cache does not know it.
std::string read_ref(const fs::path& ref) {
  std::error_code ignored;
  if (!fs::is_regular_file(ref, ignored)) return {};
  std::ifstream in(ref, std::ios::binary);
  std::array<char, 64> content{};
  in.read(content.data(), content.size());
  std::string_view commit(content.data(), static_cast<std::size_t>(in.gcount()));
  while (!commit.empty() && std::isspace(static_cast<unsigned char>(commit.back()))) commit.remove_suffix(1);
  if (!is_commit(commit)) {
    throw ModelError(
        fmt::format("{}: expected a commit of 40 hexadecimal digits, found {}", ref.string(), shown(commit)));
  }
  return std::string(commit);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator it(folder, ignored), end; !ignored && it != end; it.increment(ignored)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

bool is_commit(std::string_view text) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 40 && std::all_of(text.begin(), text.end(), is_hex);
}

ModelId parse_model_id(const std::string& id) {
  const auto fail = [&](const char* what) {
    throw InputError(fmt::format("{}: {}; expected org/name or org/name@revision", shown(id), what));
  };
  const std::size_t at = id.find('@');
  ModelId parsed{id.substr(0, at), at == std::string::npos ? "main" : id.substr(at + 1)};
  const std::string& repository = parsed.repository;
  const std::size_t slash = repository.find('/');
  const bool valid = slash == std::string::npos
                         ? is_repository_part(repository)
                         : is_repository_part(std::string_view(repository).substr(0, slash)) &&
                               is_repository_part(std::string_view(repository).substr(slash + 1));
  constexpr std::string_view kGit = ".git";
  const bool is_clone_address = repository.size() > kGit.size() &&
                                repository.compare(repository.size() - kGit.size(), kGit.size(), kGit) == 0;
  if (!valid || is_clone_address) fail("not a model id");
  if (!is_revision(parsed.revision)) fail("not a revision");
  return parsed;
}

std::string environment_value(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

fs::path expand_home(const std::string& path) {
  if (path != "~" && path.substr(0, 2) != "~/") return path;
  return environment_value("HOME") + path.substr(1);
}

fs::path hub_cache_folder() {
  if (const std::string hub = environment_value("HF_HUB_CACHE"); !hub.empty()) return expand_home(hub);
  if (const std::string hub = environment_value("HUGGINGFACE_HUB_CACHE"); !hub.empty())
    return expand_home(hub);
  if (const std::string home = environment_value("HF_HOME"); !home.empty()) return expand_home(home) / "hub";
  if (const std::string cache = environment_value("XDG_CACHE_HOME"); !cache.empty()) {
    return expand_home(cache) / "huggingface" / "hub";
  }
  if (environment_value("HOME").empty()) {
    throw ModelError("the model cache cannot be found: set HF_HUB_CACHE, HF_HOME or HOME");
  }
  return expand_home("~/.cache/huggingface/hub");
}

std::string repository_folder_name(const std::string& repository) {
  std::string name = "models--";
  for (const char c : repository) name += c == '/' ? std::string("--") : std::string(1, c);
  return name;
}

std::string find_cached_commit(const fs::path& repository, const std::string& revision) {
  std::string commit = read_ref(repository / "refs" / revision);
  if (commit.empty() && is_commit(revision)) commit = revision;
  return commit;
}

std::string find_cached_model(const std::string& id) {
  const ModelId model = parse_model_id(id);
  const fs::path repository = hub_cache_folder() / repository_folder_name(model.repository);
  const std::string download = fmt::format("fetch it with: gliner pull {}{}", model.repository,
                                           model.revision == "main" ? std::string() : "@" + model.revision);
  std::error_code ignored;
  if (!fs::is_directory(repository, ignored)) {
    throw ModelError(
        fmt::format("{}: not in the model cache, looked for {}; {}, or give the folder of a checkpoint", id,
                    repository.string(), download));
  }
  const std::string commit = find_cached_commit(repository, model.revision);
  const fs::path snapshot = repository / "snapshots" / commit;
  if (commit.empty() || !fs::is_directory(snapshot, ignored)) {
    throw ModelError(fmt::format(
        "{}: the cache holds no revision {}, looked in {} (branches: {}; commits: {}); {}", id,
        shown(model.revision), repository.string(), fmt::join(names_in(repository / "refs"), ", "),
        fmt::join(names_in(repository / "snapshots"), ", "), download));
  }
  return snapshot.string();
}

}  // namespace gliner
