// What a large account costs: CPU seconds and memory to read its policy from EC2 and to compile it.
//
//     cloud_bench             10,000 interfaces, 2,500 groups, 100,000 rules
//
// EC2 is played by its answers: pages of XML as it writes them, made when they are asked for (which
// is not measured) and parsed by aws/ec2_answers.h. Time is simulated, so minutes of sweeps take as
// long as their work. Memory is that of the whole process; the pages count while they live.
// Targets: from nothing to a compiled policy within 10 s of CPU and 500 MB.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>

#include "aws/ec2_answers.h"
#include "aws/xml.h"
#include "daemon/cloud_reader.h"
#include "memory.h"
#include "policy/policy_snapshot.h"

namespace {

using namespace std::chrono_literals;
using dn::MonotonicTime;
using dn::daemon::CloudReader;
using dn::policy::PolicyInput;
using dn::policy::PublicSuffixes;

constexpr std::size_t kInterfaces = 10'000;
constexpr std::size_t kGroups = 2'500;
constexpr std::size_t kMergedRules = 30;  // of a group: ranges of one permission
constexpr std::size_t kSingleRules = 10;  // permissions with a port of their own
constexpr std::size_t kInboundRules = 20;
constexpr dn::Date kToday{std::chrono::year(2026), std::chrono::month(11), std::chrono::day(22)};

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// -- the account ----------------------------------------------------------------------------------

std::string gid(std::size_t i) {
  return fmt::format("sg-{:017x}", i);
}

std::string interface_text(std::size_t i) {
  const std::string address = fmt::format("10.{}.{}.{}", i / 62500, i / 250 % 250, i % 250 + 4);
  const std::string name = fmt::format("ip-10-0-{}-{}.eu-west-1.compute.internal", i / 250, i);
  std::string groups;
  for (std::size_t n = 0; n < 1 + i % 3; ++n) {
    groups +=
        fmt::format("<item><groupId>{}</groupId><groupName>service-{}-{}</groupName></item>\n",
                    gid((i + n * 7) % kGroups), i % kGroups, n);
  }
  return fmt::format(
      R"(<item>
<networkInterfaceId>eni-{0:017x}</networkInterfaceId><subnetId>subnet-{0:017x}</subnetId>
<vpcId>vpc-0123456789abcdef0</vpcId><availabilityZone>eu-west-1a</availabilityZone>
<description>Primary network interface</description><ownerId>123456789012</ownerId>
<requesterManaged>false</requesterManaged><status>in-use</status>
<macAddress>02:00:00:00:00:01</macAddress><privateIpAddress>{1}</privateIpAddress>
<privateDnsName>{2}</privateDnsName><sourceDestCheck>true</sourceDestCheck>
<groupSet>{3}</groupSet>
<attachment><attachmentId>eni-attach-{0:017x}</attachmentId><instanceId>i-{0:017x}</instanceId>
<instanceOwnerId>123456789012</instanceOwnerId><deviceIndex>0</deviceIndex>
<networkCardIndex>0</networkCardIndex><status>attached</status>
<attachTime>2026-11-01T12:00:00.000Z</attachTime><deleteOnTermination>true</deleteOnTermination>
</attachment>
<tagSet><item><key>Name</key><value>service-{0}</value></item>
<item><key>team</key><value>team-{0}</value></item></tagSet>
<privateIpAddressesSet><item><privateIpAddress>{1}</privateIpAddress>
<privateDnsName>{2}</privateDnsName><primary>true</primary></item></privateIpAddressesSet>
<ipv6AddressesSet/><interfaceType>interface</interfaceType><operator><managed>false</managed>
</operator></item>
)",
      i, address, name, groups);
}

std::string permission(std::size_t from, std::size_t to, const std::string& ranges) {
  return fmt::format(
      "<item><ipProtocol>tcp</ipProtocol><fromPort>{}</fromPort><toPort>{}</toPort><groups/>\n"
      "<ipRanges>{}</ipRanges><ipv6Ranges/><prefixListIds/></item>\n",
      from, to, ranges);
}

std::string range(std::size_t number, const std::string& description) {
  return fmt::format("<item><cidrIp>192.0.2.{}/32</cidrIp><description>{}</description></item>\n",
                     number, description);
}

