#include "job/job_output.h"

#include <filesystem>
#include <utility>

#include "exit_code.h"
#include "gliner/version.h"
#include "input/byte_source.h"
#include "job/job_description.h"
#include "job/statistics.h"
#include "log.h"

namespace gliner::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxManifestBytes = std::size_t{64} << 20;

std::string manifest_path(const std::string& output) { return output + ".manifest.json"; }

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Companions lie beside the file itself, not beside a link to it (/dev/stdout is one).
std::string resolved(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(path, error);
  return error ? path : target.string();
}

void remove_file(const std::string& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
}

}  // namespace

bool JobOutput::wants_journal(const ExtractionOptions& options) {
  const std::string& path = options.output.path;
  std::error_code ignored;
  const bool regular = path != "-" && (!fs::exists(path, ignored) || fs::is_regular_file(path, ignored));
  const bool can_be_read_again = options.input.texts.empty() && options.input.path != "-" &&
                                 !fs::is_fifo(options.input.path, ignored) &&
                                 !fs::is_character_file(options.input.path, ignored);
  if (options.job.resume) {
    if (!options.job.journal) throw UsageError("--resume needs the journal that --no-journal leaves out");
    if (!regular) throw UsageError("--resume needs -o FILE");
    if (!can_be_read_again)
      throw UsageError("--resume needs an INPUT that can be read again from its beginning");
  }
  return regular && can_be_read_again && options.job.journal;
}

JobOutput::JobOutput(const ExtractionOptions& options, Json job, Json model_files)
    : file_(options.output.path, options.input.path),
      path_(resolved(options.output.path)),
      input_path_(options.input.path),
      interval_(options.job.checkpoint_seconds),
      wants_journal_(wants_journal(options)),
      job_(std::move(job)),
      model_files_(std::move(model_files)) {
  if (!wants_journal_) {
    file_.truncate(0);
  } else if (options.job.resume) {
    resume();
  } else {
    begin();
  }
}

void JobOutput::begin() {
  // In this order: at no moment does a companion tell more than the output holds.
  remove_file(manifest_path(path_));
  remove_file(Journal::path_of(path_));
  file_.truncate(0);
  journal_.emplace(Journal::create(Journal::path_of(path_), job_));
}

void JobOutput::check_fit(const Json& job, const std::string& companion) const {
  const std::string differences = job_differences(job, job_);
  if (differences.empty()) return;
  throw UsageError(fmt::format(
      "--resume: {} is of another job: {}. Give the same options, or leave --resume out to begin again",
      companion, differences));
}

bool JobOutput::resume_complete() {
  const std::string path = manifest_path(path_);
  if (!exists(path)) return false;
  const Json manifest = Json::parse(read_all(path, kMaxManifestBytes), nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("job") || !manifest.contains("output_bytes")) {
    throw UsageError("--resume: " + path + " is not a manifest of gliner");
  }
  check_fit(manifest["job"], path);
  if (manifest["output_bytes"] != file_.size_on_disk()) {
    throw UsageError(fmt::format("--resume: {} has {} bytes, but had {} when it was complete", path_,
                                 file_.size_on_disk(), manifest["output_bytes"].dump()));
  }
  start_.tally.rows = manifest["counts"].value("rows", std::uint64_t{0});
  start_.tally.failed = manifest["counts"].value("failed", std::uint64_t{0});
  complete_ = true;
  return true;
}

void JobOutput::resume() {
  const std::string path = Journal::path_of(path_);
  const std::optional<Journal::Contents> journal = Journal::read(path);
  if (!journal) {
    if (resume_complete()) return;
    if (file_.size_on_disk() > 0) {
      throw UsageError(fmt::format(
          "--resume: {} has rows but no journal beside it ({}): leave --resume out to begin again", path_,
          path));
    }
    begin();
    return;
  }
  check_fit(journal->job, path);
  start_ = journal->last;
  if (file_.size_on_disk() < start_.output_bytes) {
    throw UsageError(fmt::format("--resume: {} has {} bytes, but its journal knows {}: it was changed", path_,
                                 file_.size_on_disk(), start_.output_bytes));
  }
}

void JobOutput::go_on() {
  if (journal_ || !wants_journal_) return;  // a new job
  file_.truncate(start_.output_bytes);
  journal_.emplace(Journal::append_to(Journal::path_of(path_)));
}

void JobOutput::checkpoint(const Tally& tally, const std::string& input_digest, bool now) {
  if (!journal_ || !file_.is_at_member_end()) return;
  if (!now && Clock::now() - last_checkpoint_ < interval_) return;
  file_.sync();
  journal_->add({tally, file_.bytes(), input_digest});
  last_checkpoint_ = Clock::now();
}

void JobOutput::complete(const Tally& tally) {
  if (!journal_) return;
  file_.sync();
  write_json_file(manifest_path(path_), {{"gliner", GLINER_VERSION},
                                         {"input", input_path_},
                                         {"output", file_.name()},
                                         {"output_bytes", file_.bytes()},
                                         {"counts", to_json(tally)},
                                         {"model", model_files_},
                                         {"job", job_}});
  journal_->remove();
}

void JobOutput::abandon() {
  if (journal_ && start_.tally.rows == 0) journal_->remove();
}

}  // namespace gliner::cli
