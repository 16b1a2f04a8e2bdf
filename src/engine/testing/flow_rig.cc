#include "engine/testing/flow_rig.h"

#include <algorithm>

#include "base/check.h"
#include "policy/public_suffixes.h"
#include "wire/testing/hello_builder.h"

namespace dn::engine::testing {
namespace {

namespace hello = wire::testing;

constexpr std::uint32_t kServerIsn = 0x7fff0000;

class Writer {
 public:
  void u8(std::uint32_t v) { bytes_.push_back(static_cast<std::uint8_t>(v)); }
  void u16(std::uint32_t v) { u8(v >> 8U & 0xffU), u8(v & 0xffU); }
  void u32(std::uint32_t v) { u16(v >> 16U), u16(v & 0xffffU); }
  void add(const Bytes& v) { bytes_.insert(bytes_.end(), v.begin(), v.end()); }
  Bytes& bytes() { return bytes_; }

 private:
  Bytes bytes_;
};

// RFC 1071, the slow and obvious way.
std::uint16_t checksum(const Bytes& bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    sum += static_cast<std::uint64_t>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  }
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

void put_u16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

struct Headers {
  Ipv4Address src, dst;
  Port spt = 0, dpt = 0;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = 0;
  Bytes tcp_options, payload;
  bool ip_options = false;
};

Bytes make_packet(const Headers& h) {
  Bytes options = h.tcp_options;
  while (options.size() % 4 != 0) options.push_back(1);
  Writer tcp;
  tcp.u16(h.spt), tcp.u16(h.dpt), tcp.u32(h.seq), tcp.u32(h.ack);
  tcp.u8(static_cast<std::uint32_t>((20 + options.size()) / 4) << 4U), tcp.u8(h.flags);
  tcp.u16(0xfaf0), tcp.u32(0);
  tcp.add(options), tcp.add(h.payload);
  Writer pseudo;
  pseudo.u32(h.src.value), pseudo.u32(h.dst.value), pseudo.u16(6);
  pseudo.u16(static_cast<std::uint32_t>(tcp.bytes().size()));
  pseudo.add(tcp.bytes());
  put_u16(tcp.bytes(), 16, checksum(pseudo.bytes()));

  Writer ip;
  const std::size_t header = h.ip_options ? 24 : 20;
  ip.u8(h.ip_options ? 0x46 : 0x45), ip.u8(0);
  ip.u16(static_cast<std::uint32_t>(header + tcp.bytes().size()));
  ip.u32(0x12344000), ip.u8(64), ip.u8(6), ip.u16(0), ip.u32(h.src.value), ip.u32(h.dst.value);
  if (h.ip_options) ip.u32(0x07030400);  // record route without room
  put_u16(ip.bytes(), 10, checksum(ip.bytes()));
  ip.add(tcp.bytes());
  return ip.bytes();
}

std::string_view to_word(records::Evidence evidence) {
  switch (evidence) {
    case records::Evidence::Dns: return "dns";
    case records::Evidence::DnsFresh: return "dns-fresh";
    case records::Evidence::AddressRule: return "address-rule";
    case records::Evidence::None: return "none";
    case records::Evidence::Absent: break;
  }
  return "";
}

LogLine copy_of(const records::FlowRecord& r) {
  LogLine line;
  line.time = r.time;
  line.cat = r.cat == records::PacketOrigin::Client ? "client" : "server";
  line.outcome = r.outcome == records::Outcome::Allowed ? "allowed" : "disallowed";
  line.src = r.src_text.empty() ? dn::to_text(r.src) : std::string(r.src_text);
  line.dst = r.dst_text.empty() ? dn::to_text(r.dst) : std::string(r.dst_text);
  line.dhost = r.dhost.empty() ? line.dst : std::string(r.dhost);
  line.spt = r.spt;
  line.dpt = r.dpt;
  line.proto = dn::to_text(r.proto);
  line.proto_v = r.proto_v;
  line.reason = r.reason;
  line.pqc = r.pqc;
  line.ech = r.ech;
  line.http_method = r.http_method;
  line.http_path = r.http_path;
  line.http_user_agent = r.http_user_agent;
  line.http_code = r.http_code;
  line.evidence = to_word(r.evidence);
  line.held_ms = r.held_ms;
  if (r.see_thru) {
    line.see_thru_days = r.see_thru->days_remaining;
    line.see_thru_gid = r.see_thru->gid;
    line.see_thru_exerted = r.see_thru->exerted;
  }
  return line;
}

const policy::PublicSuffixes& suffixes() {
  static const auto list = policy::PublicSuffixes::parse("test\ncom\n");
  return *list;
}

// "443 tls:api.test" -> a rule on port 443.
policy::EgressRule parse_rule(std::string_view annotation) {
  policy::EgressRule rule;
  std::size_t digits = 0;
  unsigned port = 0;
  while (digits < annotation.size() && annotation[digits] >= '0' && annotation[digits] <= '9') {
    port = port * 10 + static_cast<unsigned>(annotation[digits++] - '0');
  }
  if (digits > 0) {
    rule.from_port = rule.to_port = static_cast<Port>(port);
    annotation.remove_prefix(digits + 1);
  }
  rule.description = "discriminat:" + std::string(annotation);
  return rule;
}

}  // namespace

Ipv4Address ip(std::string_view text) {
  return parse_ipv4(text).value();
}
DomainName name(std::string_view text) {
  return DomainName::parse(text).value();
}
Bytes text(std::string_view text) {
  return {text.begin(), text.end()};
}
Bytes join(const Bytes& a, const Bytes& b) {
  Bytes all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}
Bytes slice(const Bytes& bytes, std::size_t begin, std::size_t end) {
  const auto at = [&](std::size_t i) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(std::min(i, bytes.size()));
  };
  return {at(begin), at(end)};
}

