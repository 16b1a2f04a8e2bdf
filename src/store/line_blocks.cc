#include "store/line_blocks.h"

#include <algorithm>

namespace dn::store {

std::size_t first_block_bytes(std::string_view bytes, bool at_end) {
  if (bytes.size() <= kBlockBytes && !at_end) return 0;
  const std::size_t last = bytes.substr(0, kBlockBytes).rfind('\n');
  if (last != std::string_view::npos) return last + 1;
  const std::size_t first = bytes.find('\n');
  return first == std::string_view::npos ? 0 : first + 1;
}

void BlockScanner::add_line(BlockFacts& facts, std::string_view line, ValueSet* values) {
  facts.bytes += static_cast<std::uint32_t>(line.size());
  ++facts.lines;
  line.remove_suffix(1);
  const auto read = read_line_facts(line);
  if (!read || !read->plain) facts.plain = false;
  if (!read) return;
  facts.first = std::min(facts.first, read->timestamp);
  facts.last = std::max(facts.last, read->timestamp);
  facts.last_ingestion = std::max(facts.last_ingestion, read->ingestion);
  if (values == nullptr) return;
  if (read->plain) return values->add_message(line);
  if (const auto message = envelope_message(line, scratch_)) values->add_message(*message);
}

void GrowingBlocks::add(std::string_view bytes) {
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    const std::string_view line = bytes.substr(0, end + 1);
    bytes.remove_prefix(line.size());
    const std::uint64_t at = read_to_;
    read_to_ += line.size();
    if (passing_over_ || line.size() > kBlockBytesMax) {
      passing_over_ = false;
      continue;
    }
    const bool follows = !blocks_.empty() && blocks_.back().offset + blocks_.back().bytes == at;
    if (!follows || blocks_.back().bytes + line.size() > kBlockBytes) {
      blocks_.emplace_back().offset = at;
    }
    scanner_.add_line(blocks_.back(), line, nullptr);
  }
}

void GrowingBlocks::pass_over(std::size_t bytes) {
  read_to_ += bytes;
  passing_over_ = true;
}

}  // namespace dn::store
