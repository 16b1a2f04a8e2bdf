// World: what a command sees of the outside besides its files, so that tests can give it.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cli/cloud_access.h"
#include "cli/logs_client.h"

namespace dn::cli {

// Borrowed for one command. The functions are always there; the fields behind `now` are for the
// commands that read logs or a cloud.
struct World {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  // `out` is a terminal that shows colours
  Date today;           // UTC
  std::filesystem::file_time_type now;

  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::size_t columns = 0;  // of the terminal behind `out`; 0: not known
  std::function<WallTime()> clock = {};
  // From here on the first Ctrl-C ends nothing, but makes interrupted() true. A second one ends the
  // program.
  std::function<void()> watch_interrupts = {};
  std::function<bool()> interrupted = {};
  std::function<void(std::chrono::milliseconds)> pause = {};  // Ctrl-C ends it early
  // open_logs_client() with the real environment.
  std::function<Result<std::unique_ptr<LogsClient>>(const LogsPlace&,
                                                    const std::string& default_store)>
      open_logs = {};
  // open_aws().
  std::function<Result<CloudAccess>(const config::GatewaySettings&)> open_cloud = {};
};

}  // namespace dn::cli
