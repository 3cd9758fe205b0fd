#pragma once

#include <string>
#include <string_view>

namespace gliner {

/// The parts of an address that decide who hears a secret.
struct Origin {
  std::string scheme;  ///< "http" or "https"
  std::string host;    ///< Lower case.
  std::string port;    ///< Always set; the scheme's own where the address names none.

  bool operator==(const Origin& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

/// Origin of an absolute http or https address; everything else throws HubError.
Origin origin_of(const std::string& url);

/// `location` as a redirect from `url` means it: absolute, or a path on the same host.
std::string resolve_location(const std::string& url, const std::string& location);

/// For messages: without user, password, query and fragment, where tokens and signatures stand.
std::string shown_url(const std::string& url);

/// Percent-encodes everything but letters, digits and - . _ ~, and `/` where `keep_slash`.
std::string escape_path(std::string_view text, bool keep_slash);

}  // namespace gliner
