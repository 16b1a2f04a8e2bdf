#include "store/loaded_block.h"

#include <algorithm>

#include "store/block_buffers.h"
#include "store/log_line.h"

namespace dn::store {

LoadedBlock::LoadedBlock() : buffers_(std::make_unique<Buffers>()) {}
LoadedBlock::~LoadedBlock() = default;
LoadedBlock::LoadedBlock(LoadedBlock&&) noexcept = default;
LoadedBlock& LoadedBlock::operator=(LoadedBlock&&) noexcept = default;

LoadedBlock LoadedBlock::from_text_for_test(const BlockInfo& info, std::string_view lines) {
  LoadedBlock block;
  block.info_ = info;
  block.buffers_->text = lines;
  block.buffers_->text.resize(lines.size() + records::kMessagePadding);
  block.lines_ = std::string_view(block.buffers_->text).substr(0, lines.size());
  return block;
}

std::optional<records::LogEvent> LoadedBlock::next_event(std::size_t& at) {
  while (at < lines_.size()) {
    const std::size_t begin = at;
    const std::size_t end = std::min(lines_.find('\n', begin), lines_.size());
    at = std::min(end + 1, lines_.size());
    const std::string_view line = lines_.substr(begin, end - begin);
    const auto facts = read_line_facts(line);
    if (!facts) continue;
    std::string_view message = line;
    if (!facts->plain) {
      const auto decoded = envelope_message(line, buffers_->message);
      if (!decoded) continue;
      message = *decoded;
    }
    return records::LogEvent{
        .key = {facts->timestamp, info_.stream, info_.segment, info_.offset + begin},
        .ingestion_time = facts->ingestion,
        .message = message};
  }
  return {};
}

}  // namespace dn::store
