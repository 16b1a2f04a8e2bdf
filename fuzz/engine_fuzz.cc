// Fuzzes the whole packet path: a list of packets and events from the input goes into an engine
// with a recording sink and simulated time.
//
// Each event begins with an opcode byte: bytes of one of three hellos at an offset with odd flags,
// bytes of the input itself, server answers, DNS answers, time, a raw packet, a policy. Invariants:
// exactly one verdict per packet, after its injections; what the engine sends is well-formed; a
// client byte that leaves is one that the client sent for that place, always the same, and leaves
// only after the client line says allowed; behind a request for a revocation list no byte leaves;
// at most one client line and one server line.
#include <algorithm>
#include <bitset>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/check.h"
#include "engine/engine.h"
#include "engine/testing/flow_rig.h"

namespace {

using namespace dn;
using namespace dn::engine;
using namespace dn::engine::testing;

constexpr std::uint32_t kIsn = 0xfffffff0;  // wraps inside the hello
constexpr std::uint32_t kServerStart = 5000;
constexpr std::string_view kCrlRequest = "GET /a HTTP/1.1\r\nHost: crl.test\r\n\r\n";

class Checker : public EffectSink {
 public:
  void verdict(const Verdict& verdict) override {
    DN_CHECK(expects_verdict && !last, "one verdict per packet");
    last = verdict;
  }
  void inject(const Injection& injection) override {
    DN_CHECK(!last, "the verdict comes last");
    const auto segment = wire::parse_tcp(injection.ip);
    DN_CHECK(segment && wire::tcp_checksum_valid(injection.ip), "a valid packet");
    if (injection.mark != 0) left(*segment);
    const FlowMark state = state_of(injection.mark);
    if (state == FlowMark::Refused || state == FlowMark::Owned || state == FlowMark::ClientGood) {
      mark = injection.mark;
    } else {
      DN_CHECK(injection.mark == 0, "to the client without a mark");
    }
  }
  void ask(const DomainName& name) override {
    DN_CHECK(name.text() == "a.wild.test" || name.text() == "git.test" || name.text() == "crl.test",
             "only names that a rule matches");
  }
  void ask_client(Ipv4Address address) override {
    DN_CHECK(address == ip(kClientAddress) && ++clients_asked == 1, "the client, once");
  }
  void log(const records::FlowRecord& record) override {
    if (record.cat == records::PacketOrigin::Client) {
      DN_CHECK(++client_lines == 1, "one client line");
      allowed = record.outcome == records::Outcome::Allowed;
      crl = record.reason.starts_with("x509-crl:");
    } else {
      DN_CHECK(++server_lines == 1, "at most one server line");
    }
  }
  // Client bytes on their way to the server.
  void left(const wire::TcpSegment& segment) {
    if (segment.payload.empty()) return;
    DN_CHECK(allowed, "no byte leaves before it is allowed");
    for (std::size_t i = 0; i < segment.payload.size(); ++i) {
      const std::uint32_t place = segment.seq + static_cast<std::uint32_t>(i);
      DN_CHECK(!crl || place - (kIsn + 1) < kCrlRequest.size(), "one request leaves");
      DN_CHECK(given[place].test(segment.payload[i]), "only bytes that the client sent leave");
      const auto [first, is_new] = out.try_emplace(place, segment.payload[i]);
      DN_CHECK(is_new || first->second == segment.payload[i], "and never another version of them");
    }
  }

  std::map<std::uint32_t, std::bitset<256>> given;  // by sequence number, what the client sent
  std::map<std::uint32_t, std::uint8_t> out;        // what left
  std::optional<Verdict> last;
  std::uint32_t mark = kIsn << kPayloadShift | make_mark(FlowMark::Opening);
  int client_lines = 0, server_lines = 0, clients_asked = 0;
  bool allowed = false, crl = false, expects_verdict = false;
};

struct Game {
  Checker sink;
  Engine engine{EngineSettings{.hash_key = 1, .ledger = {}}};
  Now now{MonotonicTime(1h), kStartOfTest, true};