// -- handshakes -----------------------------------------------------------------------------------

Bytes tls_hello(std::string_view host, std::size_t padding, const Bytes& more) {
  Bytes extensions = hello::supported_versions({0x0304, 0x0303});
  if (padding > 0) extensions = join(extensions, hello::extension(21, hello::fill(padding)));
  return hello::records(hello::hello_for(host, join(extensions, more)), 16384);
}
Bytes tls_hello_without_name() {
  return hello::record(
      hello::client_hello({.extensions = join(hello::usual_extensions(),
                                              hello::supported_versions({0x0304, 0x0303}))}));
}
Bytes old_tls_hello(std::string_view host) {
  return hello::record(hello::client_hello(
      {.legacy_version = 0x0302,
       .extensions = join(hello::server_name(host), hello::usual_extensions())}));
}
Bytes tls_server_hello(std::size_t version, bool post_quantum) {
  Bytes extensions;
  if (version == 0x0304) {
    extensions = hello::extension(43, hello::u16(version));
    const Bytes share = hello::fill(post_quantum ? 1120 : 32, 0x42);
    extensions = join(extensions, hello::extension(51, join(hello::u16(post_quantum ? 0x11ec : 29),
                                                            hello::sized16(share))));
  }
  return hello::record(hello::server_hello(
      {.legacy_version = std::min<std::size_t>(version, 0x0303), .extensions = extensions}));
}
Bytes tls_retry_request() {
  return hello::record(
      hello::server_hello({.random = hello::retry_random(),
                           .extensions = join(hello::extension(43, hello::u16(0x0304)),
                                              hello::extension(51, hello::u16(24)))}));
}
Bytes tls_alert(std::uint8_t description) {
  return hello::record({2, description}, hello::kAlertRecord, 0x0303);
}
Bytes application_data(std::size_t size) {
  return hello::record(hello::fill(size, 0xd7), hello::kAppData, 0x0303);
}

// -- records --------------------------------------------------------------------------------------

std::string to_text(const LogLine& line) {
  return line.cat + " " + line.outcome + " " + line.proto + " " + line.dhost + " " + line.slug();
}

