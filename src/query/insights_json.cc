#include "query/insights_json.h"

#include <cstring>

#include "records/log_event.h"

namespace dn::query::insights {

bool JsonIndex::read(std::string_view text) {
  constexpr std::size_t kFirstCapacity = 65536;
  if (text.empty()) return false;
  if (text.size() > capacity_) {
    capacity_ = std::max(text.size(), kFirstCapacity);
    stage_.reset();
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity_, kJsonDepthMax, stage_);
    if (error != simdjson::SUCCESS) {
      capacity_ = 0;
      return false;
    }
  }
  text_ = text;
  has_escapes_ = std::memchr(text.data(), '\\', text.size()) != nullptr;
  if (has_escapes_ && text.size() > unescaped_capacity_) {
    unescaped_capacity_ = capacity_;
    unescaped_ = std::make_unique<char[]>(unescaped_capacity_ + records::kMessagePadding);
  }
  return stage_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                        simdjson::stage1_mode::regular) == simdjson::SUCCESS;
}

// An unescaped string is never longer than its escaped form, so each fits at its own place; what
// the library writes behind its end is overwritten by the strings that follow.
bool JsonIndex::unescape(std::string_view& text) {
  if (std::memchr(text.data(), '\\', text.size()) == nullptr) return true;
  const auto offset = static_cast<std::size_t>(text.data() - text_.data());
  auto* const into = reinterpret_cast<std::uint8_t*>(unescaped_.get()) + offset;
  const std::uint8_t* const end =
      stage_->parse_string(reinterpret_cast<const std::uint8_t*>(text.data()), into);
  if (end == nullptr) return false;
  text = {unescaped_.get() + offset, static_cast<std::size_t>(end - into)};
  return true;
}

}  // namespace dn::query::insights
