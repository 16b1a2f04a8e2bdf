#include "logs/live_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "logs/event_page.h"
#include "logs/event_stream.h"
#include "logs/json_writer.h"

namespace dn::logs {
namespace {

constexpr std::size_t kGroupsMax = 10;
constexpr std::size_t kStreamNamesMax = 100;

// How far a stream has been read: everything in front of it.
struct ReadUpTo {
  std::uint64_t segment = 0, offset = 0;
  auto operator<=>(const ReadUpTo&) const = default;
};

ReadUpTo end_of(const store::BlockInfo& block) {
  return {block.segment, block.offset + block.bytes};
}

struct StreamLabel {
  std::size_t group = 0;
  std::string name;
};

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).open_list();
  for (const std::string& text : texts) json.text(text);
  json.close_list();
}

class Session : public LiveTail {
 public:
  Session(ServiceState& service, TailRequest request, query::FilterPattern pattern)
      : service_(service),
        request_(std::move(request)),
        matcher_(std::move(pattern)),
        begun_(service.clock()) {}
  ~Session() override { --service_.tail_sessions; }

  // Everything that is there now has been read. The error: a group is not there.
  ApiResult<void> begin();
  std::string next_frames(WallTime now) override;
  bool ended() const override { return ended_; }

 private:
  std::string opening_frames() const;
  std::string update_frame();
  ApiResult<std::vector<store::BlockInfo>> find_blocks(std::size_t group);
  bool is_chosen(const std::string& stream) const;
  void read_block(const store::BlockInfo& block, EventPage& page);
  std::int64_t oldest() const { return (begun_ - kLookBack).time_since_epoch().count(); }

  ServiceState& service_;
  const TailRequest request_;
  query::FilterMatcher matcher_;
  const WallTime begun_;
  bool opened_ = false, ended_ = false;
  std::map<std::uint64_t, ReadUpTo> read_;                 // by stream
  std::unordered_map<std::uint64_t, StreamLabel> labels_;  // by stream
  store::LoadedBlock loaded_;
};

ApiResult<void> Session::begin() {
  for (std::size_t group = 0; group < request_.groups.size(); ++group) {
    const auto blocks = find_blocks(group);
    if (!blocks) return tl::unexpected(blocks.error());
    for (const store::BlockInfo& block : *blocks) {
      read_[block.stream] = std::max(read_[block.stream], end_of(block));
    }
  }
  return {};
}

bool Session::is_chosen(const std::string& stream) const {
  if (!request_.streams.empty()) {
    return std::ranges::find(request_.streams, stream) != request_.streams.end();
  }
  return request_.prefixes.empty() ||
         std::ranges::any_of(request_.prefixes,
                             [&](const std::string& prefix) { return stream.starts_with(prefix); });
}

// Blocks of the chosen streams in the order in which they were written.
ApiResult<std::vector<store::BlockInfo>> Session::find_blocks(std::size_t group) {
  const std::string& name = request_.groups[group];
  const auto streams = service_.catalog.streams(name);
  if (!streams) return refuse(streams.error());
  std::vector<std::string> chosen;
  for (const store::StreamInfo& stream : *streams) {
    if (!is_chosen(stream.name)) continue;
    labels_.try_emplace(stream.id, StreamLabel{group, stream.name});
    chosen.push_back(stream.name);
  }
  // To the store, no name means every stream.
  if (chosen.empty()) return std::vector<store::BlockInfo>();
  auto blocks = service_.catalog.blocks(name, chosen, {.from = oldest()}, {});
  if (!blocks) return refuse(blocks.error());
  std::ranges::sort(*blocks, {}, [](const store::BlockInfo& block) {
    return std::tuple(block.stream, block.segment, block.offset);
  });
  return std::move(*blocks);
}

std::string Session::next_frames(WallTime now) {
  if (ended_) return "";
  if (!opened_) {
    opened_ = true;
    return opening_frames();
  }
  if (now - begun_ >= kSessionTimeMax) {
    ended_ = true;
    return format_frame(FrameKind::Exception, "SessionTimeoutException",
                        R"({"message":"The session has reached its time limit of 3 hours."})");
  }
  return update_frame();
}

std::string Session::opening_frames() const {
  std::vector<std::string> arns;
  for (const std::string& group : request_.groups) {
    arns.push_back(group_arn(service_.account, group));
  }
  JsonWriter json;
  json.open_object().key("logEventFilterPattern").text(request_.pattern);
  write_texts(json, "logGroupIdentifiers", arns);
  write_texts(json, "logStreamNamePrefixes", request_.prefixes);
  write_texts(json, "logStreamNames", request_.streams);
  json.key("requestId").text(make_uuid(service_.random));
  json.key("sessionId").text(make_uuid(service_.random)).close_object();
  return format_frame(FrameKind::Event, "initial-response", "{}") +
         format_frame(FrameKind::Event, "sessionStart", json.take());
}

