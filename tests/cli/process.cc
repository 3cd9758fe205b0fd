#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace gliner::cli {
namespace {

std::string drain(std::FILE* file) {
  std::fflush(file);
  std::rewind(file);
  std::string text;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, count);
  return text;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid failed");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

pid_t start(const std::vector<std::string>& arguments, const Environment& environment, int in, int out,
            int err) {
  std::vector<std::string> words = {GLINER_COMMAND};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (const auto& [name, value] : environment) {
      if (value.empty()) {
        unsetenv(name.c_str());
      } else {
        setenv(name.c_str(), value.c_str(), 1);
      }
    }
    execv(argv[0], argv.data());
    _exit(127);
  }
  return pid;
}

}  // namespace

Outcome run_gliner(const std::vector<std::string>& arguments, const std::string& input,
                   const Environment& environment) {
  std::FILE* in = std::tmpfile();
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  std::fwrite(input.data(), 1, input.size(), in);
  std::fflush(in);
  lseek(fileno(in), 0, SEEK_SET);
  Outcome outcome;
  outcome.exit_code = wait_for(start(arguments, environment, fileno(in), fileno(out), fileno(err)));
  outcome.out = drain(out);
  outcome.err = drain(err);
  for (std::FILE* file : {in, out, err}) std::fclose(file);
  return outcome;
}

RunningGliner::RunningGliner(const std::vector<std::string>& arguments, const Environment& environment)
    : err_(std::tmpfile()) {
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  pid_ = start(arguments, environment, in[0], out[1], fileno(err_));
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

RunningGliner::~RunningGliner() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait_for(pid_);
  }
  if (input_ >= 0) close(input_);
  if (output_ >= 0) close(output_);
  std::fclose(err_);
}

void RunningGliner::write(const std::string& text) {
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the command does not read its input");
  }
}

std::string RunningGliner::read_line() {
  while (pending_.find('\n') == std::string::npos) {
    char buffer[4096];
    const ssize_t count = ::read(output_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return "";
    pending_.append(buffer, static_cast<std::size_t>(count));
  }
  const std::size_t end = pending_.find('\n');
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  return line;
}

void RunningGliner::close_output() {
  close(output_);
  output_ = -1;
}

void RunningGliner::send(int signal_number) { kill(pid_, signal_number); }

Outcome RunningGliner::finish() {
  close(input_);
  input_ = -1;
  Outcome outcome;
  while (output_ >= 0) {
    const std::string line = read_line();
    if (line.empty()) break;
    outcome.out += line + "\n";
  }
  outcome.exit_code = wait_for(pid_);
  pid_ = -1;
  outcome.err = drain(err_);
  return outcome;
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "gliner-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& contents) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << contents;
  return path;
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<nlohmann::ordered_json> rows(const std::string& json_lines) {
  std::vector<nlohmann::ordered_json> rows;
  std::istringstream lines(json_lines);
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::ordered_json::parse(line));
  return rows;
}

}  // namespace gliner::cli
