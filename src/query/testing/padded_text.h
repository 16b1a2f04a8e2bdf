// PaddedText: a message or a block with the readable bytes behind it that its readers may load.
//
// The bytes are chosen to tempt: what a reader takes from them shows up as a wrong answer, and what
// it takes from behind them is seen by the address sanitizer.
#pragma once

#include <string>
#include <string_view>

#include "records/log_event.h"

namespace dn::query::testing {

class PaddedText {
 public:
  explicit PaddedText(std::string_view text, char padding = '"')
      : bytes_(std::string(text) + std::string(records::kMessagePadding, padding)),
        size_(text.size()) {
    bytes_.shrink_to_fit();
  }
  std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
};

}  // namespace dn::query::testing