std::string group_text(std::size_t i, bool edited) {
  const auto rule = [&](std::size_t n) {
    return fmt::format(
        "discriminat:tls:api-{}.service-{}.example.com,*.team-{}-{}.example.net # {}", n, i, n, i,
        edited && n == 0 ? "edited" : "payments and the like");
  };
  std::string merged, outbound, inbound;
  for (std::size_t n = 0; n < kMergedRules; ++n) merged += range(n, rule(n));
  outbound = permission(443, 443, merged);
  for (std::size_t n = 0; n < kSingleRules; ++n) {
    outbound += permission(8000 + n, 8000 + n, range(n, rule(kMergedRules + n)));
  }
  for (std::size_t n = 0; n < kInboundRules; ++n) {
    inbound += permission(1000 + n, 1000 + n, range(n, "from the office"));
  }
  return fmt::format(
      R"(<item><ownerId>123456789012</ownerId><groupId>{0}</groupId>
<groupName>service-{1}</groupName><groupDescription>of service {1}</groupDescription>
<vpcId>vpc-0123456789abcdef0</vpcId><ipPermissions>{2}</ipPermissions>
<ipPermissionsEgress>{3}</ipPermissionsEgress>
<tagSet><item><key>Name</key><value>service-{1}</value></item></tagSet></item>
)",
      gid(i), i, inbound, outbound);
}

// -- EC2, played by its answers -------------------------------------------------------------------

class Account {
 public:
  dn::daemon::CloudQuestions questions() {
    dn::daemon::CloudQuestions questions;
    questions.interfaces = [this](const dn::aws::Ec2Question& question) {
      return answer(
          question, "DescribeNetworkInterfaces", "networkInterfaceSet", interfaces,
          [](std::size_t i) { return interface_text(i); }, dn::aws::parse_network_interfaces);
    };
    questions.groups = [this](const dn::aws::Ec2Question& question) {
      return answer(
          question, "DescribeSecurityGroups", "securityGroupInfo", kGroups,
          [this](std::size_t i) { return group_text(i, i == edited); },
          dn::aws::parse_security_groups);
    };
    const auto nothing = [](const std::string&) -> dn::aws::ServiceResult<std::string> {
      return tl::unexpected(dn::aws::ServiceError{400, "ParameterNotFound", "none"});
    };
    questions.preferences = questions.list = nothing;
    return questions;
  }

  std::size_t interfaces = kInterfaces;
  std::size_t edited = kGroups;  // which group
  std::size_t calls = 0, bytes = 0, longest = 0;
  double making = 0, parsing = 0;  // seconds of CPU

 private:
  template <class Make, class Parse>
  auto answer(const dn::aws::Ec2Question& question, const char* operation, const char* list,
              std::size_t total, Make make, Parse parse)
      -> dn::aws::ServiceResult<typename decltype(parse(std::string_view()))::value_type> {
    const double start = cpu_seconds();
    const std::string text = page(question, operation, list, total, make);
    const double made = cpu_seconds();
    ++calls;
    bytes += text.size();
    longest = std::max(longest, text.size());
    auto parsed = parse(text);
    making += made - start;
    parsing += cpu_seconds() - made;
    if (!parsed) {
      const bool large = dn::aws::is_too_large(text);
      return tl::unexpected(dn::aws::ServiceError{
          200, large ? std::string(dn::aws::kAnswerTooLarge) : "", parsed.error().message});
    }
    return *std::move(parsed);
  }

  // Of all, from the token on; or of the groups by id, or of the interface with the newest address.
  template <class Make>
  static std::string page(const dn::aws::Ec2Question& question, const char* operation,
                          const char* list, std::size_t total, Make make) {
    std::string text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{0}Response "
        "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>\n<{1}>",
        operation, list);
    std::string token;
    if (!question.filters.empty() && question.filters[0].name == "group-id") {
      for (const std::string& id : question.filters[0].values) {
        text += make(std::stoul(id.substr(3), nullptr, 16));
      }
    } else if (!question.filters.empty()) {
      text += make(total - 1);
    } else {
      const std::size_t from = question.next_token.empty() ? 0 : std::stoul(question.next_token);
      const std::size_t to = std::min<std::size_t>(total, from + question.page_size);
      for (std::size_t i = from; i < to; ++i) text += make(i);
      if (to < total) token = fmt::format("<nextToken>{}</nextToken>", to);
    }
    return text + fmt::format("</{1}>{2}</{0}Response>", operation, list, token);
  }
};

