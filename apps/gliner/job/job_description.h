#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "extraction.h"

namespace gliner::cli {

/// Everything that the rows of a job depend on besides its input: version, schema, options. What only
/// says where, when and how fast it runs (paths, threads, messages) is not part of it. Nor is the checksum of
/// the model, which is known later: see JobOutput.
nlohmann::ordered_json describe_job(const GlobalOptions& global, const ExtractionOptions& options,
                                    const JobWork& work);

/// What differs between two descriptions, for a person: "inference/threshold was 0.5, is 0.7; ...". Empty:
/// nothing.
std::string job_differences(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now);

}  // namespace gliner::cli
