#pragma once

#include <sys/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace gliner::cli {

/// What a finished command left.
struct Outcome {
  int exit_code = -1;  ///< 128 + signal when a signal ended it, as a shell reports it.
  std::string out;
  std::string err;
};

/// Environment variables to set; an empty value removes the variable.
using Environment = std::map<std::string, std::string>;

/// Runs the gliner command with `arguments`, feeds it `input` and waits.
Outcome run_gliner(const std::vector<std::string>& arguments, const std::string& input = "",
                   const Environment& environment = {});

/// A running gliner command whose standard input and output are pipes of the test.
class RunningGliner {
 public:
  explicit RunningGliner(const std::vector<std::string>& arguments, const Environment& environment = {});
  ~RunningGliner();

  void write(const std::string& text);
  /// Waits for a line of standard output; empty at its end.
  std::string read_line();
  void close_output();
  void send(int signal_number);
  pid_t pid() const { return pid_; }
  /// Closes the pipes and waits for the end. `out` holds what read_line has not taken.
  Outcome finish();

 private:
  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  std::FILE* err_ = nullptr;
  std::string pending_;
};

/// A folder of its own for one test, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();

  const std::string& path() const { return path_; }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& contents) const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

/// The rows of JSON lines.
std::vector<nlohmann::ordered_json> rows(const std::string& json_lines);

}  // namespace gliner::cli
