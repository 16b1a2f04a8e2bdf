// The stream parsers run for every segment of an undecided connection: in the steady state they
// take no memory from the heap.
#include <gtest/gtest.h>

#include "base/testing/count_allocations.h"
#include "wire/http.h"
#include "wire/recognise.h"
#include "wire/ssh.h"
#include "wire/testing/hello_builder.h"
#include "wire/tls.h"

namespace dn::wire {
namespace {

using namespace testing;

TEST(StreamParsers, TakeNoMemoryInTheSteadyState) {
  const Bytes hello = hello_for("www.example.com", extension(21, fill(400)));
  const Bytes whole = record(hello);
  const Bytes cut = records(hello, 50);
  const Bytes broken = record(hello_for("a..b"));
  const Bytes server = records(server_hello({}), 20);
  const Bytes http = text("GET /x HTTP/1.1\r\nHost: a.example\r\nUser-Agent: y\r\n\r\n");
  const Bytes ssh = text("hi\r\nSSH-2.0-x\r\n");
  HandshakeScratch scratch;
  const auto parse_all = [&] {
    parse_client_hello(whole, scratch);
    parse_client_hello(cut, scratch);
    parse_client_hello(broken, scratch);
    parse_server_hello(server, scratch);
    parse_http_request(http);
    parse_http_response(http);
    parse_ssh_banner(ssh, Side::Server);
    recognise_client(http);
    recognise_server_first(ssh);
    recognise_udp(http);
  };
  parse_all();
  const std::size_t before = allocations_for_test;
  for (int i = 0; i < 10; ++i) parse_all();
  EXPECT_EQ(allocations_for_test, before);
}

}  // namespace
}  // namespace dn::wire
