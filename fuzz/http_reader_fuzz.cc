// The HTTP request reader on arbitrary bytes: no crash, bounded memory, and the same requests and
// refusal however the bytes are cut. When the bytes end inside a head, one way may have refused
// what the other still waits for.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/request_reader.h"

namespace {

using dn::http::RequestReader;

constexpr std::size_t kBodyMax = 4096;

// All requests, as one text.
std::string read_all(std::string_view bytes, std::size_t piece) {
  RequestReader reader(kBodyMax);
  std::string seen;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto step = reader.feed(bytes.substr(at, piece));
    while (step == RequestReader::Step::Done || step == RequestReader::Step::SendContinue) {
      if (step == RequestReader::Step::Done) {
        const auto request = reader.take_request();
        DN_CHECK(request.body.size() <= kBodyMax, "bodies are bounded");
        DN_CHECK(request.headers.size() <= dn::http::kHeadFieldsMax, "fields are bounded");
        seen += request.method + " " + request.target + "\n";
        for (const auto& [name, value] : request.headers) {
          DN_CHECK(!value.contains('\n') && !value.contains('\r'), "a value is one line");
          seen += name + ":" + value + "\n";
        }
        seen += request.body + "\n--\n";
      }
      step = reader.feed("");
    }
    if (step == RequestReader::Step::Refused) {
      DN_CHECK(reader.refusal().status >= 400 && !reader.refusal().reason.empty(), "it says why");
      return seen;
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = read_all(bytes, std::max<std::size_t>(size, 1));
  DN_CHECK(read_all(bytes, 1) == whole, "pieces of one byte change nothing");
  DN_CHECK(read_all(bytes, 5) == whole, "pieces of five bytes change nothing");
  return 0;
}
