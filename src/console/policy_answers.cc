#include "console/policy_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>
#include <sstream>
#include <streambuf>
#include <utility>

#include "base/check.h"
#include "console/log_search.h"
#include "console/place.h"
#include "logs/api_error.h"
#include "logs/json_writer.h"
#include "logs/request_fields.h"
#include "records/json_text.h"
#include "review/allowlist.h"
#include "review/allowlist_forms.h"
#include "review/chosen_rules.h"
#include "review/client_binding.h"
#include "review/explanation.h"
#include "review/flow_line.h"
#include "review/flow_pattern.h"
#include "review/policy_json.h"
#include "review/replay.h"

namespace dn::console {
namespace {

using logs::ApiError;
using logs::ApiResult;
using logs::ErrorType;
using logs::RequestFields;
using Policy = std::shared_ptr<const PolicyInForce>;

constexpr std::string_view kNoPolicy =
    "This endpoint has no policy: a gateway has one once it has read it, `discriminat serve` with "
    "--policy FILE.";
constexpr std::string_view kTooLarge =
    "The policy is too large to show as a whole; ask for one client: ?client=ADDRESS.";
constexpr std::string_view kClientTooLarge =
    "The rules of this client are too many to show; ask the command line: discriminat policy show.";
constexpr std::string_view kBusy = "Two searches run already; try again when they have ended.";
constexpr logs::TextRule kAddressRule{.min = 1, .max = 15};
constexpr logs::TextRule kDestinationRule{.min = 1, .max = 1024};
constexpr logs::TextRule kGidRule{.min = 1, .max = 255};
constexpr std::array<std::string_view, 3> kProtocols = {"tls", "ssh", "http"};
constexpr logs::TextRule kProtocolRule{.one_of = kProtocols};
constexpr logs::NumberRule kPortRule{.min = 1, .max = 65535};
constexpr logs::NumberRule kTimeRule{.min = 0, .max = 253'402'300'799'999};  // the year 9999

// One question: its fields, the policy, and what several answers need of both.
class Answering {
 public:
  Answering(const PolicyQuestion& question, RequestFields fields, Policy policy)
      : question_(question),
        fields_(std::move(fields)),
        policy_(std::move(policy)) {}

  ApiResult<std::string> explain();
  ApiResult<std::string> show();
  ApiResult<std::string> usage();
  ApiResult<std::string> allowlist();
  ApiResult<std::string> rules();
  ApiResult<std::string> replay();

 private:
  struct Period {
    std::int64_t from = 0, to = 0;
  };
  ApiResult<Period> read_period();
  ApiResult<review::WrittenRules> read_rules();
  LogSearch search(const Period& period) const;
  Date today() const { return question_.clock().today(); }
  std::vector<std::string> problems() const {
    return review::policy_problems(policy_->input, *policy_->suffixes, today());
  }
  static ApiError wrong(std::string message) {
    return {ErrorType::InvalidParameter, std::move(message)};
  }

  const PolicyQuestion& question_;
  RequestFields fields_;
  Policy policy_;
};

ApiResult<Answering::Period> Answering::read_period() {
  const Period period{fields_.required_number("from", kTimeRule),
                      fields_.required_number("to", kTimeRule)};
  if (const auto problem = fields_.problem()) return tl::unexpected(*problem);
  if (period.from > period.to) return tl::unexpected(wrong("`from` is after `to`."));
  return period;
}

LogSearch Answering::search(const Period& period) const {
  return {.logs = question_.logs,
          .group = std::string(question_.group),
          .from = period.from,
          .to = period.to,
          .clock = question_.clock,
          .deadline = question_.clock().monotonic + kSearchDeadline,
          .stopping = question_.stopping};
}

ApiResult<std::string> Answering::explain() {
  const auto source = parse_ipv4(fields_.required_text("src", kAddressRule));
  const std::string_view to = fields_.required_text("to", kDestinationRule);
  const auto port = fields_.number("port", kPortRule);
  const auto protocol = fields_.text("proto", kProtocolRule);
  if (const auto problem = fields_.problem()) return tl::unexpected(*problem);
  if (!source) return tl::unexpected(wrong("`src`: write an IPv4 address."));
  review::FlowQuestion asked{.source = *source, .destination = to, .port = {}, .protocol = {}};
  if (port) asked.port = static_cast<Port>(*port);
  if (protocol) asked.protocol = review::find_protocol(*protocol);
  const auto flow = review::read_flow(asked);
  if (!flow) return tl::unexpected(wrong("`to`: write a host name or an IPv4 address."));
  const auto* binding = review::find_binding(policy_->input.clients, flow->source);
  std::ostringstream out;
  review::print_explanation_json(*flow, explain_flow(*flow, *policy_->snapshot, today()),
                                 binding == nullptr ? policy::ClientBinding() : *binding, out);
  return std::move(out).str();
}

// Takes so many bytes and refuses what comes behind, which leaves the stream bad.
class BoundedText : public std::streambuf {
 public:
  std::string take() { return std::move(text_); }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const auto size = static_cast<std::size_t>(count);
    if (size > kPolicyTextMax - text_.size()) return 0;
    text_.append(bytes, size);
    return count;
  }
  int_type overflow(int_type byte) override {
    const char c = traits_type::to_char_type(byte);
    return xsputn(&c, 1) == 1 ? byte : traits_type::eof();
  }

