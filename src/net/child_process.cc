// See child_process.h.
#include "net/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "net/file_descriptor.h"

namespace dn::net {
namespace {

// The child inherits nothing from the caller's environment: no surprises by LD_PRELOAD or locale.
constexpr const char* kSearchPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

std::string error_text(int error) {
  return std::strerror(error);
}

// A memory file above the three standard numbers, so that handing it over never overwrites one
// that is still to be handed over.
Result<FileDescriptor> memory_file(const std::string& content) {
  const FileDescriptor low(::memfd_create("child", MFD_CLOEXEC));
  FileDescriptor file(low.is_open() ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, 3) : -1);
  if (!file.is_open()) return fail("no memory file: " + error_text(errno));
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t count = ::write(file.get(), content.data() + written, content.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail("memory file: " + error_text(errno));
    written += static_cast<std::size_t>(count);
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return fail("memory file: " + error_text(errno));
  return file;
}

std::string read_back(const FileDescriptor& file) {
  std::string text(kChildOutputBytesMax, '\0');
  const ssize_t count = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

// Starts with default signal dispositions and nothing blocked: a caller that ignores SIGPIPE or
// waits for signals by descriptor must not pass that on.
Result<pid_t> spawn(const ChildCommand& command, const FileDescriptor& input,
                    const FileDescriptor& output, const FileDescriptor& errors) {
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::string path = kSearchPath;
  char* environment[] = {path.data(), nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.get(), STDERR_FILENO);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  // execvp would search the caller's PATH; the fixed directories are tried one by one instead.
  const std::string& name = command.arguments.front();
  std::vector<std::string> candidates;
  if (name.find('/') != std::string::npos) {
    candidates = {name};
  } else {
    candidates = {"/usr/sbin/" + name, "/usr/bin/" + name, "/sbin/" + name, "/bin/" + name};
  }
  pid_t pid = -1;
  int error = ENOENT;
  for (const auto& candidate : candidates) {
    error = ::posix_spawn(&pid, candidate.c_str(), &actions, &attributes, arguments.data(),
                          environment);
    if (error != ENOENT) break;
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(name + ": cannot be started: " + error_text(error));
  return pid;
}

// True when the child has ended within the limit.
bool wait_for_end(pid_t pid, std::chrono::milliseconds limit) {
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) return false;
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Result<ChildOutcome> run_child(const ChildCommand& command) {
  if (command.arguments.empty()) return fail("no program to run");
  auto input = memory_file(command.input);
  if (!input) return tl::unexpected(input.error());
  auto output = memory_file({});
  if (!output) return tl::unexpected(output.error());
  auto errors = memory_file({});
  if (!errors) return tl::unexpected(errors.error());
  const auto pid = spawn(command, *input, *output, *errors);
  if (!pid) return tl::unexpected(pid.error());

  const bool ended = wait_for_end(*pid, command.time_limit);
  if (!ended) ::kill(*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0) {
    if (errno != EINTR) return fail(command.arguments.front() + ": " + error_text(errno));
  }
  if (!ended) {
    return fail(command.arguments.front() + ": did not end within " +
                std::to_string(command.time_limit.count()) + " ms and was killed");
  }
  ChildOutcome outcome;
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.output = read_back(*output);
  outcome.errors = read_back(*errors);
  return outcome;
}

}  // namespace dn::net
