// World: what a command sees of the outside besides its files, so that tests can give it.
#pragma once

#include <filesystem>
#include <istream>
#include <ostream>

#include "base/time.h"

namespace dn::cli {

// Borrowed for one command.
struct World {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  // `out` is a terminal that shows colours
  Date today;           // UTC
  std::filesystem::file_time_type now;
};

}  // namespace dn::cli
