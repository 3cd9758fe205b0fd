#include "hub/hub_settings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gliner/error.h"
#include "hub/url.h"
#include "io/model_cache.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

/// The public hub, part of the protocol that this room speaks. The only place that names it.
constexpr const char* kPublicHub = "https://huggingface.co";

bool is_true(const char* name) {
  std::string value = environment_value(name);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

fs::path token_file() {
  if (const std::string path = environment_value("HF_TOKEN_PATH"); !path.empty()) return expand_home(path);
  if (const std::string home = environment_value("HF_HOME"); !home.empty())
    return expand_home(home) / "token";
  if (const std::string cache = environment_value("XDG_CACHE_HOME"); !cache.empty()) {
    return expand_home(cache) / "huggingface" / "token";
  }
  return expand_home("~/.cache/huggingface/token");
}

std::string token_of_environment() {
  if (is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return {};
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string token = environment_value(name); !token.empty()) return token;
  }
  std::ifstream in(token_file(), std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// Without the line end that files have. A sign in the middle that is no printable ASCII would end the
/// header that the token travels in.
std::string clean_token(std::string token) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!token.empty() && is_blank(token.back())) token.pop_back();
  token.erase(token.begin(), std::find_if_not(token.begin(), token.end(), is_blank));
  const bool printable = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable)
    throw HubError("the token for the hub holds blanks or signs that no token has: see HF_TOKEN");
  return token;
}

}  // namespace

HubSettings hub_settings(const PullOptions& options) {
  HubSettings settings;
  settings.endpoint = options.endpoint.empty() ? environment_value("HF_ENDPOINT") : options.endpoint;
  if (settings.endpoint.empty()) settings.endpoint = kPublicHub;
  while (!settings.endpoint.empty() && settings.endpoint.back() == '/') settings.endpoint.pop_back();
  origin_of(settings.endpoint);
  settings.token = clean_token(options.token.empty() ? token_of_environment() : options.token);
  // The reference looks at the second variable only where the first is empty.
  settings.offline =
      is_true(environment_value("HF_HUB_OFFLINE").empty() ? "TRANSFORMERS_OFFLINE" : "HF_HUB_OFFLINE");
  return settings;
}

}  // namespace gliner
