// Fuzzes what the store reads from its files: segment_index.h with segment_files.h, log_line.h,
// value_set.h and catalog_names.h. The first byte chooses.
//
//   'i' a compressed segment; 'I' one whose index gets its right checksum first, so that what
//   stands behind the checksum is reached too; 'l' a line; 'm' any message; 'n' names and records
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "store/catalog_names.h"
#include "store/log_line.h"
#include "store/segment_files.h"
#include "store/stable_hash.h"
#include "store/value_set.h"

namespace {

using namespace dn::store;

constexpr std::size_t kLookedAt = 8;  // blocks and groups of one input

void mend_checksum(std::string& file) {
  constexpr std::size_t kBehind = 16;  // the checksum and the magic bytes
  if (file.size() < kIndexFooterBytes) return;
  const auto at = parse_index_footer(std::string_view(file).substr(file.size() - kIndexFooterBytes),
                                     file.size());
  if (!at) return;
  const std::uint64_t checksum =
      stable_hash(std::string_view(file).substr(*at, file.size() - *at - kBehind));
  for (std::size_t i = 0; i < 8; ++i) {
    file[file.size() - kBehind + i] = static_cast<char>(checksum >> (8 * i));
  }
}

void read_segment(std::string file, bool mend) {
  if (mend) mend_checksum(file);
  const OpenFile memory(::memfd_create("segment", MFD_CLOEXEC));
  if (!memory.is_open() || ::write(memory.get(), file.data(), file.size()) < 0) return;
  const auto index = read_index(memory.get());
  if (!index) return;
  std::uint64_t next = 0;
  BlockReader reader;
  for (std::size_t i = 0; i < index->blocks.size(); ++i) {
    const CompressedBlock& block = index->blocks[i];
    DN_CHECK(block.facts.offset == next, "blocks follow each other");
    DN_CHECK(block.frame_at + block.frame_bytes <= file.size(), "frames are in the file");
    next += block.facts.bytes;
    if (i >= kLookedAt) continue;
    const auto lines =
        reader.read_compressed(memory.get(), *index, block.facts.offset, block.facts.bytes);
    DN_CHECK(!lines || lines->size() == block.facts.bytes, "all of it or a failure");
  }
  DN_CHECK(next == index->bytes, "the blocks are the segment");
  for (std::size_t group = 0; group < std::min(kLookedAt, index->groups.size()); ++group) {
    [[maybe_unused]] const auto found =
        read_filter(memory.get(), *index, group, stable_hash(std::to_string(group)));
  }
}

void read_line(std::string_view line) {
  const auto facts = read_line_facts(line);
  std::string scratch;
  const auto message = envelope_message(line, scratch);
  if (!facts || facts->plain || !message) return;
  std::string again, other;
  append_line(again, facts->timestamp, facts->ingestion, *message);
  again.pop_back();
  // A message that has become plain is its own line; any other is an envelope of the same message.
  const auto kept = envelope_message(again, other);
  DN_CHECK(kept ? *kept == *message : again == *message, "a message is stored without loss");
}

void write_message(std::string_view message) {
  std::string line, scratch;
  append_line(line, 1, 2, message);
  DN_CHECK(line.ends_with('\n') && line.find('\n') + 1 == line.size(), "an event is one line");
  line.pop_back();
  const auto facts = read_line_facts(line);
  DN_CHECK(facts && facts->timestamp == 1, "what is written can be read");
  DN_CHECK((facts->plain ? line : envelope_message(line, scratch)) == message,
           "any bytes come back");
  ValueSet values;
  values.add_message(message);
  DN_CHECK(values.hashes().size() <= message.size(), "a value has at least its quotes");
}

void read_names(std::string_view text) {
  if (const auto name = decode_directory_name(text)) {
    DN_CHECK(encode_directory_name(*name) == text, "one name, one directory");
  }
  if (!text.empty() && text.size() <= kNameBytesMax) {
    const std::string directory = encode_directory_name(text);
    DN_CHECK(directory.size() <= kDirectoryNameMax && !directory.starts_with('.') &&
                 !directory.contains('/') && !directory.contains('\0'),
             "a name stays in its place");
  }
  if (const auto record = parse_record(text)) {
    const auto again = parse_record(format_record(*record));
    DN_CHECK(again && again->name == record->name, "a record is kept without loss");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest = dn::as_text({data + 1, size - 1});
  switch (data[0]) {
    case 'i':
    case 'I': read_segment(std::string(rest), data[0] == 'I'); break;
    case 'l': read_line(rest); break;
    case 'm': write_message(rest); break;
    case 'n': read_names(rest); break;
    default: break;
  }
  return 0;
}
