// See conntrack.h.
#include "netfilter/conntrack.h"

#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "engine/mark.h"
#include "netfilter/netlink.h"

namespace dn::netfilter {
namespace {

bool parse_tuple(ByteSpan attributes, ConntrackTuple& tuple) {
  bool is_tcp = false;
  AttributeReader reader(attributes);
  for (Attribute part; reader.next(part);) {
    AttributeReader inner(part.payload);
    for (Attribute field; inner.next(field);) {
      if (part.type == CTA_TUPLE_IP) {
        if (field.type == CTA_IP_V4_SRC) tuple.source = {field.u32()};
        if (field.type == CTA_IP_V4_DST) tuple.destination = {field.u32()};
      }
      if (part.type == CTA_TUPLE_PROTO) {
        if (field.type == CTA_PROTO_NUM) {
          is_tcp = !field.payload.empty() && field.payload[0] == IPPROTO_TCP;
        }
        if (field.type == CTA_PROTO_SRC_PORT) tuple.source_port = field.u16();
        if (field.type == CTA_PROTO_DST_PORT) tuple.destination_port = field.u16();
      }
    }
  }
  return is_tcp;
}

void put_original_tuple(nlmsghdr* message, const ConntrackTuple& tuple) {
  nlattr* outer = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
  nlattr* ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
  mnl_attr_put_u32(message, CTA_IP_V4_SRC, __builtin_bswap32(tuple.source.value));
  mnl_attr_put_u32(message, CTA_IP_V4_DST, __builtin_bswap32(tuple.destination.value));
  mnl_attr_nest_end(message, ip);
  nlattr* protocol = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
  mnl_attr_put_u8(message, CTA_PROTO_NUM, IPPROTO_TCP);
  mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, __builtin_bswap16(tuple.source_port));
  mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, __builtin_bswap16(tuple.destination_port));
  mnl_attr_nest_end(message, protocol);
  mnl_attr_nest_end(message, outer);
}

Result<bool> change(const MessageBuffer& request, const char* what) {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  const int error = socket->exchange(request.bytes());
  if (error == ENOENT) return false;
  if (error != 0) return fail(std::string(what) + ": " + std::strerror(error));
  return true;
}

}  // namespace

bool parse_conntrack_entry(ByteSpan attributes, ConntrackEntry& entry) {
  entry = {};
  bool has_original = false;
  AttributeReader reader(attributes);
  for (Attribute part; reader.next(part);) {
    switch (part.type) {
      case CTA_TUPLE_ORIG: has_original = parse_tuple(part.payload, entry.original); break;
      case CTA_TUPLE_REPLY: parse_tuple(part.payload, entry.reply); break;
      case CTA_MARK: entry.mark = part.u32(); break;
      case CTA_ID: entry.id = part.u32(); break;
      default: break;
    }
  }
  return has_original;
}

Result<void> dump_conntrack(MarkFilter filter, const OnEntry& each) {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  MessageBuffer request;
  nlmsghdr* message =
      request.begin(message_type(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET), NLM_F_DUMP, AF_INET);
  mnl_attr_put_u32(message, CTA_MARK, __builtin_bswap32(filter.value));
  mnl_attr_put_u32(message, CTA_MARK_MASK, __builtin_bswap32(filter.mask));
  ConntrackEntry entry;
  const int error = socket->dump(request.bytes(), [&](std::uint16_t, ByteSpan attributes) {
    // The kernel has filtered by mark; asked again here because old ones ignore what they do not
    // know, and ending the wrong connections is worse than a comparison.
    if (parse_conntrack_entry(attributes, entry) && (entry.mark & filter.mask) == filter.value) {
      each(entry);
    }
  });
  if (error != 0) return fail(std::string("reading conntrack: ") + std::strerror(error));
  return {};
}

Result<bool> erase_conntrack(const ConntrackEntry& entry) {
  MessageBuffer request;
  nlmsghdr* message =
      request.begin(message_type(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_DELETE), NLM_F_ACK, AF_INET);
  put_original_tuple(message, entry.original);
  mnl_attr_put_u32(message, CTA_ID, __builtin_bswap32(entry.id));
  return change(request, "erasing a conntrack entry");
}

Result<bool> revoke_conntrack(const ConntrackEntry& entry) {
  MessageBuffer request;
  // Without NLM_F_CREATE: only what is there is changed. Should the tuple have been taken by
  // another connection since the dump, that one is revoked: wrong, but closed, and it can try
  // again.
  nlmsghdr* message =
      request.begin(message_type(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW), NLM_F_ACK, AF_INET);
  put_original_tuple(message, entry.original);
  const std::uint32_t mark =
      engine::make_mark(engine::FlowMark::Revoked, engine::payload_of(entry.mark));
  mnl_attr_put_u32(message, CTA_MARK, __builtin_bswap32(mark));
  return change(request, "revoking a conntrack entry");
}

}  // namespace dn::netfilter
