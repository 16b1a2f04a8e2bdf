// ImportReader: events out of text of any size, as it comes.
//
// Understands, in any mixture and one behind the other:
//   - what `aws logs filter-log-events` and `aws logs get-log-events` print: an object with a list
//     `events`, and any list of such events;
//   - JSON Lines: a gateway's own lines, whose time is their first field, and the store's envelopes
//     (store/log_line.h); also such objects over several lines or in a list, as jq prints them.
//
// One object of an event is kept in memory at a time, at most kObjectBytesMax. The text around the
// objects is only skimmed, by counting braces: depth costs nothing, and what is broken costs as
// little as possible. Broken text is told once with its line, and reading goes on at the next line
// that begins an object: a `{` in the first column always begins a new one, and a line end inside a
// string ends its object, because no JSON has that. So a torn line, or a document that was cut off,
// never takes its neighbours along. Covered by import_reader_test.cc and fuzz/import_fuzz.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dn::cli {

struct ImportedEvent {
  std::int64_t timestamp = 0;  // milliseconds since 1970
  std::string message;
  std::string stream;  // logs::is_stream_name(); empty: the input does not say
  std::string id;      // eventId; empty likewise
};

// The event in the text of one JSON object. The error says why there is none.
Result<ImportedEvent> read_import_object(std::string_view text);

class ImportReader {
 public:
  // An escaped message of 1 MiB and what stands around it.
  static constexpr std::size_t kObjectBytesMax = 8UL << 20U;

  struct Problem {
    std::uint64_t line = 0;  // from 1
    std::string what;
  };
  ImportReader(std::function<void(ImportedEvent)> on_event,
               std::function<void(Problem)> on_problem);

  void feed(std::string_view text);
  void finish();  // no more text will come
  std::uint64_t line() const { return line_; }

 private:
  enum class Place : std::uint8_t {
    Between,   // objects
    Object,    // inside one that may be an event
    Tail,      // of a document, behind its events
    SkipLine,  // broken text
  };
  void take(char c);
  void take_between(char c);
  void take_inside(char c);
  void begin_object();
  void end_object();
  void begin_events();
  void break_off(std::uint64_t line, std::string what);
  void report(std::uint64_t line, std::string what);

  std::function<void(ImportedEvent)> on_event_;
  std::function<void(Problem)> on_problem_;
  Place place_ = Place::Between;
  std::string object_;
  std::uint64_t line_ = 1, object_line_ = 1, document_line_ = 1;
  std::uint64_t bytes_ = 0;   // taken so far
  std::size_t depth_ = 0;     // of braces and brackets, inside an object or a tail
  std::size_t lists_ = 0;     // between objects: 1 inside a list
  bool in_document_ = false;  // the list is the `events` of one
  bool in_string_ = false, escaped_ = false;
  bool column_one_ = true;
  bool recovering_ = false;  // the breakage is told; nothing more is, until an object begins
};

}  // namespace dn::cli
