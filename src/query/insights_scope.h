// Scope: what the names of a query mean at one place of it.
//
// A name is, in this order: one that a command before made; a step into a list or map that such a
// name may hold (m.a.0 where m was made by an earlier command); a generated field; a discovered
// one. Behind a stats only the names that it made exist, and every other is absent. Covered by
// insights_compile_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "query/insights_plan.h"

namespace dn::query::insights {

class Scope {
 public:
  // The meaning of a field; a Field node.
  Node resolve(const std::vector<std::string>& parts);
  Node timestamp() { return resolve({"@timestamp"}); }
  // The slot of a name that a command made, also of the source text of an expression.
  std::uint32_t find_made(const std::string& name) const;

  std::uint32_t new_slot() { return slots_++; }
  std::uint32_t slots() const { return slots_; }
  void define(const std::string& name, std::uint32_t slot) { made_[name] = {slot, command_}; }
  void begin_command() { ++command_; }
  // All names end; slots are counted from `slots` again.
  void begin_rows(std::uint32_t slots);
  bool behind_stats() const { return behind_stats_; }

  const std::map<std::string, std::uint32_t>& discovered() const { return discovered_; }
  const std::map<std::string, std::uint32_t>& generated() const { return generated_; }

 private:
  struct Made {
    std::uint32_t slot;
    std::size_t command;
  };
  std::uint32_t slots_ = 0;
  std::size_t command_ = 0;
  bool behind_stats_ = false;
  std::map<std::string, Made> made_;
  std::map<std::string, std::uint32_t> discovered_, generated_;  // by the name in a query
};

}  // namespace dn::query::insights
