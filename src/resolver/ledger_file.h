// The saved ledger: what was known when the gateway stopped, so that a restart begins warm.
//
// JSON Lines: a first line with the format's version, one line per name and moment of freshness, a
// last line with the number of lines between. Stamps are wall-clock seconds, because the monotonic
// clock starts anew at boot. Written beside the target and renamed over it; not synced to the disk,
// because losing it costs only look-ups. Anything unexpected makes the whole file count as corrupt:
// it is read once to check and once to restore. Entries that ran out, or that are fresh further in
// the future than a TTL can reach (a wrong clock), are passed over.
// Covered by ledger_file_test.cc and ledger_file_fuzz.cc.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "engine/dns_ledger.h"

namespace dn::resolver {

inline constexpr std::size_t kLedgerLineBytesMax = 128 * 1024;
inline constexpr std::size_t kLedgerFileBytesMax = 1UL << 30U;

// Calls `visit` for each answer worth restoring; returns how many. A missing file has none. Fails,
// without any call, when the file is corrupt or unreadable.
Result<std::size_t> read_ledger_file(const std::string& path, WallTime now, Duration retention,
                                     const std::function<void(const engine::DnsAnswer&)>& visit);
// The same from an open file that can be read twice.
Result<std::size_t> read_ledger(std::istream& file, WallTime now, Duration retention,
                                const std::function<void(const engine::DnsAnswer&)>& visit);

// Saves a ledger in slices, so that a big one does not hold up questions. One thread; drop it to
// give up a save.
class LedgerSaver {
 public:
  static Result<LedgerSaver> begin(std::string path);
  LedgerSaver(LedgerSaver&&) noexcept;
  LedgerSaver& operator=(LedgerSaver&&) noexcept;
  ~LedgerSaver();

  // Writes the answers of the next `names_most` names. True when the file stands in its place.
  Result<bool> save_some(const engine::DnsLedger& ledger, const Now& now, std::size_t names_most);

 private:
  struct File;
  explicit LedgerSaver(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

}  // namespace dn::resolver