 private:
  std::string text_;
};

// At least as many bytes as the answer would have.
std::size_t text_size(const policy::PolicyInput& input) {
  std::size_t size = 0;
  for (const auto& group : input.groups) {
    for (const auto& rule : group.egress) size += rule.description.size();
  }
  return size;
}

std::string names_text(const ConsoleSources& sources) {
  logs::JsonWriter out;
  out.open_object();
  if (sources.names) {
    for (const ResolvedName& name : sources.names()) {
      out.key(name.name).open_object().key("addresses").open_list();
      for (const Ipv4Address address : name.addresses) out.text(to_text(address));
      out.close_list().key("problem").text(name.problem).close_object();
    }
  }
  return out.close_object().take();
}

ApiResult<std::string> Answering::show() {
  std::optional<Ipv4Address> client;
  if (!question_.query.empty()) {
    constexpr std::string_view kClient = "client=";
    if (question_.query.starts_with(kClient)) {
      client = parse_ipv4(question_.query.substr(kClient.size()));
    }
    if (!client) return tl::unexpected(wrong("The query is client= and an address, or empty."));
  }
  const bool large = text_size(policy_->input) > kPolicyTextMax;
  if (large && !client) return tl::unexpected(wrong(std::string(kTooLarge)));
  const auto view = review::view_policy(policy_->input, *policy_->suffixes, today(), client);
  const review::RuleJudge judge(policy_->input, *policy_->suffixes, today());
  BoundedText text;
  std::ostream out(&text);
  review::print_policy_json({.source = policy_->from_cloud ? "aws" : "file",
                             .file = policy_->file,
                             .input = policy_->input,
                             .view = view,
                             .judge = judge,
                             .problems = large ? std::vector<std::string>() : problems(),
                             .today = today()},
                            out,
                            fmt::format(",\n\"revision\": {},\n\"names\": {}", policy_->revision,
                                        names_text(question_.sources)));
  if (!out) return tl::unexpected(wrong(std::string(client ? kClientTooLarge : kTooLarge)));
  return text.take();
}

template <class Number>
Number number_of(const QueryRow& row, std::string_view field) {
  Number number = 0;
  if (const auto found = row.find(field); found != row.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

std::string text_of(const QueryRow& row, std::string_view field) {
  const auto found = row.find(field);
  return found == row.end() ? "" : found->second;
}

// The line itself names the rule that allowed it.
ApiResult<std::string> Answering::usage() {
  const auto period = read_period();
  if (!period) return tl::unexpected(period.error());
  const auto rows = run_query(
      search(*period),
      fmt::format(
          "filter cat = \"client\" and outcome = \"allowed\" | parse reason \"policy:*: *\" "
          "as gid, addr | stats count(*) as connections, max(toMillis(@timestamp)) as "
          "last by gid, addr, proto | sort last desc | limit {}",
          kUsageRowsMax));
  if (!rows) return tl::unexpected(rows.error());
  std::uint64_t connections = 0, unmatched = 0;
  logs::JsonWriter out;
  out.open_object().key("rules").open_list();
  for (const QueryRow& row : *rows) {
    const auto count = number_of<std::int64_t>(row, "connections");
    connections += static_cast<std::uint64_t>(count);
    if (!row.contains("gid")) {
      unmatched += static_cast<std::uint64_t>(count);
      continue;
    }
    const WallTime last{std::chrono::milliseconds(number_of<std::int64_t>(row, "last"))};
    out.open_object().key("gid").text(text_of(row, "gid")).key("addr").text(text_of(row, "addr"));
    out.key("proto").text(text_of(row, "proto")).key("connections").number(count);
    out.key("last").text(records::format_time(last)).close_object();
  }
  out.close_list().key("connections").number(static_cast<std::int64_t>(connections));
  out.key("unmatched").number(static_cast<std::int64_t>(unmatched));
  out.key("complete").flag(rows->size() < static_cast<std::size_t>(kUsageRowsMax));
  return out.close_object().take();
}

ApiResult<std::string> Answering::allowlist() {
  const std::string gid(fields_.required_text("gid", kGidRule));
  const auto period = read_period();
  if (!period) return tl::unexpected(period.error());
  review::AllowlistPicture picture(gid);
  const auto done = read_flow_events(search(*period), review::allowlist_pattern(gid),
                                     [&](std::int64_t timestamp, std::string_view message) {
                                       if (const auto line = review::parse_flow_line(message))
                                         picture.add(timestamp, *line);
                                     });
  if (!done) return tl::unexpected(done.error());
  const review::AllowlistPolicy known(policy_->snapshot, policy_->input, gid, {},
                                      *policy_->suffixes, today());
  const auto list = review::make_allowlist(gid, gid, picture, &known, *policy_->suffixes, today());
  std::ostringstream out;
  review::print_allowlist_json(list, out, true);
  return std::move(out).str();
}

ApiResult<review::WrittenRules> Answering::read_rules() {
  std::vector<review::ChosenName> names;
  const logs::ListRule list{.max = review::kChosenNamesMax};
  fields_.objects("names", list, [&](RequestFields& name) {
    names.push_back({.proto = std::string(name.required_text("proto", kProtocolRule)),
                     .port = name.required_number("port", kPortRule),
                     .dhost = std::string(name.required_text("dhost", kDestinationRule))});
  });
  fields_.require("names");
  if (const auto problem = fields_.problem()) return tl::unexpected(*problem);
  const auto checked = review::check_chosen_names(
      names, policy_->input.preferences.wildcard_exposure, *policy_->suffixes);
  if (!checked) return tl::unexpected(wrong(checked.error().message));
  return review::write_rules(*checked, {});
}

ApiResult<std::string> Answering::rules() {
  const std::string_view into = fields_.required_text("into", kGidRule);
  const auto written = read_rules();
  if (!written) return tl::unexpected(written.error());
  std::ostringstream out;
  review::print_chosen_rules_json(*written, into, out);
  return std::move(out).str();
}

ApiResult<std::string> Answering::replay() {
  const std::string gid(fields_.required_text("gid", kGidRule));
  const auto period = read_period();
  if (!period) return tl::unexpected(period.error());
  const auto written = read_rules();
  if (!written) return tl::unexpected(written.error());
  auto candidate = review::make_candidate(policy_->input, gid, *written);
  if (!candidate) return tl::unexpected(wrong(candidate.error().message));
  review::Replay replay(review::Candidate(*std::move(candidate), *policy_->suffixes, today()), gid);
  const auto done = read_flow_events(
      search(*period), "{ $.cat = \"client\" }",
      [&](std::int64_t timestamp, std::string_view message) { replay.add(timestamp, message); });
  if (!done) return tl::unexpected(done.error());
  std::ostringstream out;
  review::print_replay_json(replay, today(), out);
  return std::move(out).str();
}

// What there is to ask. A search takes its time, so only a few may run.
struct Answer {
  std::string_view which;
  bool searches = false;
  ApiResult<std::string> (Answering::*answer)() = nullptr;
};
constexpr Answer kAnswers[] = {
    {"explain", false, &Answering::explain}, {"policy", true, &Answering::show},
    {"usage", true, &Answering::usage},      {"allowlist", true, &Answering::allowlist},
    {"rules", false, &Answering::rules},     {"replay", true, &Answering::replay},
};

logs::ServiceAnswer answer(const Answer& asked, const PolicyQuestion& question, Policy policy) {
  auto fields = RequestFields::parse(question.body);
  if (!fields) return to_answer(fields.error());
  auto text = (Answering(question, *std::move(fields), std::move(policy)).*asked.answer)();
  if (!text) return to_answer(text.error());
  return {.status = 200, .body = *std::move(text), .error_type = {}};
}

}  // namespace

logs::ServiceAnswer answer_policy_question(std::string_view which, const PolicyQuestion& question,
                                           std::atomic<int>& searches) {
  const auto* asked = std::ranges::find(kAnswers, which, &Answer::which);
  DN_CHECK(asked != std::end(kAnswers), "the router knows the same paths");
  Policy policy = question.sources.policy ? question.sources.policy() : nullptr;
  if (policy == nullptr) {
    auto none = to_answer(ApiError{ErrorType::ResourceNotFound, std::string(kNoPolicy)});
    none.status = 404;
    return none;
  }
  if (!asked->searches) return answer(*asked, question, std::move(policy));
  const Place place(searches, kSearchesMax);
  if (!place.taken()) {
    auto busy = to_answer(ApiError{ErrorType::LimitExceeded, std::string(kBusy)});
    busy.status = 429;
    return busy;
  }
  return answer(*asked, question, std::move(policy));
}

}  // namespace dn::console