  // A packet of the connection, as the kernel model treats it.
  void packet(ByteSpan ip, bool from_client) {
    const FlowMark state = state_of(sink.mark);
    if (state == FlowMark::Allowed || state == FlowMark::Refused) return;
    const auto segment = wire::parse_tcp(ip);
    if (segment && segment->payload.empty() && state != FlowMark::Owned) return;
    if (segment && from_client && !segment->has(wire::kTcpSyn)) {
      for (std::size_t i = 0; i < segment->payload.size(); ++i) {
        sink.given[segment->seq + static_cast<std::uint32_t>(i)].set(segment->payload[i]);
      }
    }
    sink.last.reset();
    sink.expects_verdict = true;
    engine.on_packet({ip, sink.mark | kQueuedFlag, from_client, false}, now, sink);
    sink.expects_verdict = false;
    DN_CHECK(sink.last.has_value(), "every packet gets a verdict");
    const Verdict verdict = *sink.last;
    sink.last.reset();
    const FlowMark given = state_of(verdict.mark);
    if (verdict.accept && given != FlowMark::PassOnce) sink.mark = verdict.mark;
    if (!verdict.accept || given == FlowMark::Refused) return;
    DN_CHECK(segment, "only TCP is forwarded");
    if (from_client) sink.left(*segment);
  }
};

const Bytes& client_stream(unsigned which) {
  static const Bytes kStreams[] = {
      tls_hello("api.test"),
      tls_hello("blocked.test"),
      tls_hello("a.wild.test"),
      text("SSH-2.0-fuzz\r\nkey exchange"),
      text("POST /x HTTP/1.1\r\nHost: www.test\r\n\r\nbody"),
      tls_hello("api.test", 0, {0, 42, 0, 0}),  // with early data
      text(kCrlRequest),
      join(text(kCrlRequest), text("GET /b HTTP/1.1\r\nHost: crl.test\r\n\r\n")),
  };
  // The corpus knows the first six.
  return kStreams[which < 30 ? which % 6 : which - 24];
}

const Bytes& server_stream(unsigned which) {
  static const Bytes kStreams[] = {
      tls_server_hello(),
      tls_server_hello(0x0302),
      tls_retry_request(),
      tls_alert(40),
      text("SSH-2.0-server\r\n"),
      text("220 smtp\r\n"),
      text("HTTP/1.1 200 OK\r\n\r\n"),
  };
  return kStreams[which % std::size(kStreams)];
}

void send_client(Game& game, ByteCursor& input, ByteSpan stream, bool whole) {
  const std::size_t begin = whole ? 0 : input.take_u8() * stream.size() / 256;
  const std::size_t length = whole ? stream.size() : input.take_u8() * 2U;
  const std::uint8_t flags = input.take_u8();
  TcpPacketFields fields;
  fields.src = ip(kClientAddress);
  fields.dst = ip(kServerAddress);
  fields.spt = 1000;
  fields.dpt = 22;
  fields.seq = kIsn + 1 + static_cast<std::uint32_t>(begin);
  fields.ack = kServerStart;
  fields.flags = (flags & 0xf0U) == 0xf0U ? flags : std::uint8_t{wire::kTcpAck | wire::kTcpPsh};
  if (flags == 0x0f) fields.seq -= 100;
  const ByteSpan rest = stream.subspan(std::min(begin, stream.size()));
  const TcpPacket packet(fields, rest.first(std::min({rest.size(), length, kInjectedPayloadMax})));
  game.packet(packet.bytes(), true);
}

void send_server(Game& game, ByteCursor& input, unsigned which) {
  const Bytes& stream = server_stream(which);
  const std::size_t begin = input.take_u8() % (stream.size() + 1);
  const std::size_t length = input.take_u8();
  TcpPacketFields fields;
  fields.src = ip(kServerAddress);
  fields.dst = ip(kClientAddress);
  fields.spt = 22;
  fields.dpt = 1000;
  fields.seq = kServerStart + static_cast<std::uint32_t>(begin);
  fields.ack = kIsn + 1 + input.take_u16();
  fields.flags = wire::kTcpAck;
  const ByteSpan part = ByteSpan(stream).subspan(begin);
  const TcpPacket packet(fields, part.first(std::min(part.size(), length)));
  game.packet(packet.bytes(), false);
}

void answer_dns(Game& game, std::uint8_t which) {
  const std::string_view host = which >= 16      ? "crl.test"
                                : which % 2 == 0 ? "a.wild.test"
                                                 : "git.test";
  DnsAnswer answer{name(host), DnsStatus::Answered, {}, {}, false};
  answer.addresses.push_back({ip(which % 4 < 2 ? kServerAddress : "203.0.113.99"), 60s});
  if (which % 8 == 7) answer.status = DnsStatus::Failed;
  game.engine.on_dns_answer(answer, game.now, game.sink);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto strict =
      make_policy({"tls:api.test,*.wild.test", "22 ssh:git.test", "see-thru:2020-01-01",
                   "crl:api.test http://crl.test:22/a"});
  static const auto see_thru = make_policy({"tls:api.test", "see-thru:2026-12-24"});
  static const auto none = make_policy({});
  static const auto finding = [] {
    policy::PolicyInput input = make_input({});
    input.clients.clear();
    input.clients_may_be_found = true;
    return compile(input);
  }();
  const std::shared_ptr<const policy::PolicySnapshot> policies[] = {strict, see_thru, none, nullptr,
                                                                    finding};
  ByteCursor input(ByteSpan(data, size));
  const auto game = std::make_unique<Game>();
  game->engine.on_policy(policies[input.take_u8() & 1U], game->now, game->sink);
  DnsAnswer known{name("api.test"), DnsStatus::Answered, {{ip(kServerAddress), 60s}}, {}, false};
  game->engine.on_dns_answer(known, game->now, game->sink);
  for (int events = 0; !input.empty() && events < 200; ++events) {
    const std::uint8_t op = input.take_u8();
    const unsigned argument = op >> 3U;
    switch (op & 7U) {
      case 0:
      case 1: send_client(*game, input, client_stream(argument), (op & 1U) != 0); break;
      case 2: send_server(*game, input, argument); break;
      case 3: answer_dns(*game, static_cast<std::uint8_t>(argument)); break;
      case 4:
        game->now.monotonic += (argument + 1) * 15ms;
        game->engine.on_tick(game->now, game->sink);
        break;
      case 5:
        send_client(*game, input, input.take(std::min<std::size_t>(argument * 8, input.size())),
                    true);
        break;
      case 6: {
        const ByteSpan raw = input.take(std::min<std::size_t>(input.take_u8(), input.size()));
        Engine engine(EngineSettings{.hash_key = 1, .ledger = {}});
        Checker sink;
        sink.expects_verdict = true;
        engine.on_packet({raw, kQueuedFlag, true, true}, game->now, sink);
        DN_CHECK(sink.last && state_of(sink.last->mark) != FlowMark::Allowed, "never allowed");
        break;
      }
      default:
        if (argument < 5) game->engine.on_policy(policies[argument], game->now, game->sink);
        if (argument == 5) {
          game->engine.on_client_unknown(ip(kClientAddress), game->now, game->sink);
        }
        break;
    }
  }
  game->now.monotonic += 2min;
  for (int i = 0; i < 4; ++i) {
    game->engine.on_tick(game->now, game->sink);
    game->now.monotonic += 1min;
  }
  DN_CHECK(game->engine.flows() == 0, "every flow ends");
  DN_CHECK(game->engine.held_bytes() == 0, "and gives its memory back");
  return 0;
}
