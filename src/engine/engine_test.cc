// The life of connections, from the first payload to the handover or the end; marks, lines, bytes.
#include "engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "engine/testing/flow_rig.h"
#include "wire/testing/hello_builder.h"

namespace dn::engine::testing {

void PrintTo(Fate fate, std::ostream* out) {
  *out << to_text(fate);
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A rig with one tls rule, whose name is known to have the server's address.
struct TlsTest : ::testing::Test {
  TlsTest() {
    rig.use_policy({"443 tls:api.test,*.wild.test"});
    rig.answer("api.test", {kServerAddress});
  }
  FlowRig rig;
};
using EngineTls = TlsTest;

TEST_F(EngineTls, HandsOverAnAllowedHelloInOneSegment) {
  Connection& c = rig.connect();
  const Bytes hello = tls_hello("api.test");
  EXPECT_EQ(c.client_sends(hello), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::ClientGood);
  EXPECT_EQ(c.at_server.bytes, hello);
  EXPECT_EQ(c.server_sends(tls_server_hello()), Fate::Passed);
  EXPECT_EQ(c.mark(), FlowMark::Allowed);
  EXPECT_NE(c.grant(), 0U);
  EXPECT_EQ(c.client_sends(application_data(10)), Fate::ForwardedKernel);
  EXPECT_THAT(rig.injected, IsEmpty());
  EXPECT_THAT(rig.asked, IsEmpty());
  ASSERT_THAT(rig.texts(), ElementsAre("client allowed tls api.test policy",
                                       "server allowed tls api.test policy"));
}

}  // namespace
}  // namespace dn::engine::testing