// -- the measurement ------------------------------------------------------------------------------

class Bench {
 public:
  // Runs the reader for this long, or until it has news; its row of the table.
  void measure(const char* title, std::chrono::seconds most, bool until_news) {
    account_.calls = account_.bytes = 0;
    account_.making = account_.parsing = 0;
    double compiling = 0;
    std::size_t inputs = 0;
    const MonotonicTime begin = now_, end = now_ + most;
    const double start = cpu_seconds();
    while (now_ < end && !(until_news && inputs > 0)) {
      if (!reader_.step(now_)) now_ = std::max(now_ + 1ms, reader_.next_step(now_));
      if (auto input = reader_.take().input) {
        compiling += compile(*std::move(input));
        ++inputs;
      }
    }
    const double all = cpu_seconds() - start - account_.making;
    fmt::print(
        "{:<30} {:>6} {:>6.1f} {:>7.2f} {:>7.2f} {:>7.2f} {:>7.2f} {:>6} {:>7.0f} {:>6.0f}\n",
        title, account_.calls, static_cast<double>(account_.bytes) / 1e6, account_.parsing,
        all - account_.parsing - compiling, compiling, all, inputs, memory_mb("VmHWM:"),
        std::chrono::duration<double>(now_ - begin).count());
    for (const std::string& problem : reader_.problems()) fmt::print("WRONG: {}\n", problem);
    std::fflush(stdout);
  }

  void edit_a_rule() { account_.edited = 17; }
  // The packet of a client that no sweep has told of yet.
  void add_a_client() {
    ++account_.interfaces;
    reader_.ask(*dn::parse_ipv4("10.0.40.4"), now_);
  }
  std::size_t longest() const { return account_.longest; }
  std::size_t rules() const { return rules_; }

 private:
  // As the daemon does it: the old policy is in force until the new one is there.
  double compile(PolicyInput input) {
    const double start = cpu_seconds();
    auto next = dn::policy::compile_policy(input, *suffixes_, kToday);
    dn::policy::diff_findings(compiled_.findings, next.findings);
    compiled_ = std::move(next);
    input_ = std::move(input);
    rules_ = 0;
    for (const auto& group : input_.groups) rules_ += group.egress.size();
    return cpu_seconds() - start;
  }

  Account account_;
  MonotonicTime now_ = MonotonicTime(1h);
  CloudReader reader_{{}, account_.questions(), [] { return 0U; }, now_};
  dn::Result<PublicSuffixes> suffixes_ =
      PublicSuffixes::parse(dn::policy::builtin_public_suffix_list());
  PolicyInput input_;
  dn::policy::CompiledPolicy compiled_;
  std::size_t rules_ = 0;
};

}  // namespace

int main() {
  const double before = memory_mb("VmRSS:");
  fmt::print("{:<30} {:>6} {:>6} {:>7} {:>7} {:>7} {:>7} {:>6} {:>7} {:>6}\n", "", "calls", "MB",
             "parse", "reader", "compile", "all", "inputs", "peak", "after");
  fmt::print("{:<30} {:>6} {:>6} {:>7} {:>7} {:>7} {:>7} {:>6} {:>7} {:>6}\n", "", "", "XML", "s",
             "s", "s", "s", "", "MB", "s");
  Bench bench;
  bench.measure("from nothing", 120s, true);
  bench.measure("five minutes without a change", 300s, false);
  bench.edit_a_rule();
  bench.measure("one rule changed", 60s, true);
  bench.add_a_client();
  bench.measure("one new client, looked up", 1s, true);
  fmt::print("{} rules; the longest page has {:.1f} MB; {:.0f} MB before\n", bench.rules(),
             static_cast<double>(bench.longest()) / 1e6, before);
  return 0;
}
