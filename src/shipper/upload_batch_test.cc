#include "shipper/upload_batch.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace dn::shipper {
namespace {

using Added = UploadBatch::Added;

std::vector<std::string> messages(const UploadBatch& batch) {
  const auto body = boost::json::parse(batch.body("g", "s"));
  std::vector<std::string> found;
  for (const auto& event : body.at("logEvents").as_array()) {
    found.emplace_back(event.at("message").as_string());
  }
  return found;
}

TEST(UploadBatch, SaysGroupStreamAndEvents) {
  UploadBatch batch;
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.add(1795317300123, "{\"a\":\"\xc3\xa4\"}", {1, 9}), Added::Yes);
  EXPECT_EQ(batch.body("Group \"x\"", "flow"),
            R"({"logGroupName":"Group \"x\"","logStreamName":"flow","logEvents":[{"timestamp":)"
            "1795317300123,\"message\":\"{\\\"a\\\":\\\"\xc3\xa4\\\"}\"}]}");
  EXPECT_EQ(batch.behind(), (ShipPlace{1, 9}));
}

TEST(UploadBatch, PutsEventsInTheOrderOfTimeAndKeepsEqualOnesAsTheyCame) {
  UploadBatch batch;
  batch.add(20, "b", {1, 1});
  batch.add(10, "a", {1, 2});
  batch.add(20, "c", {1, 3});
  EXPECT_EQ(messages(batch), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(UploadBatch, TakesAsManyEventsAsACall) {
  UploadBatch batch;
  for (std::size_t i = 0; i < kBatchEventsMax; ++i) ASSERT_EQ(batch.add(1, "x", {}), Added::Yes);
  EXPECT_EQ(batch.add(1, "x", {}), Added::Full);
  EXPECT_EQ(batch.size(), 10'000U);
}

TEST(UploadBatch, TakesAsManyBytesAsACall) {
  UploadBatch batch;
  const std::string longest(kEventBytesMax, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_EQ(batch.add(1, longest, {}), Added::Yes);
  EXPECT_EQ(batch.add(1, "x", {}), Added::Full) << "4 times 256 KiB with the overhead";
  EXPECT_EQ(batch.add(1, longest + "x", {}), Added::TooLong);
  EXPECT_EQ(batch.add(1, "", {}), Added::TooLong);
}

TEST(UploadBatch, SpansLessThanADayInBothDirections) {
  UploadBatch batch;
  constexpr std::int64_t kDay = 24LL * 3600 * 1000;
  ASSERT_EQ(batch.add(kDay, "x", {}), Added::Yes);
  EXPECT_EQ(batch.add(2 * kDay, "x", {}), Added::Full);
  EXPECT_EQ(batch.add(2 * kDay - 1, "x", {}), Added::Yes);
  EXPECT_EQ(batch.add(kDay - 1, "x", {}), Added::Full);
}

TEST(UploadBatch, HalvesDownToOne) {
  UploadBatch batch;
  for (std::uint64_t i = 1; i <= 5; ++i) batch.add(9, std::to_string(i), {1, i});
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
