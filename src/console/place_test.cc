#include "console/place.h"

#include <gtest/gtest.h>

#include <memory>

namespace dn::console {
namespace {

TEST(Place, IsTakenByAsManyAsMay) {
  std::atomic<int> held = 0;
  auto first = std::make_unique<Place>(held, 2);
  const Place second(held, 2);
  {
    const Place third(held, 2);
    EXPECT_TRUE(first->taken() && second.taken());
    EXPECT_FALSE(third.taken());
  }
  first.reset();
  EXPECT_TRUE(Place(held, 2).taken());
  EXPECT_EQ(held, 1);
}

}  // namespace
}  // namespace dn::console
