#include "shipper/upload_batch.h"

#include <gtest/gtest.h>

namespace dn::shipper {
namespace {

using Added = UploadBatch::Added;

WallTime at(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

std::vector<std::string> messages(const UploadBatch& batch) {
  std::vector<std::string> found;
  for (const auto& event : batch.events()) found.emplace_back(event.message);
  return found;
}

TEST(UploadBatch, PutsEventsInTheOrderOfTimeAndKeepsEqualOnesAsTheyCame) {
  UploadBatch batch;
  batch.add(at(20), "b", {1, 1});
  batch.add(at(10), "a", {1, 2});
  batch.add(at(20), "c", {1, 3});
  EXPECT_EQ(messages(batch), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(UploadBatch, TakesAsManyEventsAsACall) {
  UploadBatch batch;
  for (std::size_t i = 0; i < aws::kBatchEventsMax; ++i)
    ASSERT_EQ(batch.add(at(1), "x", {}), Added::Yes);
  EXPECT_EQ(batch.add(at(1), "x", {}), Added::Full);
  EXPECT_EQ(batch.size(), 10'000U);
}

TEST(UploadBatch, TakesAsManyBytesAsACall) {
  UploadBatch batch;
  const std::string longest(aws::kEventBytesMax, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_EQ(batch.add(at(1), longest, {}), Added::Yes);
  EXPECT_EQ(batch.add(at(1), "x", {}), Added::Full) << "4 times 256 KiB with the overhead";
  EXPECT_EQ(batch.add(at(1), longest + "x", {}), Added::TooLong);
  EXPECT_EQ(batch.add(at(1), "", {}), Added::TooLong);
}

TEST(UploadBatch, SpansADayInBothDirections) {
  UploadBatch batch;
  constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  ASSERT_EQ(batch.add(at(kDay), "x", {}), Added::Yes);
  EXPECT_EQ(batch.add(at(2 * kDay + 1), "x", {}), Added::Full);
  EXPECT_EQ(batch.add(at(2 * kDay), "x", {}), Added::Yes);
  EXPECT_EQ(batch.add(at(kDay - 1), "x", {}), Added::Full);
}

TEST(UploadBatch, HalvesDownToOne) {
  UploadBatch batch;
  for (std::uint64_t i = 1; i <= 5; ++i) batch.add(at(9), std::to_string(i), {1, i});
  batch.halve();
  EXPECT_EQ(messages(batch), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(batch.behind(), (ShipPlace{1, 3}));
  batch.halve();
  batch.halve();
  batch.halve();
  EXPECT_EQ(messages(batch), (std::vector<std::string>{"1"}));
}

}  // namespace
}  // namespace dn::shipper
