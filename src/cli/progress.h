// Progress: one line on standard error that says how far a long command is.
//
// It appears after a second, changes a few times a second, and goes when the work is done; never
// where standard error is no terminal. Covered by progress_test.cc.
#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "cli/world.h"

namespace dn::cli {

class Progress {
 public:
  explicit Progress(World& world);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `text` is asked for only when the line changes; it is made printable.
  void update(const std::function<std::string()>& text);
  // Before anything else is written to the terminal.
  void clear();

 private:
  World& world_;
  WallTime next_;
  bool shown_ = false;
};

// "12.3 MB"
std::string format_bytes(std::uint64_t bytes);

}  // namespace dn::cli