std::string Session::update_frame() {
  EventPage page({.events = kUpdateEventsMax, .bytes = kUpdateBytesMax}, PageEnd::Oldest);
  std::size_t bytes = 0;
  bool skipped = false;
  for (std::size_t group = 0; group < request_.groups.size(); ++group) {
    const auto blocks = find_blocks(group);
    if (!blocks) continue;  // deleted meanwhile
    for (const store::BlockInfo& block : *blocks) {
      ReadUpTo& read = read_[block.stream];
      if (end_of(block) <= read) continue;
      if (bytes < kReadBytesMax) {
        read_block(block, page);
        bytes += block.bytes;
      } else {
        skipped = true;
      }
      read = end_of(block);
    }
  }
  JsonWriter json;
  json.open_object().key("sessionMetadata").open_object();
  json.key("sampled").flag(skipped || page.cut()).close_object();
  json.key("sessionResults").open_list();
  for (const PageEvent& event : page.take()) {
    const StreamLabel& label = labels_.at(event.key.stream);
    json.open_object().key("ingestionTime").number(event.ingestion_time);
    json.key("logGroupIdentifier").text(group_arn(service_.account, request_.groups[label.group]));
    json.key("logStreamName").text(label.name);
    json.key("message").text(event.message);
    json.key("timestamp").number(event.key.timestamp).close_object();
  }
  json.close_list().close_object();
  return format_frame(FrameKind::Event, "sessionUpdate", json.take());
}

// What of the block lies behind read_. A block that is gone is passed over.
void Session::read_block(const store::BlockInfo& block, EventPage& page) {
  if (!service_.catalog.load(block, loaded_)) return;
  const ReadUpTo& read = read_[block.stream];
  std::size_t at = 0;
  if (read.segment == block.segment && read.offset > block.offset) at = read.offset - block.offset;
  while (const auto event = loaded_.next_event(at)) {
    if (event->key.timestamp < oldest() || !matcher_.matches(event->message)) continue;
    page.add({event->key, event->ingestion_time, std::string(event->message)});
  }
}

}  // namespace

ApiResult<TailRequest> read_tail_request(RequestFields& fields, const Account& account) {
  TailRequest request;
  const ListRule names{.min = 1, .max = kStreamNamesMax};
  fields.require("logGroupIdentifiers");
  const auto identifiers =
      fields.texts("logGroupIdentifiers", {.min = 1, .max = kGroupsMax}, kGroupIdentifierRule);
  const auto streams = fields.texts("logStreamNames", names, kStreamNameRule);
  const auto prefixes = fields.texts("logStreamNamePrefixes", names, kStreamNameRule);
  request.pattern = fields.text("logEventFilterPattern", kFilterPatternRule).value_or("");
  if (const auto problem = fields.problem()) return tl::unexpected(*problem);
  if (streams && prefixes) {
    return refuse(ErrorType::InvalidParameter,
                  "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
  }
  if ((streams || prefixes) && identifiers->size() > 1) {
    return refuse(ErrorType::InvalidParameter,
                  "logStreamNames and logStreamNamePrefixes need exactly one log group.");
  }
  for (const std::string& identifier : *identifiers) {
    auto group = group_of_identifier(account, identifier);
    if (!group) return refuse(ErrorType::ResourceNotFound, std::string(kNoSuchGroup));
    if (std::ranges::find(request.groups, *group) == request.groups.end()) {
      request.groups.push_back(std::move(*group));
    }
  }
  request.streams = streams.value_or(std::vector<std::string>());
  request.prefixes = prefixes.value_or(std::vector<std::string>());
  return request;
}

ApiResult<std::unique_ptr<LiveTail>> begin_live_tail(ServiceState& service, TailRequest request) {
  auto pattern = query::FilterPattern::compile(request.pattern);
  if (!pattern) {
    return refuse(ErrorType::InvalidParameter,
                  fmt::format("Invalid filter pattern: {}", pattern.error().message));
  }
  auto session = std::make_unique<Session>(service, std::move(request), std::move(*pattern));
  if (++service.tail_sessions > kTailSessionsMax) {  // the session gives its place back
    return refuse(ErrorType::LimitExceeded,
                  fmt::format("There are {} sessions already.", kTailSessionsMax));
  }
  if (auto begun = session->begin(); !begun) return tl::unexpected(begun.error());
  return session;
}

}  // namespace dn::logs
