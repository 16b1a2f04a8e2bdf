// The number of files that the process may have open, raised as far as it may be.
#pragma once

namespace dn::net {

// The soft limit becomes the hard one. Where that is not allowed the old one stays: whoever opens
// many files asks for the limit and lives within it.
void raise_descriptor_limit();

}  // namespace dn::net