std::string_view to_text(Fate fate) {
  switch (fate) {
    case Fate::Passed: return "passed";
    case Fate::Dropped: return "dropped";
    case Fate::Refused: return "refused";
    case Fate::ForwardedKernel: return "forwarded by the kernel";
    case Fate::DroppedKernel: break;
  }
  return "dropped by the kernel";
}

// -- TCP ------------------------------------------------------------------------------------------

void Receiver::take(const wire::TcpSegment& segment) {
  if (segment.has(wire::kTcpRst)) {
    reset = reset || segment.seq == next();
    return;
  }
  if (!segment.has(wire::kTcpAck) || segment.has_forbidden_option || reset) return;
  const auto begin = static_cast<std::int32_t>(segment.seq - start);
  for (std::size_t i = 0; i < segment.payload.size(); ++i) {
    const std::int64_t offset = begin + static_cast<std::int64_t>(i);
    if (offset < static_cast<std::int64_t>(bytes.size())) continue;
    const auto at = static_cast<std::size_t>(offset);
    if (end && at >= *end) break;
    if (prefers_new) {
      ahead[at] = segment.payload[i];
    } else {
      ahead.try_emplace(at, segment.payload[i]);
    }
  }
  if (segment.has(wire::kTcpFin) && !end && begin >= 0) {
    end = static_cast<std::size_t>(begin) + segment.payload.size();
  }
  while (!ahead.empty() && ahead.begin()->first == bytes.size()) {
    bytes.push_back(ahead.begin()->second);
    ahead.erase(ahead.begin());
  }
}

PacketDraft::PacketDraft(Connection& connection, bool from_client)
    : connection_(connection),
      from_client_(from_client),
      seq_(0) {
  at(from_client ? connection.client_sent : connection.server_sent);
}
PacketDraft& PacketDraft::at(std::int64_t offset) {
  const Receiver& peer = from_client_ ? connection_.at_server : connection_.at_client;
  seq_ = peer.start + static_cast<std::uint32_t>(offset);
  return *this;
}
PacketDraft& PacketDraft::payload(Bytes bytes) {
  payload_ = std::move(bytes);
  return *this;
}
PacketDraft& PacketDraft::flags(std::uint8_t flags) {
  flags_ = flags;
  return *this;
}
PacketDraft& PacketDraft::ack(std::int64_t offset) {
  const Receiver& own = from_client_ ? connection_.at_client : connection_.at_server;
  ack_ = own.start + static_cast<std::uint32_t>(offset);
  return *this;
}
PacketDraft& PacketDraft::timestamps(std::uint32_t value, std::uint32_t echo) {
  Writer writer;
  writer.u16(0x0101), writer.u16(0x080a), writer.u32(value), writer.u32(echo);
  tcp_options_ = join(tcp_options_, writer.bytes());
  return *this;
}
PacketDraft& PacketDraft::md5() {
  Bytes option(20, 0x5c);
  option[0] = option[1] = 1;
  option[2] = 19;
  option[3] = 18;
  tcp_options_ = join(tcp_options_, option);
  return *this;
}
PacketDraft& PacketDraft::ip_options() {
  ip_options_ = true;
  return *this;
}
PacketDraft& PacketDraft::bad_checksum() {
  bad_checksum_ = discarded_ = true;
  return *this;
}
PacketDraft& PacketDraft::lost() {
  lost_ = true;
  return *this;
}

Bytes PacketDraft::bytes() const {
  const Tuple& tuple = connection_.tuple;
  const Receiver& own = from_client_ ? connection_.at_client : connection_.at_server;
  Headers headers;
  headers.src = from_client_ ? tuple.client : tuple.server;
  headers.dst = from_client_ ? tuple.server : tuple.client;
  headers.spt = from_client_ ? tuple.client_port : tuple.server_port;
  headers.dpt = from_client_ ? tuple.server_port : tuple.client_port;
  headers.seq = seq_;
  headers.ack = ack_.value_or(own.next());
  headers.flags = flags_;
  headers.tcp_options = tcp_options_;
  headers.payload = payload_;
  headers.ip_options = ip_options_;
  Bytes packet = make_packet(headers);
  if (bad_checksum_) packet[36] ^= 0x55;
  return packet;
}

