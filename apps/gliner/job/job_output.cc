#include "job/job_output.h"

#include <fcntl.h>
#include <unistd.h>

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

/// Rows of a file that is assembled at the end.
std::string rows_path(const std::string& output) { return output + ".rows"; }

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

/// The file that rows are appended to.
std::string file_of_rows(const RowFormat& format, const std::string& output, const std::string& input) {
  if (!format.is_assembled()) return output;
  std::error_code ignored;
  if (fs::is_directory(output, ignored))
    throw UsageError(fmt::format("cannot write {}: it is a folder", output));
  if (fs::equivalent(output, input, ignored))
    throw UsageError(fmt::format("-o {} is the input itself", output));
  return rows_path(resolved(output));
}

bool is_regular_or_new(const std::string& path) {
  std::error_code ignored;
  return path != "-" && (!fs::exists(path, ignored) || fs::is_regular_file(path, ignored));
}

/// A new name, and the file behind it, are on the disk.
void sync_path(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

bool JobOutput::wants_journal(const ExtractionOptions& options) {
  const std::string& report = options.output.report;
  const bool regular =
      is_regular_or_new(options.output.path) && (report.empty() || is_regular_or_new(report));
  std::error_code ignored;
  const bool can_be_read_again = options.input.texts.empty() && options.input.path != "-" &&
                                 !fs::is_fifo(options.input.path, ignored) &&
                                 !fs::is_character_file(options.input.path, ignored);
  if (options.job.resume) {
    if (!options.job.journal) throw UsageError("--resume needs the journal that --no-journal leaves out");
    if (!regular) {
      throw UsageError(report.empty() ? "--resume needs -o FILE"
                                      : "--resume needs -o FILE and --report FILE");
    }
    if (!can_be_read_again)
      throw UsageError("--resume needs an INPUT that can be read again from its beginning");
  }
  return regular && can_be_read_again && options.job.journal;
}

JobOutput::JobOutput(const ExtractionOptions& options, const RowFormat& format, Json job,
                     const ModelChecksum* model)
    : format_(format),
      name_(options.output.path),
      path_(resolved(options.output.path)),
      file_(file_of_rows(format, options.output.path, options.input.path), options.input.path),
      input_path_(options.input.path),
      interval_(options.job.checkpoint_seconds),
      wants_journal_(wants_journal(options)),
      job_(std::move(job)),
      model_(model) {
  if (!options.output.report.empty()) report_.emplace(options.output.report, options.input.path);
  if (!wants_journal_) {
    file_.truncate(0);
    if (report_) report_->truncate(0);
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
  if (format_.is_assembled()) remove_file(path_);
  file_.truncate(0);
  if (report_) report_->truncate(0);
  journal_.emplace(Journal::create(Journal::path_of(path_), job_));
}

Json JobOutput::job_with_model(const std::string& digest) const {
  Json job = job_;
  job["model"] = digest;
  return job;
}

void JobOutput::check_fit(const Json& job, const std::string& companion) const {
  // The model is compared only where its checksum is known: waiting for it costs seconds.
  const std::string differences =
      job_differences(job, job.contains("model") ? job_with_model(model_->digest()) : job_);
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
  const auto check_size = [&](const std::string& file, std::uint64_t bytes, const Json& expected) {
    if (expected == bytes) return;
    throw UsageError(fmt::format("--resume: {} has {} bytes, but had {} when it was complete", file, bytes,
                                 expected.dump()));
  };
  std::error_code missing;
  const std::uintmax_t bytes = fs::file_size(path_, missing);
  check_size(path_, missing ? 0 : bytes, manifest["output_bytes"]);
  if (report_) check_size(report_->name(), report_->size_on_disk(), manifest.value("report_bytes", Json(0)));
  if (format_.is_assembled()) remove_file(rows_path(path_));
  start_.tally = tally_of(manifest.at("counts"));
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
          "--resume: {} has rows but no journal beside it ({}): leave --resume out to begin again",
          file_.name(), path));
    }
    begin();
    return;
  }
  Json job = journal->job;
  if (!journal->model.empty()) job["model"] = journal->model;
  check_fit(job, path);
  start_ = journal->last;
  if (start_.tally.rows == 0) {
    // Rows first: without their journal they would look like those of somebody else.
    file_.truncate(0);
    if (report_) report_->truncate(0);
    begin();
    return;
  }
  model_is_noted_ = true;
  const auto check_size = [](const OutputFile& file, std::uint64_t bytes) {
    if (file.size_on_disk() >= bytes) return;
    throw UsageError(fmt::format("--resume: {} has {} bytes, but its journal knows {}: it was changed",
                                 file.name(), file.size_on_disk(), bytes));
  };
  check_size(file_, start_.output_bytes);
  if (report_) check_size(*report_, start_.report_bytes);
}

void JobOutput::go_on() {
  if (journal_ || !wants_journal_) return;  // a new job
  file_.truncate(start_.output_bytes);
  if (report_) report_->truncate(start_.report_bytes);
  journal_.emplace(Journal::append_to(Journal::path_of(path_)));
}

bool JobOutput::flush() {
  // Compressed files end their members together: only where both do may a checkpoint be.
  const bool members_end = file_.has_full_member() || (report_ && report_->has_full_member());
  const bool written = file_.flush(members_end);
  return (!report_ || report_->flush(members_end)) && written;
}

bool JobOutput::finish() {
  const bool written = file_.finish();
  return (!report_ || report_->finish()) && written;
}

void JobOutput::checkpoint(const Tally& tally, const std::string& input_digest) {
  if (!journal_ || !file_.is_at_member_end() || (report_ && !report_->is_at_member_end())) return;
  due_ = {tally, file_.bytes(), report_ ? report_->bytes() : 0, input_digest};
  if (Clock::now() - last_checkpoint_ >= interval_ && model_->is_ready()) write_checkpoint();
}

void JobOutput::write_checkpoint() {
  if (!journal_ || !due_) return;
  if (!model_is_noted_) journal_->add_model(model_->digest());
  model_is_noted_ = true;
  file_.sync();
  if (report_) report_->sync();
  journal_->add(*due_);
  due_.reset();
  last_checkpoint_ = Clock::now();
}

void JobOutput::assemble() {
  const std::string draft = path_ + ".new";
  try {
    format_.assemble(file_.name(), draft);
  } catch (...) {
    remove_file(draft);
    throw;
  }
  sync_path(draft);
  std::error_code error;
  fs::rename(draft, path_, error);
  if (error) throw IoError(fmt::format("cannot write {}: {}", path_, error.message()));
}

void JobOutput::complete(const Tally& tally, bool done) {
  if (!done && wants_journal_) {
    write_checkpoint();
    return;
  }
  if (format_.is_assembled()) assemble();
  if (journal_) {
    file_.sync();
    if (report_) report_->sync();
    Json manifest = {{"gliner", GLINER_VERSION},
                     {"input", input_path_},
                     {"output", name_},
                     {"output_bytes", fs::file_size(path_)},
                     {"counts", to_json(tally)},
                     {"model", model_->files()},
                     {"job", job_with_model(model_->digest())}};
    if (report_) manifest["report_bytes"] = report_->bytes();
    write_json_file(manifest_path(path_), manifest);
    journal_->remove();
  }
  if (format_.is_assembled()) remove_file(file_.name());
}

void JobOutput::abandon() {
  if (!journal_ || start_.tally.rows > 0) return;
  journal_->remove();
  if (format_.is_assembled()) remove_file(file_.name());
}

}  // namespace gliner::cli
