#include "hub/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "gliner/error.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

UrlHandle parse(const std::string& url) {
  UrlHandle handle(curl_url(), &curl_url_cleanup);
  if (!handle ||
      curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    throw HubError("not an address: " + shown(url.substr(0, url.find('?'))));
  }
  return handle;
}

/// Empty when the address has no such part.
std::string part_of(const UrlHandle& handle, CURLUPart part, unsigned int flags = 0) {
  char* value = nullptr;
  if (curl_url_get(handle.get(), part, &value, flags) != CURLUE_OK) return {};
  std::string text(value);
  curl_free(value);
  return text;
}

}  // namespace

Origin origin_of(const std::string& url) {
  const UrlHandle handle = parse(url);
  Origin origin{part_of(handle, CURLUPART_SCHEME), part_of(handle, CURLUPART_HOST),
                part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  if (origin.scheme != "http" && origin.scheme != "https") {
    throw HubError(fmt::format("{}: expected an address with http or https", shown_url(url)));
  }
  std::transform(origin.host.begin(), origin.host.end(), origin.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return origin;
}

std::string resolve_location(const std::string& url, const std::string& location) {
  const UrlHandle handle = parse(url);
  if (curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    throw HubError(fmt::format("{} sends on to something that is not an address", shown_url(url)));
  }
  return part_of(handle, CURLUPART_URL);
}

std::string shown_url(const std::string& url) {
  const UrlHandle handle(curl_url(), &curl_url_cleanup);
  if (!handle ||
      curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return shown(url.substr(0, url.find('?')));
  }
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(handle.get(), part, nullptr, 0);
  }
  return part_of(handle, CURLUPART_URL);
}

std::string escape_path(std::string_view text, bool keep_slash) {
  std::string escaped;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain || (keep_slash && c == '/')) {
      escaped += c;
    } else {
      escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

}  // namespace gliner
