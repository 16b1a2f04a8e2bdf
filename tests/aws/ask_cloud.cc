// Asks one operation of the cloud by our clients, for clients_against_moto.py.
//
// usage: ask_cloud OPERATION [ARGUMENT…], with credentials, region and endpoint from the
// environment. Prints JSON; a failure as {"error": "Type: message"}.
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <span>
#include <string>
#include <thread>

#include "aws/credential_source.h"
#include "aws/session.h"

namespace {

namespace json = boost::json;
namespace aws = dn::aws;

using Arguments = std::span<const char* const>;

json::object failed(std::string why) {
  return {{"error", std::move(why)}};
}

json::object to_json(const aws::NetworkInterface& item) {
  json::array groups(item.group_ids.begin(), item.group_ids.end());
  json::array addresses, prefixes;
  for (const auto address : item.addresses) addresses.emplace_back(dn::to_text(address));
  for (const auto prefix : item.prefixes) prefixes.emplace_back(dn::to_text(prefix));
  return {{"id", item.id},
          {"vpc", item.vpc_id},
          {"owner", item.owner_id},
          {"groups", groups},
          {"addresses", addresses},
          {"prefixes", prefixes},
          {"instance", item.instance_id}};
}

json::object to_json(const aws::SecurityGroup& item) {
  json::array egress;
  for (const auto& rule : item.egress) {
    egress.push_back(json::array{rule.ip_protocol, rule.from_port, rule.to_port, rule.destination,
                                 rule.description});
  }
  return {{"id", item.id}, {"vpc", item.vpc_id}, {"owner", item.owner_id}, {"egress", egress}};
}

json::object to_json(const aws::ElasticAddress& item) {
  return {{"allocation", item.allocation_id},
          {"association", item.association_id},
          {"address", item.address ? dn::to_text(*item.address) : ""}};
}

template <class T>
json::object list_of(const std::vector<T>& items, std::size_t odd_items) {
  json::array list;
  for (const auto& item : items) list.push_back(to_json(item));
  return {{"items", list}, {"odd", odd_items}};
}

// "vpc-id=vpc-1" for each argument.
std::vector<aws::Ec2Filter> filters_of(Arguments arguments) {
  std::vector<aws::Ec2Filter> filters;
  for (const std::string text : arguments) {
    const std::size_t equals = text.find('=');
    filters.push_back({text.substr(0, equals), {text.substr(equals + 1)}});
  }
  return filters;
}

aws::Session open_session() {
  aws::Surroundings surroundings;
  surroundings.clock = [] {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  };
  surroundings.random = [] { return std::uint64_t{std::random_device()()}; };
  surroundings.sleep = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
  const auto environment = aws::process_environment();
  auto credentials = std::make_shared<aws::RotatingCredentials>(
      aws::credential_chain(environment, "", surroundings), surroundings);
  return aws::Session(environment, std::move(credentials), surroundings);
}

using Operation = std::function<json::object(const aws::Session&, const std::string&, Arguments)>;

json::object interfaces(const aws::Session& session, const std::string& region, Arguments a) {
  const auto page = session.ec2(region)->describe_network_interfaces({.filters = filters_of(a)});
  return page ? list_of(page->items, page->odd_items) : failed(to_text(page.error()));
}

json::object groups(const aws::Session& session, const std::string& region, Arguments a) {
  const auto page = session.ec2(region)->describe_security_groups({.ids = {a.begin(), a.end()}});
  return page ? list_of(page->items, page->odd_items) : failed(to_text(page.error()));
}

json::object addresses(const aws::Session& session, const std::string& region, Arguments a) {
  const auto list = session.ec2(region)->describe_addresses(filters_of(a));
  return list ? list_of(*list, 0) : failed(to_text(list.error()));
}

json::object forward(const aws::Session& session, const std::string& region, Arguments a) {
  const auto done = session.ec2(region)->disable_source_dest_check(a[0]);
  return done ? json::object{{"done", true}} : failed(to_text(done.error()));
}

json::object associate(const aws::Session& session, const std::string& region, Arguments a) {
  const auto id = session.ec2(region)->associate_address(a[0], a[1]);
  return id ? json::object{{"association", *id}} : failed(to_text(id.error()));
}

json::object parameter(const aws::Session& session, const std::string& region, Arguments a) {
  const auto found = session.ssm(region)->get_parameter(a[0]);
  return found ? json::object{{"value", found->value}, {"version", found->version}}
               : failed(to_text(found.error()));
}

json::object secret(const aws::Session& session, const std::string& region, Arguments a) {
  const auto found = session.secrets(region)->get_secret_value(a[0]);
  return found ? json::object{{"value", found->value}, {"version", found->version_id}}
               : failed(to_text(found.error()));
}

json::object role(const aws::Session& session, const std::string& region, Arguments a) {
  const auto found = session.sts(region)->assume_role({.role_arn = a[0], .session_name = "test"});
  return found ? json::object{{"id", found->keys.access_key_id},
                              {"ends", found->expiration.has_value()}}
               : failed(to_text(found.error()));
}

// Group, stream, messages; each a millisecond behind the one before.
json::object put(const aws::Session& session, const std::string& region, Arguments a) {
  auto logs = *session.logs(region);
  std::vector<aws::LogEvent> events;
  auto time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  for (const char* message : a.subspan(2)) events.push_back({time++, message});
  for (int i = 0; i < 2; ++i) {  // what exists already is good as well
    if (const auto made = logs.create_log_group(a[0]); !made) return failed(to_text(made.error()));
    if (const auto made = logs.create_log_stream(a[0], a[1]); !made) {
      return failed(to_text(made.error()));
    }
  }
  const auto dropped = logs.put_log_events(a[0], a[1], events);
  return dropped ? json::object{{"dropped", dropped->too_old + dropped->too_new}}
                 : failed(to_text(dropped.error()));
}

struct Row {
  Operation operation;
  std::size_t arguments_min;
};

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Row> operations = {
      {"interfaces", {interfaces, 0}}, {"groups", {groups, 0}},       {"addresses", {addresses, 0}},
      {"forward", {forward, 1}},       {"associate", {associate, 2}}, {"parameter", {parameter, 1}},
      {"secret", {secret, 1}},         {"role", {role, 1}},           {"put", {put, 3}}};
  const std::vector<const char*> arguments(argv + 1, argv + argc);
  const auto found = arguments.empty() ? operations.end() : operations.find(arguments[0]);
  if (found == operations.end() || arguments.size() - 1 < found->second.arguments_min) {
    std::cerr << "usage: ask_cloud OPERATION [ARGUMENT…]\n";
    return 2;
  }
  const std::string region = aws::process_environment()("AWS_REGION").value_or("us-east-1");
  std::cout << json::serialize(
                   found->second.operation(open_session(), region, Arguments(arguments).subspan(1)))
            << "\n";
  return 0;
}
