// ScriptedServer: answers one HTTP request after the other with the bytes it was given, and keeps
// what was asked. An empty answer closes the connection instead.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace dn::aws {

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers);
  ~ScriptedServer();  // waits until every answer was given
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const;
  // Heads and bodies, as sent. Valid once every answer was given.
  const std::vector<std::string>& requests();
  int connections();

 private:
  void run();
  bool read_request(int socket);

  const std::vector<std::string> answers_;
  int listener_ = -1, connections_ = 0;
  std::uint16_t port_ = 0;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// "HTTP/1.1 STATUS X\r\n…" with a length.
std::string http_answer(int status, const std::string& body, const std::string& fields = "");

}  // namespace dn::aws
