// FakeCloud: an account with interfaces, groups, parameters and lists, that answers a CloudReader
// as EC2 does: by pages and filters, and with the faults that a test orders.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cloud_reader.h"

namespace dn::daemon::testing {

class FakeCloud {
 public:
  std::vector<aws::NetworkInterface> interfaces;
  std::vector<aws::SecurityGroup> groups;
  std::map<std::string, std::string> parameters, lists;
  std::size_t page_size = 1000;            // at most; what is asked for otherwise
  std::size_t readable_items = 1000;       // an answer with more is too large
  std::size_t odd_items = 0;               // of each answer
  std::optional<std::size_t> stuck_token;  // of every page but the last
  bool endless = false;                    // each page leads to one more
  // The next answers instead of the right ones; an empty type is a right one.
  std::deque<aws::ServiceError> faults;
  std::vector<std::string> asked;  // "interfaces", "groups", "preferences", the ARN of a list

  void add_client(const std::string& id, std::string_view address,
                  std::vector<std::string> group_ids) {
    aws::NetworkInterface made;
    made.id = id;
    made.vpc_id = "vpc-1";
    made.group_ids = std::move(group_ids);
    made.addresses = {*parse_ipv4(address)};
    interfaces.push_back(std::move(made));
  }
  void set_group(const std::string& id, const std::string& annotation) {
    std::erase_if(groups, [&](const auto& group) { return group.id == id; });
    aws::SecurityGroup made;
    made.id = id;
    made.vpc_id = "vpc-1";
    made.egress = {{annotation, "tcp", 443, 443, "0.0.0.0/0"}};
    groups.push_back(std::move(made));
  }
  void fault(int status, std::string type) { faults.push_back({status, std::move(type), "no"}); }

  CloudQuestions questions() {
    CloudQuestions made;
    made.interfaces = [this](const aws::Ec2Question& question) {
      return answer<aws::NetworkInterface>("interfaces", interfaces, question);
    };
    made.groups = [this](const aws::Ec2Question& question) {
      return answer<aws::SecurityGroup>("groups", groups, question);
    };
    made.preferences = [this](const std::string& name) {
      return text("preferences", parameters, name, "ParameterNotFound");
    };
    made.list = [this](const std::string& arn) {
      return text(arn, lists, arn, "ParameterNotFound");
    };
    return made;
  }

 private:
  static bool has(const aws::NetworkInterface& interface, const aws::Ec2Filter& filter) {
    return std::ranges::any_of(filter.values, [&](const std::string& value) {
      if (filter.name == "vpc-id") return interface.vpc_id == value;
      return std::ranges::any_of(interface.addresses,
                                 [&](Ipv4Address address) { return to_text(address) == value; });
    });
  }
  static bool has(const aws::SecurityGroup& group, const aws::Ec2Filter& filter) {
    return std::ranges::find(filter.values, group.id) != filter.values.end();
  }
  bool next_fault(aws::ServiceError& error) {
    if (faults.empty()) return false;
    error = faults.front();
    faults.pop_front();
    return !error.type.empty();
  }
  template <class T>
  aws::ServiceResult<aws::Page<T>> answer(const std::string& what, const std::vector<T>& all,
                                          const aws::Ec2Question& question) {
    asked.push_back(what);
    aws::ServiceError error;
    if (next_fault(error)) return tl::unexpected(error);
    std::vector<T> fitting;
    for (const T& one : all) {
      if (std::ranges::all_of(question.filters, [&](const auto& f) { return has(one, f); })) {
        fitting.push_back(one);
      }
    }
    const std::size_t from = question.next_token.empty() ? 0 : std::stoul(question.next_token);
    const std::size_t to = std::min({fitting.size(), from + page_size, from + question.page_size});
    if (to > from + readable_items) {
      return tl::unexpected(
          aws::ServiceError{200, std::string(aws::kAnswerTooLarge), "more than can be read"});
    }
    aws::Page<T> page;
    page.odd_items = odd_items;
    page.items.assign(fitting.begin() + static_cast<std::ptrdiff_t>(std::min(from, to)),
                      fitting.begin() + static_cast<std::ptrdiff_t>(to));
    if (to < fitting.size()) page.next_token = std::to_string(stuck_token.value_or(to));
    if (endless) page.next_token = std::to_string(from + 1);
    return page;
  }
  aws::ServiceResult<std::string> text(const std::string& what,
                                       const std::map<std::string, std::string>& all,
                                       const std::string& name, const char* absent) {
    asked.push_back(what);
    aws::ServiceError error;
    if (next_fault(error)) return tl::unexpected(error);
    const auto found = all.find(name);
    if (found == all.end()) return tl::unexpected(aws::ServiceError{400, absent, name});
    return found->second;
  }
};

}  // namespace dn::daemon::testing
