// Messages to the service supervisor, by the datagram protocol of sd_notify(3) and its own code.
//
// One datagram per message to the socket named by NOTIFY_SOCKET: "READY=1", "STATUS=…",
// "WATCHDOG=1", "STOPPING=1", several lines at once if need be. Written out here because it is
// short and keeps a library with many dependencies out of a privileged process. Left out:
// descriptors and credentials in the message, vsock addresses. Covered by notify_test.cc.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace dn::net {

// Sends one message. True when it was sent, false when no supervisor asked for messages. Never
// waits: a supervisor that does not read is an error, as is a bad address.
Result<bool> notify_supervisor(std::string_view message);

// How long the supervisor waits between two "WATCHDOG=1" of this process before it restarts us;
// nothing when it does not watch.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace dn::net
