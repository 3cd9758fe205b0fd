#include "golden_calls.h"

#include "gliner1_calls.h"
#include "golden_request.h"

namespace golden {
namespace {

Json result_json(const gliner::Result& result) { return Json::parse(gliner::to_json(result)); }

}  // namespace

Json answer(const gliner::Extractor& model, const std::string& call, const Json& args) {
  if (is_gliner1_call(call)) return answer_gliner1(model, call, args);
  const Request request = read_request(call, args);
  if (!request.is_batch) {
    const std::string& text = request.texts.front();
    const gliner::Schema& schema = request.schemas.front();
    return result_json(request.is_long ? model.extract_long(text, schema, request.options, request.windows)
                                       : model.extract(text, schema, request.options));
  }
  std::vector<gliner::Result> results;
  if (request.schema_each) {
    results = request.is_long
                  ? model.batch_extract_long(request.texts, request.schemas, request.options, request.windows)
                  : model.batch_extract(request.texts, request.schemas, request.options);
  } else {
    const gliner::Schema& schema = request.schemas.front();
    results = request.is_long
                  ? model.batch_extract_long(request.texts, schema, request.options, request.windows)
                  : model.batch_extract(request.texts, schema, request.options);
  }
  Json out = Json::array();
  for (const gliner::Result& result : results) out.push_back(result_json(result));
  return out;
}

}  // namespace golden
