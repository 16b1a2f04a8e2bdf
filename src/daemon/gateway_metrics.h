// What the gateway knows of itself → samples of the table of metrics.
//
// Pure: all of it stands in the GatewayStatus that is published every two seconds, so a scrape
// costs the gateway nothing but the text. Packet loops are added up where the table has no label
// for the queue. What this gateway does not have (a cloud, a shipper, a policy yet) has no sample.
// Covered by gateway_metrics_test.cc: each row of the table is filled.
#pragma once

#include "daemon/status_file.h"
#include "metrics/exposition.h"

namespace dn::daemon {

metrics::Samples samples_of(const GatewayStatus& status);

}  // namespace dn::daemon
