#include "daemon/host_facts.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "net/file_descriptor.h"

namespace dn::daemon {
namespace {

TEST(HostFacts, FindsInterfacesByNameAndRefusesOthers) {
  const auto found = interface_indices({"lo"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 1U);
  const auto missing = interface_indices({"lo", "no-such0"});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("no-such0"), std::string::npos);
}

TEST(HostFacts, CountsOpenDescriptors) {
  const ProcessUse before = read_process_use();
  const net::FileDescriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const ProcessUse after = read_process_use();
  EXPECT_EQ(after.open_descriptors, before.open_descriptors + 1);
  EXPECT_GT(after.max_descriptors, after.open_descriptors);
}

TEST(HostFacts, ReadsMemoryAndTime) {
  const ProcessUse use = read_process_use();
  EXPECT_GT(use.resident_bytes, 100'000U);
  EXPECT_GT(use.virtual_bytes, use.resident_bytes);
  EXPECT_GT(use.cpu, Duration{});
}

}  // namespace
}  // namespace dn::daemon
