#include "input/text_files.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "exit_code.h"
#include "input/byte_source.h"
#include "input/plain_text.h"
#include "interrupt.h"
#include "log.h"

namespace gliner::cli {
namespace fs = std::filesystem;
namespace {

bool is_text_file(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".txt" || extension == ".text" || extension == ".md";
}

/// A file, or a folder that could not be listed.
struct Found {
  std::string path;
  std::string id;
  std::optional<std::string> error;
};

/// Where the paths come from.
class PathList {
 public:
  virtual ~PathList() = default;
  virtual bool next(Found& found) = 0;
};

/// Walks through a folder depth first and holds the names of one folder per level only.
class FolderList : public PathList {
 public:
  explicit FolderList(const std::string& root) : root_(root) { enter(root_); }

  bool next(Found& found) override {
    while (!levels_.empty()) {
      if (failure_) {
        found = std::move(*failure_);
        failure_.reset();
        return true;
      }
      std::vector<fs::path>& names = levels_.back();
      if (names.empty()) {
        levels_.pop_back();
        continue;
      }
      const fs::path path = std::move(names.back());
      names.pop_back();
      std::error_code error;
      if (fs::is_directory(path, error)) {
        if (!fs::is_symlink(path, error)) enter(path);
      } else if (is_text_file(path) && fs::is_regular_file(path, error)) {
        found = {path.string(), path.lexically_relative(root_).string(), {}};
        return true;
      }
    }
    return false;
  }

 private:
  void enter(const fs::path& folder) {
    std::vector<fs::path> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().filename().string().front() != '.') names.push_back(entry->path());
    }
    if (error) {
      const std::string id = fs::path(folder).lexically_relative(root_).string();
      failure_ = Found{folder.string(), id, "cannot list the folder: " + error.message()};
    }
    // Last name first: they are taken from the back.
    std::sort(names.begin(), names.end(),
              [](const fs::path& a, const fs::path& b) { return a.native() > b.native(); });
    levels_.push_back(std::move(names));
  }

  fs::path root_;
  std::vector<std::vector<fs::path>> levels_;
  std::optional<Found> failure_;
};

class PatternList : public PathList {
 public:
  explicit PatternList(const std::string& pattern) {
    if (glob(pattern.c_str(), GLOB_MARK, nullptr, &matches_) == GLOB_NOSPACE) throw std::bad_alloc();
  }
  ~PatternList() override { globfree(&matches_); }
  PatternList(const PatternList&) = delete;
  PatternList& operator=(const PatternList&) = delete;

  bool next(Found& found) override {
    while (position_ < matches_.gl_pathc) {
      const std::string path = matches_.gl_pathv[position_++];
      if (path.back() == '/') continue;  // a folder
      found = {path, path, {}};
      return true;
    }
    return false;
  }

 private:
  glob_t matches_ = {};
  std::size_t position_ = 0;
};

class TextFileRecords : public RecordReader {
 public:
  explicit TextFileRecords(const InputOptions& options) : max_bytes_(options.max_record_bytes) {
    std::error_code error;
    if (fs::is_directory(options.path, error)) {
      paths_ = std::make_unique<FolderList>(options.path);
    } else {
      paths_ = std::make_unique<PatternList>(options.path);
    }
    has_next_ = paths_->next(next_);
    if (!has_next_) {
      throw UsageError(
          fmt::format("no text files in {}: a folder is searched for .txt, .text and .md, a pattern such as "
                      "'notes/*.rst' "
                      "(quoted) for anything",
                      options.path));
    }
  }

  bool next(InputRecord& record) override {
    if (!has_next_ || is_reading_stopped()) return false;
    record = InputRecord();
    record.id = next_.id;
    record.place = next_.path;
    if (next_.error) {
      record.error = next_.error;
    } else {
      read_file(record);
    }
    has_next_ = paths_->next(next_);
    return true;
  }

 private:
  void read_file(InputRecord& record) const {
    try {
      std::string text = read_all(next_.path, max_bytes_);
      remove_last_line_end(text);
      take_text(std::move(text), record);
    } catch (const std::runtime_error& failure) {  // UsageError, IoError: of this file alone
      record.error = failure.what();
    }
  }

  std::size_t max_bytes_;
  std::unique_ptr<PathList> paths_;
  Found next_;
  bool has_next_ = false;
};

}  // namespace

bool names_many_files(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return true;
  return path.find_first_of("*?[") != std::string::npos && !fs::exists(path, error);
}

std::unique_ptr<RecordReader> open_text_files(const InputOptions& options) {
  return std::make_unique<TextFileRecords>(options);
}

}  // namespace gliner::cli
