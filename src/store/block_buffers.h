// LoadedBlock's memory: apart, so that those who read blocks do not see files and zstd.
#pragma once

#include <string>

#include "store/loaded_block.h"
#include "store/segment_files.h"

namespace dn::store {

struct LoadedBlock::Buffers {
  BlockReader reader;
  std::string message;  // the decoded message of an envelope
  std::string text;     // of from_text_for_test()
};

}  // namespace dn::store
