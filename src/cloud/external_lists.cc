#include "cloud/external_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "policy/member_list.h"
#include "policy/quote.h"

namespace dn::cloud {

void ExternalLists::queue(const std::string& arn, List& list) {
  if (list.queued) return;
  list.queued = true;
  queue_.push_back(arn);
}

void ExternalLists::set_wanted(const std::vector<std::string>& arns) {
  std::erase_if(lists_, [&](const auto& list) {
    const bool gone = !std::ranges::binary_search(arns, list.first);
    if (gone && list.second.content) changed_ = true;
    return gone;
  });
  std::erase_if(queue_, [&](const std::string& arn) { return !lists_.contains(arn); });
  left_out_ = 0;
  for (const std::string& arn : arns) {
    if (lists_.contains(arn)) continue;
    if (lists_.size() >= kListsMax) {
      ++left_out_;
    } else {
      queue(arn, lists_[arn]);
    }
  }
}

void ExternalLists::begin_round() {
  for (auto& [arn, list] : lists_) queue(arn, list);
}

std::optional<std::string> ExternalLists::take_next() {
  if (queue_.empty()) return {};
  std::string arn = std::move(queue_.front());
  queue_.pop_front();
  lists_.find(arn)->second.queued = false;
  return arn;
}

void ExternalLists::on_content(std::string_view arn, std::string content) {
  const auto found = lists_.find(arn);
  if (found == lists_.end()) return;
  List& list = found->second;
  if (content.size() > kListBytesMax) {
    list.problem = fmt::format("{} bytes; at most {} are read", content.size(), kListBytesMax);
    return;
  }
  if (const auto reader = policy::ListReader::open(content); !reader) {
    list.problem = reader.error().message;
    return;
  }
  list.problem.clear();
  if (list.content == content) return;
  list.content = std::move(content);
  changed_ = true;
}

void ExternalLists::on_failure(std::string_view arn, std::string error) {
  const auto found = lists_.find(arn);
  if (found != lists_.end()) found->second.problem = std::move(error);
}

void ExternalLists::fill(policy::PolicyInput& input) {
  input.lists.clear();
  for (const auto& [arn, list] : lists_) {
    if (list.content) input.lists.emplace(arn, *list.content);
  }
  changed_ = false;
}

std::vector<std::string> ExternalLists::problems() const {
  std::vector<std::string> texts;
  for (const auto& [arn, list] : lists_) {
    if (list.problem.empty()) continue;
    texts.push_back(fmt::format(
        "{}: {}; {}", policy::quote(arn), list.problem,
        list.content ? "its last good content stays" : "until it can be read it has no members"));
  }
  if (left_out_ > 0) {
    texts.push_back(
        fmt::format("the rules name more than {} external lists; {} are not read: "
                    "merge some",
                    kListsMax, left_out_));
  }
  return texts;
}

}  // namespace dn::cloud
