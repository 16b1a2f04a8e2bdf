#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string_view>

namespace dn::cli {
namespace {

std::optional<std::string> from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return {};
  return value;
}

// no-color.org: any value that is not empty turns colours off.
bool shows_colours() {
  const auto no_color = from_environment("NO_COLOR");
  const auto term = from_environment("TERM");
  if (no_color && !no_color->empty()) return false;
  if (!term || *term == "dumb") return false;
  return isatty(STDOUT_FILENO) == 1;
}

std::size_t find_columns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) != 1) return 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) return size.ws_col;
  const std::string text = from_environment("COLUMNS").value_or("");
  std::size_t columns = 0;
  std::from_chars(text.data(), text.data() + text.size(), columns);
  return columns;
}

// Set by the signal handler, read by interrupted().
std::atomic<bool> interrupt_came = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may write it");

void on_interrupt(int /*signal*/) {
  interrupt_came = true;
}

void watch_interrupts() {
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  // Once only: the second Ctrl-C ends the program. Calls that wait are not restarted.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

// A signal between the check and the sleep must not be slept through: it is let in by pselect()
// only.
void pause_for(std::chrono::milliseconds duration) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGINT);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  if (!interrupt_came) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
    timespec time{};
    time.tv_sec = seconds.count();
    time.tv_nsec = std::chrono::nanoseconds(duration - seconds).count();
    pselect(0, nullptr, nullptr, nullptr, &time, &before);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

WallTime wall_clock() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

void use_real_terminal(World& world) {
  world.colour = shows_colours();
  world.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  world.err_is_terminal = isatty(STDERR_FILENO) == 1;
  world.columns = find_columns();
  world.clock = wall_clock;
  world.watch_interrupts = watch_interrupts;
  world.interrupted = [] { return interrupt_came.load(); };
  world.pause = pause_for;
  world.open_logs = [](const LogsPlace& place, const std::string& default_store) {
    return open_logs_client(place, default_store, from_environment);
  };
  world.open_cloud = open_aws;
}

}  // namespace dn::cli
