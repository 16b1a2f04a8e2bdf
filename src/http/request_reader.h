// RequestReader: the bytes of one connection → one request after the other, or a refusal.
//
// HTTP/1.1 and 1.0 (RFC 9110, 9112), read by Boost.Beast. What Beast leaves open and two readers
// could take differently is refused here, so that nothing in front of us can be made to see other
// requests than we do (request smuggling): Content-Length beside Transfer-Encoding, either of them
// twice, any coding but `chunked`, chunked in HTTP/1.0, no Host or two of them, a folded line.
// Fields behind a chunked body are read and forgotten. Left out: the absolute form of a target
// (400), upgrades, and every expectation but 100-continue (417).
//
// Bytes of a body are stored as they come; what a Content-Length promises costs nothing. Covered by
// request_reader_test.cc and fuzz/http_reader_fuzz.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/http_server.h"

namespace dn::http {

inline constexpr std::size_t kHeadBytesMax = 32UL << 10U;  // request line and fields; beyond: 431
inline constexpr std::size_t kHeadFieldsMax = 128;         // beyond: 431
// A chunk's own line, or the fields behind the last chunk; beyond: 400.
inline constexpr std::size_t kChunkLineBytesMax = 4UL << 10U;
inline constexpr std::size_t kTargetBytesMax = 8UL << 10U;  // beyond: 414

struct Refusal {
  int status = 400;
  std::string_view reason;  // static text for the client
};

// Not shared by threads.
class RequestReader {
 public:
  enum class Step : std::uint8_t {
    NeedMore,
    SendContinue,  // the client waits for "100 Continue"; call feed("") afterwards
    Done,          // take_request(), then go on with feed("")
    Refused,       // refusal() says why; nothing can be read any more
  };

  explicit RequestReader(std::size_t body_bytes_max);
  ~RequestReader();

  Step feed(std::string_view bytes);
  Request take_request();
  Refusal refusal() const { return refusal_; }

  bool began() const;        // a byte of an unfinished request has come
  bool in_body() const;      // its head is complete
  bool wants_close() const;  // of the request that was taken last: no other may follow it
  bool is_http_1_0() const;  // of the same
  std::size_t held_bytes() const;

 private:
  struct State;
  Step step();
  Step on_head();
  Step finish();
  Step refuse(int status, std::string_view reason);
  const std::size_t body_bytes_max_;
  std::unique_ptr<State> state_;
  Refusal refusal_;
};

}  // namespace dn::http
