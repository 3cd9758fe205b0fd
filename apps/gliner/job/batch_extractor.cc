#include "job/batch_extractor.h"

#include <utility>

#include "gliner/error.h"
#include "log.h"

namespace gliner::cli {

const Schema& OwnSchemas::get(const std::string& json) {
  const auto known = schemas_.find(json);
  if (known != schemas_.end()) return known->second;
  Schema schema = parse_(json);
  if (schemas_.size() >= kMaxSchemas || bytes_ + json.size() > kMaxBytes) {
    schemas_.clear();
    bytes_ = 0;
  }
  bytes_ += json.size();
  return schemas_.emplace(json, std::move(schema)).first->second;
}

std::vector<Result> BatchExtractor::run(const std::vector<std::string>& texts,
                                        const std::vector<Schema>& schemas) const {
  if (windows_) {
    return schemas.size() == 1 ? model_.batch_extract_long(texts, schemas.front(), options_, *windows_)
                               : model_.batch_extract_long(texts, schemas, options_, *windows_);
  }
  return schemas.size() == 1 ? model_.batch_extract(texts, schemas.front(), options_)
                             : model_.batch_extract(texts, schemas, options_);
}

Result BatchExtractor::run_one(const std::string& text, const Schema& schema) const {
  try {
    return run({text}, {schema}).front();
  } catch (const std::exception& error) {
    Result failed;
    failed.error = error.what();
    return failed;
  }
}

Schema BatchExtractor::schema_of(const InputRecord& record) {
  if (record.schema) return own_schemas_.get(*record.schema);
  if (schemas_.shared) return *schemas_.shared;
  throw InputError("the record has no schema of its own and --schema-file is not given");
}

std::vector<Result> BatchExtractor::extract(std::vector<InputRecord>& records) {
  std::vector<Result> results(records.size());
  std::vector<std::size_t> usable;  // index in `records` of each text
  std::vector<std::string> texts;
  std::vector<Schema> schemas;
  bool own_schemas = false;
  for (std::size_t i = 0; i < records.size(); ++i) {
    InputRecord& record = records[i];
    if (record.error) {
      results[i].error = record.error;
      continue;
    }
    try {
      schemas.push_back(schema_of(record));
    } catch (const InputError& error) {
      results[i].error = error.what();
      continue;
    }
    own_schemas = own_schemas || record.schema.has_value();
    usable.push_back(i);
    texts.push_back(std::move(record.text));
  }
  if (texts.empty()) return results;

  std::vector<Result> found;
  try {
    found = own_schemas ? run(texts, schemas) : run(texts, {*schemas_.shared});
  } catch (const InputError&) {
    // The shared schema or an option cannot be used: no record will ever succeed.
    if (!own_schemas) throw;
  } catch (const std::exception& error) {
    log_warning("a window of {} texts failed and is tried again one by one{}{}", texts.size(),
                may_quote_ ? ": " : "", may_quote_ ? error.what() : "");
  }
  for (std::size_t k = 0; k < usable.size(); ++k) {
    results[usable[k]] = found.empty() ? run_one(texts[k], schemas[k]) : std::move(found[k]);
    records[usable[k]].text = std::move(texts[k]);  // formats show it
  }
  return results;
}

}  // namespace gliner::cli
