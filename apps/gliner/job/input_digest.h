#pragma once

#include <string>

#include "gliner/fingerprint.h"
#include "input/records.h"

namespace gliner::cli {

/// Fingerprint of the records that were read so far: their ids, texts, schemas and errors. Two inputs with
/// the same records have the same one, whatever their names, dates and compression.
class InputDigest {
 public:
  void add(const InputRecord& record);
  std::string value() const { return digest_.value(); }

 private:
  void add_part(const std::string& part);

  Sha256 digest_;
};

}  // namespace gliner::cli
