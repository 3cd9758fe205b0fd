#include "interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace gliner::cli {
namespace {

std::atomic<int> g_signal{0};
std::atomic<bool> g_reading_stopped{false};
// The handler writes a byte here, so that a signal between the test of g_signal and a blocking read is not
// lost.
int g_wake_pipe[2] = {-1, -1};

void wake() {
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(g_wake_pipe[1], &byte, 1);
}

void on_signal(int signal_number) {
  const int saved_errno = errno;
  g_signal.store(signal_number);
  wake();
  errno = saved_errno;
}

}  // namespace

void catch_interrupts() {
  if (pipe(g_wake_pipe) == 0) {
    for (int fd : g_wake_pipe) {
      fcntl(fd, F_SETFL, O_NONBLOCK);
      fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
  }
  struct sigaction action = {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

int interrupt_signal() { return g_signal.load(); }

const char* interrupt_name() { return g_signal.load() == SIGINT ? "SIGINT" : "SIGTERM"; }

bool wait_readable(int fd) {
  // A negative descriptor (no handlers installed) is ignored by poll.
  pollfd waiting[2] = {{fd, POLLIN, 0}, {g_wake_pipe[0], POLLIN, 0}};
  while (!is_reading_stopped()) {
    const int ready = poll(waiting, 2, /*timeout_ms=*/-1);
    if (ready < 0 && errno == EINTR) continue;
    return !is_reading_stopped();
  }
  return false;
}

void stop_reading() {
  g_reading_stopped.store(true);
  wake();
}

void allow_reading() {
  g_reading_stopped.store(false);
  // A signal's byte may go too: is_reading_stopped knows of it before anybody waits again.
  char bytes[64];
  while (read(g_wake_pipe[0], bytes, sizeof bytes) > 0) continue;
}

bool is_reading_stopped() { return g_reading_stopped.load() || interrupt_signal() != 0; }

}  // namespace gliner::cli