Fate PacketDraft::send() {
  return connection_.rig_.deliver(*this);
}

Connection::Connection(FlowRig& rig, const Tuple& the_tuple, std::uint32_t client_isn,
                       std::uint32_t server_isn)
    : tuple(the_tuple),
      rig_(rig) {
  at_server.start = client_isn + 1;
  at_client.start = server_isn + 1;
}

Fate Connection::client_sends(const Bytes& bytes, std::size_t most) {
  Fate fate = Fate::Dropped;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(most, bytes.size() - at)) {
    const Bytes part = slice(bytes, at, most < bytes.size() - at ? at + most : bytes.size());
    fate = client().payload(part).send();
    client_sent += static_cast<std::int64_t>(part.size());
  }
  return fate;
}

Fate Connection::server_sends(const Bytes& bytes, std::size_t most) {
  Fate fate = Fate::Dropped;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(most, bytes.size() - at)) {
    const Bytes part = slice(bytes, at, most < bytes.size() - at ? at + most : bytes.size());
    fate = server().payload(part).send();
    server_sent += static_cast<std::int64_t>(part.size());
  }
  return fate;
}

// As the rules do: the first SYN writes the mark, a later one is queued with it.
Fate Connection::syn(std::uint32_t isn, const Bytes& payload, bool ip_options) {
  std::uint32_t& mark = rig_.marks_[tuple];
  const FlowMark state = state_of(mark);
  const bool first = state == FlowMark::None || state == FlowMark::Allowed;
  if (!first && state != FlowMark::Opening) return Fate::DroppedKernel;
  if (first) mark = isn << kPayloadShift | make_mark(FlowMark::Opening);
  if (first && payload.empty() && !ip_options) return Fate::ForwardedKernel;
  Headers headers{tuple.client,  tuple.server, tuple.client_port, tuple.server_port, isn, 0,
                  wire::kTcpSyn, {},           payload,           ip_options};
  const Verdict verdict = rig_.packet(make_packet(headers), mark | kQueuedFlag);
  if (!verdict.accept) return Fate::Dropped;
  if (state_of(verdict.mark) != FlowMark::Refused) return Fate::Passed;
  mark = verdict.mark;
  return Fate::Refused;
}

FlowMark Connection::mark() const {
  return state_of(rig_.marks_.at(tuple));
}
std::uint32_t Connection::grant() const {
  return payload_of(rig_.marks_.at(tuple));
}

// -- the rig --------------------------------------------------------------------------------------

class FlowRig::Sink : public EffectSink {
 public:
  explicit Sink(FlowRig& rig) : rig_(rig) {}
  void verdict(const Verdict& verdict) override {
    DN_CHECK(!last_, "one verdict per packet");
    last_ = verdict;
  }
  void inject(const Injection& injection) override {
    DN_CHECK(!last_, "the verdict comes last");
    rig_.inject(injection);
  }
  void ask(const DomainName& host) override { rig_.asked.emplace_back(host.text()); }
  void ask_client(Ipv4Address address) override {
    rig_.asked_clients.push_back(dn::to_text(address));
  }
  void log(const records::FlowRecord& record) override { rig_.lines.push_back(copy_of(record)); }

  std::optional<Verdict> last_;

 private:
  FlowRig& rig_;
};

FlowRig::FlowRig(EngineSettings settings)
    : settings_(std::move(settings)),
      sink_(std::make_unique<Sink>(*this)) {
  restart();
}
FlowRig::~FlowRig() = default;

void FlowRig::restart() {
  engine_ = std::make_unique<Engine>(settings_);
  engine_->on_policy(policy_, now(), *sink_);
}

