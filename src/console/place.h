// Place: one of a few that may do something at the same time, held as long as this lives. Any
// number of threads. Covered by place_test.cc.
#pragma once

#include <atomic>

namespace dn::console {

class Place {
 public:
  Place(std::atomic<int>& held, int most) : held_(held), taken_(held.fetch_add(1) < most) {}
  ~Place() { --held_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool taken() const { return taken_; }

 private:
  std::atomic<int>& held_;
  bool taken_;
};

}  // namespace dn::console
