#include "cli/import_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "base/time.h"
#include "cli/time_argument.h"
#include "config/field_text.h"
#include "logs/names.h"
#include "review/flow_line.h"
#include "store/log_line.h"

namespace dn::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 64;
constexpr std::int64_t kTimestampMax = 253'402'300'799'999;  // the end of the year 9999

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Whether an object that goes on with "[" has just named its member `events`.
bool ends_in_events_key(std::string_view object) {
  object = trim_end(object);
  if (!object.ends_with(':')) return false;
  object = trim_end(object.substr(0, object.size() - 1));
  constexpr std::string_view kKey = "\"events\"";
  if (!object.ends_with(kKey)) return false;
  object = trim_end(object.substr(0, object.size() - kKey.size()));
  return object.ends_with('{') || object.ends_with(',');
}

// Without the blanks between its parts, so that it is one line.
std::string compact(std::string_view object) {
  std::string out;
  bool in_string = false;
  bool escaped = false;
  for (const char c : object) {
    if (!in_string && is_blank(c)) continue;
    out += c;
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = in_string && c == '\\' && !escaped;
  }
  return out;
}

std::optional<std::int64_t> integer_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  const std::int64_t* number = value == nullptr ? nullptr : value->if_int64();
  if (number == nullptr) return {};
  return *number;
}

const json::string* string_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

Result<ImportedEvent> check_event(ImportedEvent event) {
  if (event.message.empty()) return fail("the message is empty");
  if (event.message.size() > store::kMessageBytesMax) {
    return fail(fmt::format("the message has {} bytes; {} are the most", event.message.size(),
                            store::kMessageBytesMax));
  }
  if (event.timestamp < 0 || event.timestamp > kTimestampMax) {
    return fail("the timestamp is no number of milliseconds since 1970");
  }
  if (!event.stream.empty() && !logs::is_stream_name(event.stream)) {
    return fail(fmt::format("{} cannot name a stream", config::quoted(event.stream)));
  }
  return event;
}

// An event of the API, or an envelope that is not in its exact form.
std::optional<ImportedEvent> read_members(const json::object& object, std::string_view time,
                                          std::string_view message) {
  const auto timestamp = integer_at(object, time);
  const json::string* text = string_at(object, message);
  if (!timestamp || text == nullptr) return {};
  return ImportedEvent{*timestamp, std::string(text->data(), text->size()),
                       std::string(review::text_of(object, "logStreamName")),
                       std::string(review::text_of(object, "eventId"))};
}

// A moment in RFC 3339, in milliseconds.
std::optional<std::int64_t> read_time(std::string_view text) {
  if (!text.contains(':')) return {};  // no durations, no days
  const auto time = TimeArgument::parse(text);
  if (!time) return {};
  return time->as_begin(WallTime{}).time_since_epoch().count();
}

Result<ImportedEvent> read_parsed(const json::object& object, std::string_view text) {
  if (auto event = read_members(object, "timestamp", "message")) {
    return check_event(*std::move(event));
  }
  if (auto event = read_members(object, "@timestamp", "@message")) {
    return check_event(*std::move(event));
  }
  const std::string_view time = review::text_of(object, "time");
  if (time.empty()) {
    return fail("neither an event (timestamp and message) nor a log line (time)");
  }
  const auto timestamp = read_time(time);
  if (!timestamp) return fail(fmt::format("{} is no time of RFC 3339", config::quoted(time)));
  const bool one_line = !text.contains('\n');
  return check_event({*timestamp, one_line ? std::string(text) : compact(text), {}, {}});
}

}  // namespace

Result<ImportedEvent> read_import_object(std::string_view text) {
  // An envelope may hold what the JSON library refuses: bytes that are no UTF-8.
  const auto facts = store::read_line_facts(text);
  if (facts && !facts->plain) {
    std::string scratch;
    if (const auto message = store::envelope_message(text, scratch)) {
      return check_event({facts->timestamp, std::string(*message), {}, {}});
    }
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code wrong;
  const json::value value = json::parse(text, wrong, {}, options);
  if (wrong) return fail(fmt::format("no JSON: {}", wrong.message()));
  return read_parsed(value.as_object(), text);
}

ImportReader::ImportReader(std::function<void(ImportedEvent)> on_event,
                           std::function<void(Problem)> on_problem)
    : on_event_(std::move(on_event)),
      on_problem_(std::move(on_problem)) {}

void ImportReader::feed(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    // Most of the text is the inside of strings.
    if (place_ == Place::Object && in_string_ && !escaped_) {
      const std::size_t end = std::min(text.find_first_of("\"\\\n", at), text.size());
      object_.append(text, at, end - at);
      bytes_ += end - at;
      column_one_ = column_one_ && end == at;
      at = end;
      if (at == text.size()) break;
    }
    take(text[at]);
    ++bytes_;
  }
  if (object_.size() > kObjectBytesMax) {
    break_off(object_line_, fmt::format("an object of more than {} bytes", kObjectBytesMax));
  }
}

