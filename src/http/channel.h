// Channel: bytes through a non-blocking socket, plain or TLS.
//
// OpenSSL works on the socket itself, through a BIO of our own that never raises SIGPIPE, and gives
// its buffers back whenever a connection rests: an idle TLS connection costs kilobytes, not a
// hundred of them. TLS 1.2 is the least, HTTP/1.1 the only protocol offered, renegotiation is off,
// and sessions are resumed by tickets alone, so that a client cannot make the server remember
// anything. Covered by http_server_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace dn::http {

// Certificate chain and key, ready for connections. Immutable; outlives its channels.
class TlsContext {
 public:
  // PEM files. Fails with the file that is wrong and why.
  static Result<std::unique_ptr<TlsContext>> load(const std::string& certificate,
                                                  const std::string& key);
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

enum class Flow : std::uint8_t { Moved, WantRead, WantWrite, Ended };
struct Transfer {
  Flow flow = Flow::Ended;
  std::size_t bytes = 0;  // with Moved, at least one
};

// Borrows the socket, which its owner closes. Not shared by threads.
class Channel {
 public:
  Channel(int socket, const TlsContext* tls);  // plain without `tls`

  // Moved: done, or nothing to do.
  Flow shake_hands();
  Transfer read(std::span<char> into);
  Transfer write(std::string_view from);
  // Says that nothing more will come; reading goes on.
  void end_writing();
  // What arrives as it is, undecrypted: for the end of a connection.
  Transfer discard(std::span<char> scratch);

 private:
  Transfer stalled(int returned);  // what a call of OpenSSL means that did nothing
  struct Free {
    void operator()(ssl_st* tls) const;
  };
  int socket_;
  bool broken_ = false;  // TLS has failed; it must not be asked to say good-bye
  std::unique_ptr<ssl_st, Free> tls_;
};

}  // namespace dn::http
