// Child process: runs one program to its end, without a shell.
//
// Standard input, output and error are memory files, not pipes: the text is complete before the
// program starts, no side can block the other, and programs that open /dev/stdin by name (nft does)
// find an ordinary file. Deliberately left out: streaming, several children at once. Blocks the
// caller up to the time limit; for start-up and control paths only, never for the packet path.
// Covered by child_process_test.cc.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace dn::net {

struct ChildCommand {
  // The first is the program: a path, or a name looked up in /usr/sbin, /usr/bin, /sbin, /bin only.
  std::vector<std::string> arguments;
  std::string input;
  std::chrono::milliseconds time_limit = std::chrono::seconds(10);
};

struct ChildOutcome {
  int exit_code = 0;   // 128 + signal number when a signal ended it
  std::string output;  // standard output, cut at kChildOutputBytesMax
  std::string errors;  // standard error, cut likewise
};

inline constexpr std::size_t kChildOutputBytesMax = 256 * 1024;

// Error: the program could not be started, or was killed at the time limit. A program that ran and
// failed is not an error here: look at the exit code.
Result<ChildOutcome> run_child(const ChildCommand& command);

}  // namespace dn::net
