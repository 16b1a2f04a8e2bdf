#include "cli/cloud_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

#include "aws/signed_client.h"
#include "base/readable.h"
#include "cli/exit_codes.h"
#include "cli/input.h"
#include "cli/progress.h"
#include "net/random.h"

namespace dn::cli {
namespace {

using namespace std::chrono_literals;

// Longer waits are those of a gateway between two attempts.
constexpr Duration kWaitMost = 2s;
// Nothing is due within this time: what comes then is the next round.
constexpr Duration kSettled = 5s;

// The same question, with its failures counted.
template <class Answer>
auto counted(std::function<aws::ServiceResult<Answer>(const aws::Ec2Question&)> question,
             int& failures) {
  return [question = std::move(question), &failures](const aws::Ec2Question& asked) {
    auto answer = question(asked);
    if (!answer) failures += aws::is_denied(answer.error()) ? kCloudFailuresMax : 1;
    return answer;
  };
}

std::string progress_text(daemon::CloudReader& reader) {
  const auto problems = reader.problems();
  return fmt::format("reading the policy: {} interfaces, {} groups{}{}",
                     format_count(reader.interfaces()), format_count(reader.groups()),
                     problems.empty() ? "" : "; ", problems.empty() ? "" : problems.front());
}

}  // namespace

Result<std::optional<CloudPolicy>> read_cloud_policy(CloudAccess access, World& world) {
  int failures = 0;
  access.questions.interfaces = counted(std::move(access.questions.interfaces), failures);
  access.questions.groups = counted(std::move(access.questions.groups), failures);
  MonotonicTime now{};
  daemon::CloudReader reader(
      std::move(access.settings), std::move(access.questions), [] { return net::random_number(); },
      now);
  Progress progress(world);
  std::optional<policy::PolicyInput> input;
  while (failures < kCloudFailuresMax) {
    if (world.interrupted()) return std::nullopt;
    const bool asked = reader.step(now);
    if (auto news = reader.take(); news.input) input = std::move(news.input);
    progress.update([&] { return progress_text(reader); });
    if (asked) continue;
    const Duration wait = reader.next_step(now) - now;
    if (input && wait > kSettled) break;
    now += wait;
    world.pause(std::chrono::ceil<std::chrono::milliseconds>(std::min(wait, kWaitMost)));
  }
  auto problems = reader.problems();
  if (!input) return fail(fmt::format("{}", fmt::join(problems, "\n")));
  return CloudPolicy{*std::move(input), std::move(problems)};
}

tl::expected<CloudPolicy, int> take_cloud_policy(const config::GatewaySettings& settings,
                                                 World& world) {
  const auto report = [&](const std::string& message) {
    world.err << "discriminat: the policy cannot be read from the cloud:\n";
    std::istringstream lines(message);
    for (std::string line; std::getline(lines, line);) {
      world.err << "  " << printable(line, line.size()) << "\n";
    }
    return tl::unexpected(kExitCannot);
  };
  world.watch_interrupts();
  auto access = world.open_cloud(settings);
  if (!access) return report(access.error().message);
  auto read = read_cloud_policy(*std::move(access), world);
  if (!read) return report(read.error().message);
  if (!*read) return tl::unexpected(kExitInterrupted);
  return **std::move(read);
}

tl::expected<policy::PolicyInput, int> take_cloud_input(const config::GatewaySettings& settings,
                                                        World& world) {
  auto cloud = take_cloud_policy(settings, world);
  if (!cloud) return tl::unexpected(cloud.error());
  for (const std::string& problem : cloud->problems) {
    world.err << "discriminat: " << printable(problem) << "\n";
  }
  return std::move(cloud->input);
}

tl::expected<config::LoadedConfig, int> load_policy(const std::string& path, World& world) {
  auto loaded = load_good_config(path, world);
  if (!loaded) return tl::unexpected(kExitCannot);
  if (loaded->gateway.source == config::PolicySource::File) return *std::move(loaded);
  auto input = take_cloud_input(loaded->gateway, world);
  if (!input) return tl::unexpected(input.error());
  loaded->policy = *std::move(input);
  return *std::move(loaded);
}

}  // namespace dn::cli
