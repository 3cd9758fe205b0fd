#include "gliner/extractor.h"

#include <fmt/format.h>

#include <utility>

#include "decoding/decoder.h"
#include "engine/engine.h"
#include "engine/load_family.h"
#include "gliner/error.h"
#include "io/model_dir.h"
#include "text/utf8.h"

namespace gliner {

struct Extractor::Impl {
  explicit Impl(std::unique_ptr<const Family> family) : engine(std::move(family)) {}
  Engine engine;
};

struct Session::Impl {
  std::shared_ptr<const void> model;  // keeps what the session refers to
  std::unique_ptr<FamilySession> session;

  Result append(const std::string& text, bool reread, const ExtractOptions& options) const {
    if (const std::string error = utf8_error(text); !error.empty()) throw InputError(error);
    Result result = session->append(text, reread, options);
    finish_offsets(result, session->text(), options.offset_unit);
    return result;
  }
};

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result Session::append(const std::string& text, const ExtractOptions& options) {
  return impl_->append(text, /*reread=*/false, options);
}
Result Session::append_and_reread(const std::string& text, const ExtractOptions& options) {
  return impl_->append(text, /*reread=*/true, options);
}
const std::string& Session::text() const { return impl_->session->text(); }

namespace {

/// The single result of a call, its error as an exception.
Result only(std::vector<Result> results) {
  if (results.front().error) throw InputError(*results.front().error);
  return std::move(results.front());
}

ExtractOptions one_text(ExtractOptions options) {
  options.batch_size = 1;
  return options;
}

/// One spec per text.
Engine::Specs specs_of(const std::vector<Schema>& schemas, std::size_t texts) {
  if (schemas.size() != texts) {
    throw InputError(
        fmt::format("{} schemas for {} texts: give one for all or one per text", schemas.size(), texts));
  }
  Engine::Specs specs;
  specs.reserve(schemas.size());
  for (const Schema& schema : schemas) specs.push_back(schema.spec());
  return specs;
}

Schema entity_schema(const std::vector<std::string>& labels) { return Schema().entities(labels); }
Schema relation_schema(const std::vector<std::string>& relations) { return Schema().relations(relations); }
Schema class_schema(const std::string& task, const std::vector<std::string>& labels) {
  return Schema().classification(task, labels);
}
Schema record_schema(const std::string& structure, const std::vector<std::string>& field_specs) {
  return Schema().structure(structure, field_specs);
}

}  // namespace

Extractor::Extractor(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Extractor::Extractor(const Extractor&) = default;
Extractor::Extractor(Extractor&&) noexcept = default;
Extractor& Extractor::operator=(const Extractor&) = default;
Extractor& Extractor::operator=(Extractor&&) noexcept = default;
Extractor::~Extractor() = default;

Extractor Extractor::load(const std::string& directory, const LoadOptions& options) {
  return load(find_model_files(directory), options);
}

Extractor Extractor::load(const ModelFiles& files, const LoadOptions& options) {
  if (options.threads < 0) {
    throw InputError(fmt::format("threads must be 0 (all cores) or more, got {}", options.threads));
  }
  return Extractor(std::make_shared<const Impl>(load_family(files, options)));
}

Result Extractor::extract(const std::string& text, const Schema& schema,
                          const ExtractOptions& options) const {
  return only(batch_extract({text}, schema, one_text(options)));
}

std::vector<Result> Extractor::batch_extract(const std::vector<std::string>& texts, const Schema& schema,
                                             const ExtractOptions& options) const {
  return impl_->engine.extract(texts, {schema.spec()}, options, {});
}

std::vector<Result> Extractor::batch_extract(const std::vector<std::string>& texts,
                                             const std::vector<Schema>& schemas,
                                             const ExtractOptions& options) const {
  if (texts.empty()) return {};
  return impl_->engine.extract(texts, specs_of(schemas, texts.size()), options, {});
}

Result Extractor::extract_long(const std::string& text, const Schema& schema, const ExtractOptions& options,
                               const LongOptions& windows) const {
  return only(batch_extract_long({text}, schema, options, windows));
}

std::vector<Result> Extractor::batch_extract_long(const std::vector<std::string>& texts, const Schema& schema,
                                                  const ExtractOptions& options,
                                                  const LongOptions& windows) const {
  return impl_->engine.extract_long(texts, {schema.spec()}, options, windows);
}

std::vector<Result> Extractor::batch_extract_long(const std::vector<std::string>& texts,
                                                  const std::vector<Schema>& schemas,
                                                  const ExtractOptions& options,
                                                  const LongOptions& windows) const {
  if (texts.empty()) return {};
  return impl_->engine.extract_long(texts, specs_of(schemas, texts.size()), options, windows);
}

Session Extractor::open_session(const Schema& schema) const {
  auto impl = std::make_unique<Session::Impl>();
  impl->model = impl_;
  impl->session = impl_->engine.family().open_session(schema.spec());
  return Session(std::move(impl));
}

LabelVectors Extractor::encode_labels(const std::vector<std::string>& labels) const {
  return impl_->engine.family().encode_labels(labels);
}

std::vector<Result> Extractor::batch_extract_entities(const std::vector<std::string>& texts,
                                                      const LabelVectors& labels,
                                                      const ExtractOptions& options) const {
  Engine::Extras extras;
  extras.label_vectors = &labels;
  return impl_->engine.extract(texts, {entity_schema(labels.labels).spec()}, options, extras);
}

std::vector<Result> Extractor::batch_label_spans(const std::vector<std::string>& texts,
                                                 const std::vector<std::vector<SpanPlace>>& places,
                                                 const Schema& schema, const ExtractOptions& options) const {
  if (places.size() != texts.size()) {
    throw InputError(fmt::format("places of {} texts for {} texts", places.size(), texts.size()));
  }
  Engine::Extras extras;
  extras.allowed = &places;
  return impl_->engine.extract(texts, {schema.spec()}, options, extras);
}

Result Extractor::extract_entities(const std::string& text, const std::vector<std::string>& labels,
                                   const ExtractOptions& options) const {
  return extract(text, entity_schema(labels), options);
}
std::vector<Result> Extractor::batch_extract_entities(const std::vector<std::string>& texts,
                                                      const std::vector<std::string>& labels,
                                                      const ExtractOptions& options) const {
  return batch_extract(texts, entity_schema(labels), options);
}
Result Extractor::extract_entities_long(const std::string& text, const std::vector<std::string>& labels,
                                        const ExtractOptions& options, const LongOptions& windows) const {
  return extract_long(text, entity_schema(labels), options, windows);
}
std::vector<Result> Extractor::batch_extract_entities_long(const std::vector<std::string>& texts,
                                                           const std::vector<std::string>& labels,
                                                           const ExtractOptions& options,
                                                           const LongOptions& windows) const {
  return batch_extract_long(texts, entity_schema(labels), options, windows);
}

Result Extractor::classify_text(const std::string& text, const std::string& task,
                                const std::vector<std::string>& labels, const ExtractOptions& options) const {
  return extract(text, class_schema(task, labels), options);
}
std::vector<Result> Extractor::batch_classify_text(const std::vector<std::string>& texts,
                                                   const std::string& task,
                                                   const std::vector<std::string>& labels,
                                                   const ExtractOptions& options) const {
  return batch_extract(texts, class_schema(task, labels), options);
}
Result Extractor::classify_text_long(const std::string& text, const std::string& task,
                                     const std::vector<std::string>& labels, const ExtractOptions& options,
                                     const LongOptions& windows) const {
  return extract_long(text, class_schema(task, labels), options, windows);
}
std::vector<Result> Extractor::batch_classify_text_long(const std::vector<std::string>& texts,
                                                        const std::string& task,
                                                        const std::vector<std::string>& labels,
                                                        const ExtractOptions& options,
                                                        const LongOptions& windows) const {
  return batch_extract_long(texts, class_schema(task, labels), options, windows);
}

Result Extractor::extract_relations(const std::string& text, const std::vector<std::string>& relations,
                                    const ExtractOptions& options) const {
  return extract(text, relation_schema(relations), options);
}
std::vector<Result> Extractor::batch_extract_relations(const std::vector<std::string>& texts,
                                                       const std::vector<std::string>& relations,
                                                       const ExtractOptions& options) const {
  return batch_extract(texts, relation_schema(relations), options);
}
Result Extractor::extract_relations_long(const std::string& text, const std::vector<std::string>& relations,
                                         const ExtractOptions& options, const LongOptions& windows) const {
  return extract_long(text, relation_schema(relations), options, windows);
}
std::vector<Result> Extractor::batch_extract_relations_long(const std::vector<std::string>& texts,
                                                            const std::vector<std::string>& relations,
                                                            const ExtractOptions& options,
                                                            const LongOptions& windows) const {
  return batch_extract_long(texts, relation_schema(relations), options, windows);
}

Result Extractor::extract_json(const std::string& text, const std::string& structure,
                               const std::vector<std::string>& field_specs,
                               const ExtractOptions& options) const {
  return extract(text, record_schema(structure, field_specs), options);
}
std::vector<Result> Extractor::batch_extract_json(const std::vector<std::string>& texts,
                                                  const std::string& structure,
                                                  const std::vector<std::string>& field_specs,
                                                  const ExtractOptions& options) const {
  return batch_extract(texts, record_schema(structure, field_specs), options);
}
Result Extractor::extract_json_long(const std::string& text, const std::string& structure,
                                    const std::vector<std::string>& field_specs,
                                    const ExtractOptions& options, const LongOptions& windows) const {
  return extract_long(text, record_schema(structure, field_specs), options, windows);
}
std::vector<Result> Extractor::batch_extract_json_long(const std::vector<std::string>& texts,
                                                       const std::string& structure,
                                                       const std::vector<std::string>& field_specs,
                                                       const ExtractOptions& options,
                                                       const LongOptions& windows) const {
  return batch_extract_long(texts, record_schema(structure, field_specs), options, windows);
}

const ModelReport& Extractor::report() const { return impl_->engine.family().report(); }

CudaGraphReport Extractor::cuda_graph_report() const { return impl_->engine.family().cuda_graph_report(); }

}  // namespace gliner
