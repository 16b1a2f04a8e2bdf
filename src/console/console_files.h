// ConsoleFiles: the files of the browser's console, inside this program.
//
// web/build.mjs packs them into one bundle: a line of JSON, then the bytes it points to.
//
//   [{"path": "/index.html", "type": "text/html; charset=utf-8", "immutable": false,
//     "plain": [OFFSET, SIZE], "brotli": [OFFSET, SIZE]}, …]
//
// Offsets count from behind the line. Both forms are there, because not every browser takes brotli
// from an address without TLS. A file is found by its exact path: nothing is decoded or joined, so
// there is nothing to climb out of. Covered by console_files_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dn::console {

struct ConsoleFile {
  std::string path, type;
  bool immutable = false;  // its name holds a hash of its content
  std::string_view plain, brotli;
};

class ConsoleFiles {
 public:
  // Of the bundle that this program was built with; without files where it was built without one.
  static ConsoleFiles built_in();
  // The files' bytes point into `bundle`. Fails with what is wrong with it.
  static Result<ConsoleFiles> parse(std::string_view bundle);

  const ConsoleFile* find(std::string_view path) const;
  bool empty() const { return files_.empty(); }

 private:
  std::vector<ConsoleFile> files_;
};

}  // namespace dn::console