void FlowRig::use_policy(const std::vector<std::string>& annotations,
                         const policy::Preferences& preferences) {
  use_input(make_input(annotations, preferences));
}

void FlowRig::use_input(const policy::PolicyInput& input) {
  policy_ = compile(input);
  engine_->on_policy(policy_, now(), *sink_);
}

std::shared_ptr<const policy::PolicySnapshot> make_policy(
    const std::vector<std::string>& annotations, const policy::Preferences& preferences) {
  return compile(make_input(annotations, preferences));
}

policy::PolicyInput make_input(const std::vector<std::string>& annotations,
                               const policy::Preferences& preferences) {
  policy::PolicyInput input;
  policy::SecurityGroup group{.gid = "sg-test", .egress = {}, .where = ""};
  constexpr std::string_view kCrl = "crl:";
  input.preferences = preferences;
  for (const std::string& annotation : annotations) {
    if (!annotation.starts_with(kCrl)) {
      group.egress.push_back(parse_rule(annotation));
      continue;
    }
    const std::size_t blank = annotation.find(' ');
    input.preferences.x509_crls = policy::X509Crls::Allow;
    input.crls.push_back({.name = annotation.substr(kCrl.size(), blank - kCrl.size()),
                          .port = 443,
                          .crls = {parse_http_uri(annotation.substr(blank + 1)).value()}});
  }
  input.groups.push_back(group);
  input.clients.push_back({.prefix = {ip(kClientAddress), 32}, .gids = {"sg-test"}, .where = ""});
  return input;
}

std::shared_ptr<const policy::PolicySnapshot> compile(const policy::PolicyInput& input) {
  const Date today{std::chrono::floor<std::chrono::days>(kStartOfTest)};
  return policy::compile_policy(input, suffixes(), today).snapshot;
}

void FlowRig::drop_policy() {
  policy_ = nullptr;
  engine_->on_policy(nullptr, now(), *sink_);
}

void FlowRig::answer(std::string_view host, const std::vector<std::string_view>& addresses,
                     Duration ttl) {
  DnsAnswer answer{name(host), DnsStatus::Answered, {}, {}, false};
  for (const auto address : addresses) answer.addresses.push_back({ip(address), ttl});
  engine_->on_dns_answer(answer, now(), *sink_);
}

void FlowRig::answer_failed(std::string_view host, DnsStatus status) {
  engine_->on_dns_answer({name(host), status, {}, {}, false}, now(), *sink_);
}

void FlowRig::client_unknown(std::string_view address) {
  engine_->on_client_unknown(ip(address), now(), *sink_);
}

Now FlowRig::now() const {
  return {MonotonicTime(1000h) + elapsed_,
          kStartOfTest + std::chrono::duration_cast<std::chrono::milliseconds>(elapsed_),
          clock_trusted_};
}

void FlowRig::advance(Duration duration) {
  while (duration > Duration{}) {
    const Duration step = std::min<Duration>(duration, 10ms);
    elapsed_ += step;
    duration -= step;
    engine_->on_tick(now(), *sink_);
  }
}

Connection& FlowRig::connect(std::optional<Tuple> tuple, std::optional<std::uint32_t> isn) {
  const Tuple fresh{ip(kClientAddress), ip(kServerAddress), next_port_, 443};
  if (!tuple) ++next_port_;
  const std::uint32_t client_isn = isn.value_or(0xfffff000U + 7919U * next_port_);
  Connection& connection =
      connections_.emplace_back(*this, tuple.value_or(fresh), client_isn, kServerIsn);
  marks_.erase(connection.tuple);  // a new entry
  connection.syn(client_isn);
  return connection;
}

Verdict FlowRig::packet(const Bytes& ip, std::uint32_t mark, bool from_inside) {
  sink_->last_.reset();
  engine_->on_packet({ip, mark, from_inside, false}, now(), *sink_);
  const auto verdict = sink_->last_;
  sink_->last_.reset();
  DN_CHECK(verdict.has_value(), "every packet gets a verdict");
  return *verdict;
}

