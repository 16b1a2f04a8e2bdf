// The configuration file and the documents of `check`, on arbitrary text: no crash, positions and
// advice for every problem, and nothing unprintable in any message.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "config/cloud_json.h"
#include "config/config_file.h"

namespace {

bool is_printable(std::string_view text) {
  for (const char c : text) {
    if ((c >= 0 && c < 0x20) || c == 0x7f) return false;
  }
  return true;
}

void look_at(const std::vector<dn::config::ConfigProblem>& problems) {
  DN_CHECK(problems.size() <= dn::config::kProblemsMax + 1, "the list is bounded");
  for (const auto& problem : problems) {
    DN_CHECK(!problem.what.empty() && !problem.fix.empty(), "each problem has its advice");
    DN_CHECK(is_printable(dn::config::to_text(problem)), "quoted text is escaped");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = dn::config::load_config(text, "f");
  look_at(loaded.problems);
  if (!loaded.has_errors()) {
    DN_CHECK(!loaded.gateway.inside.empty() && !loaded.gateway.outside.empty(),
             "a good file names its interfaces");
  }
  if (const auto cloud = dn::config::parse_cloud_json(text, "f")) look_at(cloud->problems);
  return 0;
}
