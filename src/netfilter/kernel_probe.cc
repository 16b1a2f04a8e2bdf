// See kernel_probe.h.
#include "netfilter/kernel_probe.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <sys/socket.h>

#include "net/child_process.h"
#include "netfilter/netlink.h"

namespace dn::netfilter {
namespace {

constexpr std::uint32_t kTarget = 1;  // NFTA_COMPAT_TYPE: 0 is a match, 1 a target

constexpr const char* kQueueScript = R"(table ip discriminat_probe {
  chain probe { type filter hook forward priority 0; queue num 1040; }
})";

// -c takes the transaction up to the kernel's own checks and then back.
Result<bool> has_native_queue() {
  const auto outcome =
      net::run_child({.arguments = {"nft", "-c", "-f", "-"}, .input = kQueueScript});
  if (!outcome) return tl::unexpected(outcome.error());
  return outcome->exit_code == 0;
}

Result<bool> has_xt_queue() {
  auto socket = NetlinkSocket::open();
  if (!socket) return tl::unexpected(socket.error());
  MessageBuffer request;
  nlmsghdr* message = request.begin(message_type(NFNL_SUBSYS_NFT_COMPAT, NFNL_MSG_COMPAT_GET),
                                    NLM_F_ACK, static_cast<std::uint8_t>(NFPROTO_IPV4));
  mnl_attr_put_strz(message, NFTA_COMPAT_NAME, "NFQUEUE");
  mnl_attr_put_u32(message, NFTA_COMPAT_REV, __builtin_bswap32(3));
  mnl_attr_put_u32(message, NFTA_COMPAT_TYPE, __builtin_bswap32(kTarget));
  return socket->exchange(request.bytes()) == 0;
}

}  // namespace

Result<std::vector<QueueForm>> find_queue_forms() {
  const auto native = has_native_queue();
  if (!native) return tl::unexpected(native.error());
  const auto xt = has_xt_queue();
  if (!xt) return tl::unexpected(xt.error());
  std::vector<QueueForm> forms;
  if (*native) forms.push_back(QueueForm::Native);
  if (*xt) forms.push_back(QueueForm::Xt);
  if (!forms.empty()) return forms;
  return fail(
      "this kernel can queue packets neither by nft (module nft_queue) nor by xt (modules "
      "nft_compat and xt_NFQUEUE), or nft was refused: run as root, load one of them");
}

}  // namespace dn::netfilter
