#include "capture/fragments.h"

#include <algorithm>
#include <utility>

namespace dn::capture {
namespace {

constexpr std::size_t kPendingMax = 4096;
constexpr std::size_t kPacketBytesMax = 0xffff;
constexpr std::uint16_t kMoreFragments = 0x2000, kOffsetMask = 0x1fff;

struct Piece {
  std::uint64_t addresses = 0;
  std::uint16_t id = 0;
  std::uint8_t protocol = 0;
  std::size_t offset = 0;
  bool more = false;
  ByteSpan header, body;
};

// Empty when a length contradicts another.
std::optional<Piece> read_piece(ByteSpan ip) {
  ByteCursor cursor(ip);
  Piece piece;
  const std::size_t header = std::size_t{4} * (cursor.take_u8() & 0xfU);
  cursor.take_u8();
  const std::size_t total = cursor.take_u16();
  piece.id = cursor.take_u16();
  const std::uint16_t field = cursor.take_u16();
  piece.more = (field & kMoreFragments) != 0;
  piece.offset = (field & kOffsetMask) * std::size_t{8};
  cursor.take_u8();
  piece.protocol = cursor.take_u8();
  cursor.take_u16();
  piece.addresses = std::uint64_t{cursor.take_u32()} << 32U;
  piece.addresses |= cursor.take_u32();
  if (cursor.failed() || header < 20 || total < header || total > ip.size()) return {};
  piece.header = ip.first(header);
  piece.body = ip.subspan(header, total - header);
  return piece;
}

std::vector<std::uint8_t> copy_of(ByteSpan bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::optional<ByteSpan> Fragments::add(ByteSpan ip) {
  if (ip.empty() || ip[0] >> 4U != 4) return ip;
  const auto piece = read_piece(ip);
  if (!piece || (!piece->more && piece->offset == 0)) return ip;
  if (pending_.size() >= kPendingMax) pending_.clear();
  const Key key{piece->addresses, piece->id, piece->protocol};
  Pending& pending = pending_[key];
  const std::size_t end = piece->offset + piece->body.size();
  const auto [known, fresh] = pending.pieces.try_emplace(piece->offset, copy_of(piece->body));
  if (fresh) {
    pending.bytes += piece->body.size();
  } else if (!std::ranges::equal(known->second, piece->body)) {
    pending.spoilt = true;
  }
  if (piece->offset == 0) pending.header = copy_of(piece->header);
  if (!piece->more) {
    if (pending.size.value_or(end) != end) pending.spoilt = true;
    pending.size = end;
  }
  if (end > kPacketBytesMax || pending.bytes > kPacketBytesMax) pending.spoilt = true;
  if (pending.spoilt) {
    pending.pieces.clear();  // kept as a mark, without its bytes
    return {};
  }
  return finish(key, pending);
}

std::optional<ByteSpan> Fragments::finish(const Key& key, const Pending& pending) {
  if (!pending.size || pending.header.empty() || pending.bytes < *pending.size) return {};
  std::vector<std::uint8_t> whole = pending.header;
  std::size_t at = 0;
  for (const auto& [offset, piece] : pending.pieces) {
    if (offset != at) return {};  // pieces overlap, as there are bytes enough
    whole.insert(whole.end(), piece.begin(), piece.end());
    at += piece.size();
  }
  if (at != *pending.size || whole.size() > kPacketBytesMax) return {};
  whole[2] = static_cast<std::uint8_t>(whole.size() >> 8U);
  whole[3] = static_cast<std::uint8_t>(whole.size());
  whole[6] = whole[7] = 0;
  finished_ = std::move(whole);
  pending_.erase(key);
  return ByteSpan(finished_);
}

}  // namespace dn::capture
