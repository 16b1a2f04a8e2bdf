// Looks after an instance by daemon/self_care.h, for self_care_against_moto.py.
//
// usage: care_for_instance, with the places of instance metadata and of the services from the
// environment. Time is what the input says: each line is a number of seconds that pass, or "fail",
// a failed self-test. After each, all that is due is done and one line of JSON says what was told.
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "daemon/aws_link.h"
#include "daemon/surroundings.h"

namespace {

namespace json = boost::json;
namespace aws = dn::aws;

json::object run(dn::daemon::SelfCare& care, dn::MonotonicTime now) {
  while (care.step(now)) {
  }
  json::array lines;
  for (const auto& line : care.take_lines()) lines.emplace_back(line.outcome + ": " + line.reason);
  return {{"lines", lines}, {"leaving", care.leaving()}, {"healthy", care.healthy()}};
}

}  // namespace

int main() {
  const auto environment = aws::process_environment();
  auto opened = aws::Imds::open(environment, dn::daemon::surroundings());
  if (!opened) return 1;
  const std::shared_ptr<aws::Imds> imds = *std::move(opened);
  const auto identity = imds->identity();
  if (!identity) return 1;
  auto questions = dn::daemon::self_care_questions(*dn::daemon::open_session(environment), imds,
                                                   identity->region, identity->instance_id);
  if (!questions) return 1;
  dn::MonotonicTime now{std::chrono::hours(1)};
  dn::daemon::SelfCare care({}, *std::move(questions), now);
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "fail") {
      care.on_self_test(dn::fail("a test says so"), now);
    } else {
      now += std::chrono::seconds(std::stoi(line));
    }
    std::cout << json::serialize(run(care, now)) << std::endl;
  }
  return 0;
}
