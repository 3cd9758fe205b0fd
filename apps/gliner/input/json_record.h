#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "input/records.h"

namespace gliner::cli {

/// Parses one record, or says in `error` why it is not usable.
nlohmann::json parse_record_json(const std::string& text, std::optional<std::string>& error);

/// Fills text, id, schema or error of `record` from one JSON value.
void read_json_record(const nlohmann::json& value, const InputOptions& options, InputRecord& record);

}  // namespace gliner::cli
