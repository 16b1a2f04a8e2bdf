// What keeps the endpoint from starting; how it serves is the subject of
// tests/aws/endpoint_against_clients.py, which runs the program.
#include "cli/serve.h"

#include <sys/stat.h>

#include "cli/testing/cli_test_kit.h"
#include "daemon/gateway.h"

namespace dn::cli {
namespace {

class Serve : public CliTest {
 protected:
  // Of a start that must fail.
  std::string said(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"serve", "--store", path_of("store")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(call(arguments), daemon::kExitSetUpFailed);
    EXPECT_TRUE(err.starts_with("discriminat: ")) << err;
    return err;
  }
};

TEST_F(Serve, SaysWhyItCannotStart) {
  EXPECT_NE(said({"--listen", "0.0.0.0:0"}).find("open to other hosts"), std::string::npos);
  EXPECT_NE(
      said({"--listen", "192.0.2.1:0", "--credentials-file", path_of("none")}).find("No such file"),
      std::string::npos);
  const std::string keys = put("keys", "A b\n");
  ASSERT_EQ(::chmod(keys.c_str(), 0644), 0);
  EXPECT_NE(said({"--credentials-file", keys}).find("chmod 600"), std::string::npos);
  EXPECT_NE(said({"--listen", "127.0.0.1:0", "--tls-certificate", keys, "--tls-key", keys})
                .find("no certificate chain"),
            std::string::npos);
  put("store", "a file where the directory should be");
  std::filesystem::remove_all(path_of("store"));
  put("store", "x");
  EXPECT_NE(said({"--listen", "127.0.0.1:0"}).find("not a directory"), std::string::npos);
}

}  // namespace
}  // namespace dn::cli
