// Threads that packets do not wait for give way to those that they do wait for.
//
// A policy of 100,000 rules takes a third of a second to compile. Where there are as many busy
// packet loops as CPUs a packet would wait behind that: the scheduler lets a thread of the same
// priority finish its slice. Niceness 10 leaves a tenth of a contended CPU, so that policies get
// through, and systemd hears from us, while packets flood. A lock that is shared with a packet loop
// is held for a copy at most: its holder may be the one that waits. tests/e2e/test_privileges.py
// reads what the kernel says of each thread.
#pragma once

namespace dn::daemon {

// For good; of the calling thread and those that it starts from then on.
void give_way_to_packets();

}  // namespace dn::daemon
