#pragma once

#include <memory>
#include <string>

#include "gliner/export.h"
#include "gliner/options.h"
#include "gliner/result.h"

namespace gliner {

/// A text that grows, read by a streaming model (GLiNER v1, gliner_streaming_span): what was read stays read,
/// and scores change only near the end. From Extractor::open_session. Move-only; one thread at a time; keeps
/// the model alive.
class GLINER_EXPORT Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// Puts `text` (UTF-8) behind what was read, without a blank between, and gives the entities of the whole.
  /// A blank text changes nothing and finds nothing. Throws InputError when the model has no positions left;
  /// the session is then as it was before.
  Result append(const std::string& text, const ExtractOptions& options = {});

  /// The same, but everything is read again, so that all scores know all of the text.
  Result append_and_reread(const std::string& text, const ExtractOptions& options = {});

  /// All that was read.
  const std::string& text() const;

 private:
  friend class Extractor;
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gliner
