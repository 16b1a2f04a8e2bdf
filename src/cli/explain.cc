// Reads the policy, asks, and prints the answer in one of its two forms.
#include "cli/explain.h"

#include <fmt/format.h>

#include <string>

#include "cli/cloud_policy.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/text_table.h"
#include "config/field_text.h"
#include "review/client_binding.h"
#include "review/explanation.h"

namespace dn::cli {
namespace {

using review::Explanation;
using review::Flow;
// What the configuration says about the source; empty where it says nothing.
using Source = policy::ClientBinding;

std::string headline(const Explanation& answer) {
  if (answer.by_see_thru) return "allowed by see-thru";
  return answer.allowed ? "allowed" : "refused";
}

void print_people(const Flow& flow, const Explanation& answer, const Source& source, World& world) {
  auto& out = world.out;
  const auto& reason = row_of(answer.reason);
  out << paint(headline(answer), answer.allowed ? Colour::Good : Colour::Bad, world.colour)
      << fmt::format(": {} to {}:{} ({})\n", to_text(flow.source), review::destination_of(flow),
                     flow.port, to_text(flow.protocol));
  if (!source.where.empty()) {
    out << fmt::format("client: {}, groups {}\n", source.where, fmt::join(source.gids, ", "));
  }
  if (answer.by_see_thru) {
    out << fmt::format("see-thru: {} until {}\n", answer.gid, answer.addr);
  } else if (answer.allowed) {
    out << fmt::format("rule: {}: {}\n", answer.gid, answer.addr);
  }
  if (answer.reason != Reason::None) {
    out << fmt::format("{}: {}: {}\n", answer.allowed ? "without it" : "reason", reason.slug,
                       reason.sentence);
  }
  if (!answer.checks.empty()) out << "at run time the gateway verifies that:\n";
  for (const auto& check : answer.checks) out << "  - " << check << "\n";
  if (answer.reason != Reason::None) {
    for (const auto& line : review::advice_for(flow, answer, source)) out << line << "\n";
  }
  if (!answer.allowed && flow.address && flow.protocol == Protocol::Tls) {
    out << "a handshake to this address that names a host is judged by that name: ask again with "
           "it\n";
  }
}

}  // namespace

int run_explain(const ExplainArguments& arguments, World& world) {
  const auto flow = review::read_flow({.source = arguments.source,
                                       .destination = arguments.destination,
                                       .port = arguments.port,
                                       .protocol = arguments.protocol});
  if (!flow) {
    world.err << fmt::format("discriminat: --to {}: write a host name or an IPv4 address\n",
                             config::quoted(arguments.destination));
    return kExitCannot;
  }
  auto loaded = load_policy(arguments.config, world);
  if (!loaded) return loaded.error();
  const auto suffixes = load_suffixes(loaded->gateway.public_suffix_list, world);
  const Source* binding = review::find_binding(loaded->policy.clients, flow->source);
  const Source source = binding == nullptr ? Source() : *binding;
  const auto compiled = policy::compile_policy(loaded->policy, suffixes, world.today);
  const Explanation answer = review::explain_flow(*flow, *compiled.snapshot, world.today);
  if (arguments.json) {
    review::print_explanation_json(*flow, answer, source, world.out);
  } else {
    print_people(*flow, answer, source, world);
  }
  return answer.allowed ? kExitGood : kExitNo;
}

}  // namespace dn::cli
