// Threads that packets do not wait for give way to those that they do wait for.
//
// A policy of 100,000 rules takes a third of a second to compile. Where there are as many busy
// packet loops as CPUs a packet would wait behind that: the scheduler lets a thread of the same
// priority finish its slice, which is some milliseconds. So what packets do not wait for has
// niceness 10 and shares one CPU, the last one that the process may use; and a packet loop has a
// short slice, so that it interrupts whoever runs when a packet comes (Linux 6.12, sched(7); older
// kernels ignore the slice). Nobody starves: niceness 10 leaves a tenth of a contended CPU, so that
// policies get through, and systemd hears from us, while packets flood. All without privileges; a
// call that fails changes nothing but times. What it gains: docs/performance.md.
//
// A lock that is shared with a packet loop is held for a copy at most: its holder may be the one
// that waits. tests/e2e/test_privileges.py reads what the kernel says of each thread.
#pragma once

namespace dn::daemon {

// Both for good. Of the calling thread and those that it starts from then on:
void give_way_to_packets();
// Of the calling thread; its share of a contended CPU stays what it was:
void interrupt_other_threads();

}  // namespace dn::daemon
