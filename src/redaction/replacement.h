#pragma once

#include <string>
#include <string_view>

#include "gliner/redact.h"

namespace gliner {

/// "phone number" -> "PHONE_NUMBER": ASCII letters in upper case, runs of other ASCII signs as one `_`;
/// letters of other scripts as they are.
std::string placeholder_name(std::string_view label);

/// What stands in the place of `removed`. Of a mask or a label it depends on the label alone, of a fill on
/// the number of code points alone; a pseudonym is an HMAC (base/digest) of label and text, case and blanks
/// evened out.
std::string replacement_of(std::string_view removed, const std::string& label, const RedactOptions& options);

}  // namespace gliner
