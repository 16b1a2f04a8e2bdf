// `discriminat inspect`: the production reassembler and parsers over capture files.
#pragma once

#include <string>
#include <vector>

namespace dn::cli {

// One line per flow on standard output; the exit code of the program.
int run_inspect(const std::vector<std::string>& paths, bool json);

}  // namespace dn::cli