Fate FlowRig::deliver(PacketDraft& draft) {
  const Bytes packet = draft.bytes();
  Connection& connection = draft.connection_;
  const auto entry = marks_.find(connection.tuple);
  const bool known = entry != marks_.end();
  std::uint32_t mark = known ? entry->second : make_mark(FlowMark::Lost);
  const FlowMark state = state_of(mark);
  const bool arrives = !draft.lost_ && !draft.discarded_;
  const bool from_client = draft.from_client_;
  const bool ends = (draft.flags_ & (wire::kTcpFin | wire::kTcpRst)) != 0;
  const bool queued = state == FlowMark::Owned || state == FlowMark::Revoked ||
                      (state == FlowMark::ClientGood && ends);
  const bool free_pass = !queued && known && draft.payload_.empty() && !draft.ip_options_;
  if (state == FlowMark::Refused) return Fate::DroppedKernel;
  if (state == FlowMark::Allowed || free_pass) {
    if (arrives) arrive(connection, packet, from_client);
    return Fate::ForwardedKernel;
  }
  sink_->last_.reset();
  engine_->on_packet({packet, mark | kQueuedFlag, from_client, draft.bad_checksum_}, now(), *sink_);
  DN_CHECK(sink_->last_.has_value(), "every packet gets a verdict");
  const Verdict verdict = *sink_->last_;
  sink_->last_.reset();
  if (!verdict.accept) return Fate::Dropped;
  switch (state_of(verdict.mark)) {
    case FlowMark::Allowed:
    case FlowMark::ClientGood:
    case FlowMark::Owned: marks_[connection.tuple] = verdict.mark; break;
    case FlowMark::PassOnce: break;
    case FlowMark::Refused:
      if (known) marks_[connection.tuple] = verdict.mark;
      return Fate::Refused;
    default: return Fate::DroppedKernel;
  }
  if (arrives) arrive(connection, packet, from_client);
  return Fate::Passed;
}

void FlowRig::arrive(Connection& connection, const Bytes& packet, bool at_server) {
  const auto segment = wire::parse_tcp(packet);
  DN_CHECK(segment.has_value(), "the rig makes packets that can be parsed");
  (at_server ? connection.at_server : connection.at_client).take(*segment);
  if (!segment->has(wire::kTcpAck)) return;
  const Receiver& other_way = at_server ? connection.at_client : connection.at_server;
  std::int64_t& told = at_server ? connection.server_told : connection.client_told;
  told = std::max<std::int64_t>(told, static_cast<std::int32_t>(segment->ack - other_way.start));
}

void FlowRig::inject(const Injection& injection) {
  const auto segment = wire::parse_tcp(injection.ip);
  DN_CHECK(segment.has_value() && wire::tcp_checksum_valid(injection.ip), "a valid packet");
  Injected copy{injection.mark != 0,
                injection.mark,
                *segment,
                {segment->payload.begin(), segment->payload.end()}};
  copy.segment.payload = {};
  injected.push_back(copy);
  // The newest connection of a tuple is the one that lives.
  for (auto it = connections_.rbegin(); it != connections_.rend(); ++it) {
    const Tuple& t = it->tuple;
    const bool to_server = segment->src == t.client && segment->dst == t.server &&
                           segment->spt == t.client_port && segment->dpt == t.server_port;
    const bool to_client = segment->src == t.server && segment->dst == t.client &&
                           segment->spt == t.server_port && segment->dpt == t.client_port;
    if (!to_server && !to_client) continue;
    if (to_server) {
      DN_CHECK(injection.mark != 0, "a packet to the server carries a verdict");
      marks_[t] = injection.mark;
    }
    arrive(*it, {injection.ip.begin(), injection.ip.end()}, to_server);
    return;
  }
}

std::vector<std::string> FlowRig::texts() const {
  std::vector<std::string> out;
  for (const LogLine& line : lines) out.push_back(to_text(line));
  return out;
}

}  // namespace dn::engine::testing
