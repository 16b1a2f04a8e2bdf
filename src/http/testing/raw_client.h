// RawClient: a blocking client that sends exactly the bytes it is given, plain or TLS, for tests of
// servers. A read that waits longer than any test should fails the test instead of hanging it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/file_descriptor.h"

struct ssl_st;

namespace dn::http {

struct RawAnswer {
  int status = 0;  // 0: the connection ended before a whole answer
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                                 // chunks put together
  std::string header(std::string_view name) const;  // "" when absent
};

class RawClient {
 public:
  // `receive_buffer`: a small one makes a slow reader.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0, const char* address = "127.0.0.1");
  ~RawClient();
  RawClient(RawClient&&) noexcept;

  // Trusts the certificate in this PEM file alone and checks that it is for `name`. Versions as
  // OpenSSL numbers them, 0: any. False when the handshake fails.
  bool start_tls(const std::string& trusted, const std::string& name, int version_max = 0);

  bool send(std::string_view bytes);
  // Asks for the target and returns the answer.
  RawAnswer get(std::string_view target = "/");
  // `to_head`: an answer without body whatever its fields say.
  RawAnswer read_answer(bool to_head = false);
  // Status and fields of an answer, whose body is left to read_chunk().
  RawAnswer read_head();
  // One chunk of a stream; nothing at its end or the connection's.
  std::optional<std::string> read_chunk();
  std::string read_rest();  // until the connection ends
  bool is_ended();          // waits for the end; false when bytes come instead
  int socket() const { return socket_.get(); }

 private:
  bool fill();
  std::optional<std::string> read_line();
  std::optional<std::string> read_bytes(std::size_t count);

  net::FileDescriptor socket_;
  struct Free {
    void operator()(ssl_st* tls) const;
  };
  std::unique_ptr<ssl_st, Free> tls_;
  std::string read_;
};

}  // namespace dn::http
