// Threads that packets do not wait for give way to those that they do wait for.
//
// A policy of 100,000 rules takes a third of a second to compile, and the scheduler lets a thread
// of the same priority finish its slice, which is some milliseconds. Left to itself it also wakes a
// packet loop where the packet arrived, where it takes the CPU from the kernel's forwarding while
// another one idles. So each packet loop stays on a CPU of its own, the last ones that the process
// may use, and has a short slice there, so that it interrupts whoever else runs when a packet comes
// (Linux 6.12, sched(7); older kernels ignore the slice). All other threads share the other CPUs,
// or the first when there are as many loops; and what packets do not wait for at all has niceness
// 10 there. Nobody starves: niceness 10 leaves a tenth of a contended CPU, so that policies get
// through, and systemd hears from us, while packets flood. All without privileges; a call that
// fails changes nothing but times. What it gains: docs/performance.md.
//
// A lock that is shared with a packet loop is held for a copy at most: its holder may be the one
// that waits. tests/e2e/test_privileges.py reads what the kernel says of each thread.
#pragma once

#include <optional>
#include <vector>

namespace dn::daemon {

// All for good. Confines the calling thread, and those that it starts from then on, to the CPUs
// that packet loops leave; returns the CPU of each loop. Empty where the kernel does not say what
// the process may use.
std::vector<unsigned> set_cpus_aside(unsigned loops);
// Of the calling thread, a packet loop; its share of a contended CPU stays what it was:
void go_before_others(std::optional<unsigned> cpu);
// Of the calling thread and those that it starts from then on:
void give_way_to_packets();

}  // namespace dn::daemon
