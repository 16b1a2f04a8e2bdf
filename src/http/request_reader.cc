// The only file that includes Beast.
#include "http/request_reader.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace dn::http {
namespace {

namespace beast = boost::beast::http;
using boost::system::error_code;

// Beast's own string body reserves what Content-Length announces.
struct GrowingBody {
  using value_type = std::string;
  static std::uint64_t size(const value_type& body) { return body.size(); }

  class reader {  // NOLINT(readability-identifier-naming): Beast asks for this name
   public:
    template <bool is_request, class Fields>
    reader(beast::header<is_request, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (auto at = boost::asio::buffer_sequence_begin(buffers);
           at != boost::asio::buffer_sequence_end(buffers); ++at) {
        const boost::asio::const_buffer buffer(*at);
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        taken += buffer.size();
      }
      return taken;
    }

    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

using Parser = beast::request_parser<GrowingBody>;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Refusal refusal_of(const error_code& error) {
  if (error == beast::error::header_limit) return {431, "the header fields are too large"};
  if (error == beast::error::body_limit) return {413, "the body is too large"};
  if (error == beast::error::bad_version) return {505, "only HTTP/1.1 and 1.0 are spoken here"};
  if (error == beast::error::bad_transfer_encoding) {
    return {400, "Transfer-Encoding may stand once, and without Content-Length"};
  }
  if (error == beast::error::bad_content_length || error == beast::error::multiple_content_length) {
    return {400, "Content-Length may stand once, as one number, and without Transfer-Encoding"};
  }
  return {400, "this is no HTTP request"};
}

// A head is read in one piece, so this sees all of it.
bool is_folded(std::string_view head) {
  return head.contains("\r\n ") || head.contains("\r\n\t");
}

struct FieldCounts {
  int host = 0, length = 0, coding = 0, expect = 0;
  std::size_t all = 0;
};

}  // namespace

struct RequestReader::State {
  std::optional<Parser> parser;
  std::string carry;  // not read yet; `at` bytes of it are
  std::size_t at = 0;
  bool head_done = false, continue_due = false;
  Request request;  // its head, while the body is read
  bool wants_close = false, http_1_0 = false;

  std::string_view rest() const { return std::string_view(carry).substr(at); }
  void compact() {
    carry.erase(0, at);
    at = 0;
    if (carry.empty()) carry = {};  // its memory too
  }
};

RequestReader::RequestReader(std::size_t body_bytes_max)
    : body_bytes_max_(body_bytes_max),
      state_(std::make_unique<State>()) {}

RequestReader::~RequestReader() = default;

RequestReader::Step RequestReader::refuse(int status, std::string_view reason) {
  refusal_ = {status, reason};
  return Step::Refused;
}

RequestReader::Step RequestReader::feed(std::string_view bytes) {
  state_->carry += bytes;
  const Step result = step();
  state_->compact();
  if (result != Step::NeedMore) return result;
  const std::size_t left = state_->carry.size();
  if (state_->head_done && left > kChunkLineBytesMax)
    return refuse(400, "a chunk's line is too long");
  return result;
}

RequestReader::Step RequestReader::step() {
  State& state = *state_;
  if (!state.parser) {
    // Some clients end a body with a line of its own (RFC 9112, section 2.2).
    while (state.rest().starts_with("\r\n")) state.at += 2;
    if (state.rest().empty() || state.rest() == "\r") return Step::NeedMore;
    state.parser.emplace();
    state.parser->header_limit(static_cast<std::uint32_t>(kHeadBytesMax));
    state.parser->body_limit(body_bytes_max_);
  }
  while (!state.rest().empty()) {
    const std::string_view rest = state.rest();
    error_code error;
    const std::size_t taken =
        state.parser->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    state.at += taken;
    if (error == beast::error::need_more) return Step::NeedMore;
    if (error) {
      refusal_ = refusal_of(error);
      return Step::Refused;
    }
    if (state.parser->is_header_done() && !state.head_done) {
      state.head_done = true;
      if (is_folded(rest.substr(0, taken))) return refuse(400, "a header field is folded");
      if (const Step head = on_head(); head != Step::NeedMore) return head;
    }
    if (state.parser->is_done()) return finish();
  }
  return Step::NeedMore;
}

// The head as a whole: what Beast accepts and we do not.
RequestReader::Step RequestReader::on_head() {
  State& state = *state_;
  const auto& message = state.parser->get();
  FieldCounts counts;
  std::string_view expect, coding, length;
  state.request.method = view(message.method_string());
  state.request.target = view(message.target());
  for (const auto& field : message) {
    const std::string_view name = view(field.name_string());
    const std::string_view value = view(field.value());
    if (++counts.all > kHeadFieldsMax) return refuse(431, "there are too many header fields");
    if (equal_ignoring_case(name, "Host")) ++counts.host;
    if (equal_ignoring_case(name, "Content-Length")) ++counts.length, length = value;
    if (equal_ignoring_case(name, "Transfer-Encoding")) ++counts.coding, coding = value;
    if (equal_ignoring_case(name, "Expect")) ++counts.expect, expect = value;
    state.request.headers.emplace_back(name, value);
  }
  state.http_1_0 = message.version() == 10;
  state.wants_close = !message.keep_alive() || state.http_1_0;
  if (counts.length + counts.coding > 1 || length.contains(',')) {
    return refuse(400, "the length of the body is said twice");
  }
  if (counts.coding == 1 && state.http_1_0) return refuse(400, "HTTP/1.0 knows no chunks");
  if (counts.coding == 1 && !equal_ignoring_case(coding, "chunked")) {
    return refuse(501, "the only transfer coding here is chunked");
  }
  if (counts.host > 1 || (counts.host == 0 && !state.http_1_0)) {
    return refuse(400, "a request has exactly one Host");
  }
  if (state.request.target.size() > kTargetBytesMax) return refuse(414, "the target is too long");
  if (!state.request.target.starts_with('/') && state.request.target != "*") {
    return refuse(400, "the target must begin with a slash");
  }
  if (counts.expect == 0 || state.http_1_0) return Step::NeedMore;
  if (counts.expect > 1 || !equal_ignoring_case(expect, "100-continue")) {
    return refuse(417, "the only expectation here is 100-continue");
  }
  const bool waits = !state.parser->is_done() && state.rest().empty();
  return waits ? Step::SendContinue : Step::NeedMore;
}

RequestReader::Step RequestReader::finish() {
  State& state = *state_;
  state.request.body = std::move(state.parser->get().body());
  state.parser.reset();
  state.head_done = false;
  return Step::Done;
}

Request RequestReader::take_request() {
  return std::exchange(state_->request, {});
}

bool RequestReader::began() const {
  return state_->parser.has_value() || !state_->carry.empty();
}

bool RequestReader::in_body() const {
  return state_->head_done;
}

bool RequestReader::wants_close() const {
  return state_->wants_close;
}

bool RequestReader::is_http_1_0() const {
  return state_->http_1_0;
}

std::size_t RequestReader::held_bytes() const {
  const std::size_t body = state_->parser ? state_->parser->get().body().capacity() : 0;
  return state_->carry.capacity() + body;
}

}  // namespace dn::http
