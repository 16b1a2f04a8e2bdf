// ExternalLists: the lists behind the ARNs of the rules, and which to read next.
//
// A list that is new is read at once, all of them again when a round begins (sweep_schedule.h).
// What cannot be read, or is broken as a whole, keeps its last good content, and the problem is
// told as long as it lasts. A list that no rule names any more is forgotten, content and all. Pure;
// one thread. Covered by external_lists_test.cc.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy_input.h"

namespace dn::cloud {

// Beyond: not read, and a problem. A round of so many takes two minutes of the budget.
inline constexpr std::size_t kListsMax = 256;
// A secret holds 64 KiB (Secrets Manager API reference, SecretString), a parameter 8. Beyond:
// broken.
inline constexpr std::size_t kListBytesMax = 65'536;

class ExternalLists {
 public:
  // What the rules name now (policy/list_references.h); sorted, unique.
  void set_wanted(const std::vector<std::string>& arns);
  // Every list is to be read again.
  void begin_round();
  // The next one to read; nothing when all have been taken.
  std::optional<std::string> take_next();

  // The outcome; of a list that is not wanted any more, ignored. The error says what to do.
  void on_content(std::string_view arn, std::string content);
  void on_failure(std::string_view arn, std::string error);

  // Whether fill() would write something else than the last time; true before the first.
  bool changed() const { return changed_; }
  void fill(policy::PolicyInput& input);
  // The quoted ARN, the error, and what counts meanwhile; sorted by ARN.
  std::vector<std::string> problems() const;

 private:
  struct List {
    std::optional<std::string> content;  // the last good one
    std::string problem;                 // of the last reading
    bool queued = false;
  };
  void queue(const std::string& arn, List& list);

  std::map<std::string, List, std::less<>> lists_;
  std::deque<std::string> queue_;
  std::size_t left_out_ = 0;
  bool changed_ = true;
};

}  // namespace dn::cloud