void ImportReader::take(char c) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes_ < kByteOrderMark.size() && c == kByteOrderMark[bytes_] && place_ == Place::Between) {
    return;
  }
  if (column_one_ && c == '{' && place_ != Place::Between) {
    if (place_ != Place::SkipLine) {
      break_off(place_ == Place::Tail ? document_line_ : object_line_,
                place_ == Place::Tail ? "the document does not end" : "the object does not end");
    }
    if (place_ == Place::Tail) in_document_ = false;
    place_ = Place::Between;
  }
  switch (place_) {
    case Place::Between: take_between(c); break;
    case Place::Object:
    case Place::Tail: take_inside(c); break;
    case Place::SkipLine:
      if (c == '\n') place_ = Place::Between;
      break;
  }
  column_one_ = c == '\n';
  if (c == '\n') ++line_;
}

void ImportReader::take_between(char c) {
  if (is_blank(c)) return;
  if (c == '{') {
    begin_object();
  } else if (c == '[' && lists_ == 0) {
    lists_ = 1;
    recovering_ = false;
  } else if (c == ']' && lists_ == 1) {
    lists_ = 0;
    depth_ = 1;
    place_ = in_document_ ? Place::Tail : Place::Between;
  } else if (c != ',' || lists_ == 0) {
    break_off(line_, "this is no JSON");
    place_ = Place::SkipLine;
  }
}

void ImportReader::begin_object() {
  recovering_ = false;
  place_ = Place::Object;
  object_line_ = line_;
  object_ = '{';
  depth_ = 1;
}

void ImportReader::take_inside(char c) {
  if (in_string_) {
    if (c == '\n') {
      break_off(object_line_, "a line ends inside a string");
      place_ = Place::Between;
      return;
    }
    if (c == '"' && !escaped_) in_string_ = false;
    escaped_ = c == '\\' && !escaped_;
  } else if (c == '"') {
    in_string_ = true;
  } else if (c == '[' && depth_ == 1 && place_ == Place::Object && ends_in_events_key(object_)) {
    begin_events();
    return;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if (c == '}' || c == ']') {
    --depth_;
  }
  if (place_ == Place::Object) object_ += c;
  if (depth_ == 0) end_object();
}

// The object is a document, not an event.
void ImportReader::begin_events() {
  if (in_document_) report(document_line_, "the document does not end");
  recovering_ = false;
  in_document_ = true;
  document_line_ = object_line_;
  lists_ = 1;
  object_.clear();
  place_ = Place::Between;
}

void ImportReader::end_object() {
  if (place_ == Place::Tail) {
    in_document_ = false;
    place_ = Place::Between;
    return;
  }
  place_ = Place::Between;
  auto event = read_import_object(object_);
  if (event) {
    on_event_(*std::move(event));
  } else {
    report(object_line_, event.error().message);
    recovering_ = false;  // the text around it is sound
  }
  object_.clear();
}

void ImportReader::break_off(std::uint64_t line, std::string what) {
  report(line, std::move(what));
  object_.clear();
  in_string_ = escaped_ = false;
  if (place_ == Place::Tail) in_document_ = false;
  // Broken inside a line: its rest is broken too.
  place_ = column_one_ ? Place::Between : Place::SkipLine;
}

void ImportReader::report(std::uint64_t line, std::string what) {
  if (!std::exchange(recovering_, true)) on_problem_({line, std::move(what)});
}

void ImportReader::finish() {
  if (place_ == Place::Object) break_off(object_line_, "the object does not end");
  if (in_document_) break_off(document_line_, "the document does not end");
  if (lists_ == 1 && !in_document_ && place_ == Place::Between && !recovering_) {
    report(line_, "the list does not end");
  }
}

}  // namespace dn::cli
