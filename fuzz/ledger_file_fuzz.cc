// Fuzzes resolver/ledger_file.h. The input is the saved file.
//
// The reader is compiled in, because the fuzz targets do not link the resolver and its c-ares.
#include <cstdint>
#include <sstream>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "resolver/ledger_file.cc"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dn;
  std::istringstream file{std::string(as_text(ByteSpan(data, size)))};
  const WallTime now{std::chrono::seconds(1'754'000'000)};
  std::size_t visits = 0;
  const auto count = resolver::read_ledger(file, now, {}, [&](const engine::DnsAnswer& answer) {
    ++visits;
    DN_CHECK(answer.status == engine::DnsStatus::Answered && !answer.addresses.empty(),
             "only addresses are restored");
    DN_CHECK(answer.age >= Duration{} && answer.age < limits::kDnsRetention,
             "nothing older than the retention is restored");
    DN_CHECK(answer.addresses[0].ttl <= limits::kDnsTtlMax, "no TTL beyond the cap");
  });
  DN_CHECK(visits == count.value_or(0), "a corrupt file restores nothing");
  return 0;
}
