// ProblemList: what readers passed over, each said once, kept until somebody asks.
//
// A damaged file is met again at every look; its line of text is not. Bounded: beyond kProblemsMax
// waiting and kProblemsRemembered different ones, further ones are not kept. Guarded by its owner.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dn::store {

inline constexpr std::size_t kProblemsMax = 100;
inline constexpr std::size_t kProblemsRemembered = 1000;

class ProblemList {
 public:
  void add(std::string problem) {
    if (said_.size() >= kProblemsRemembered || !said_.insert(problem).second) return;
    if (waiting_.size() < kProblemsMax) waiting_.push_back(std::move(problem));
  }
  std::vector<std::string> take() { return std::exchange(waiting_, {}); }

 private:
  std::set<std::string> said_;
  std::vector<std::string> waiting_;
};

}  // namespace dn::store
