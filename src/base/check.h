// DN_CHECK: an invariant of ours, checked in every build.
//
// It never guards anything that a peer, a user or the cloud can choose. A failed check ends the
// process; the kernel rules stay in place, so the gate stays closed and the supervisor restarts us.
#pragma once

namespace dn {

[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace dn

#define DN_CHECK(condition, why) \
  ((condition) ? void(0) : ::dn::check_failed(#condition, why, __FILE__, __LINE__))
