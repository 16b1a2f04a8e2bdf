// ConfigProblem: one mistake in a file that an operator wrote, with its cure.
//
// Texts are safe to print: whatever they quote from the file is escaped and cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dn::config {

struct ConfigProblem {
  enum class Severity : std::uint8_t { Error, Warning };
  std::string where;  // "policy.toml:12:5", "plan.json: aws_security_group.web", or the file alone
  std::string what;   // what is wrong: "unknown key \"otside\" in [gateway]"
  std::string fix;    // what to write instead: "did you mean \"outside\"?"
  Severity severity = Severity::Error;
};

// A file with more problems than this lists the first so many and a last line with the count.
inline constexpr std::size_t kProblemsMax = 1000;

inline bool has_errors(const std::vector<ConfigProblem>& problems) {
  return std::ranges::any_of(problems, [](const ConfigProblem& problem) {
    return problem.severity == ConfigProblem::Severity::Error;
  });
}

// "policy.toml:12:5: error: what; fix"
std::string to_text(const ConfigProblem& problem);

}  // namespace dn::config
