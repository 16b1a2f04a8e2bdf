#include "http/http_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <latch>
#include <semaphore>
#include <vector>

#include "http/testing/raw_client.h"
#include "http/testing/test_certificate.h"

namespace dn::http {
namespace {

using std::chrono::milliseconds;

std::unique_ptr<HttpServer> start(HttpSettings settings, Handler handler) {
  settings.times.tick = milliseconds(5);
  settings.times.linger = milliseconds(500);
  auto server = HttpServer::start(std::move(settings), std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(server.value());
}

Response text(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain"}};
  response.body = std::move(body);
  return response;
}

// Says what it was asked.
Response echo(const Request& request) {
  Response response = text(fmt::format("{} {} host={} body={}", request.method, request.target,
                                       request.header("hOST"), request.body));
  return response;
}

TEST(HttpServer, AnswersWithWhatTheHandlerReturns) {
  const auto server = start({}, echo);
  RawClient client(server->port());
  client.send("POST /a?b HTTP/1.1\r\nHost: h:1\r\nContent-Length: 3\r\n\r\nxyz");
  const RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "POST /a?b host=h:1 body=xyz");
  EXPECT_EQ(answer.header("Content-Type"), "text/plain");
  EXPECT_EQ(answer.header("Connection"), "");
  EXPECT_EQ(answer.header("Date").size(), 29U);
}

TEST(HttpServer, KeepsConnectionsForFurtherRequests) {
  const auto server = start({}, echo);
  RawClient client(server->port());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.get(fmt::format("/{}", i)).body,
              fmt::format("GET /{} host=localhost body=", i));
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  const auto server = start({}, echo);
  RawClient client(server->port());
  std::string all;
  for (int i = 0; i < 300; ++i) {
    all += fmt::format("POST /{} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{:02}\r\n", i,
                       i % 100);
  }
  client.send(all);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(client.read_answer().body, fmt::format("POST /{} host=h body={:02}", i, i % 100));
  }
}

TEST(HttpServer, ReadsARequestThatComesByteByByte) {
  const auto server = start({}, echo);
  RawClient client(server->port());
  for (const char c :
       std::string_view("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
                        "\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n")) {
    client.send({&c, 1});
  }
  EXPECT_EQ(client.read_answer().body, "POST / host=h body=abc");
}

TEST(HttpServer, ClosesAfterTheAnswerWhereTheClientWantsIt) {
  const auto server = start({}, echo);
  for (const char* head :
       {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    RawClient client(server->port());
    client.send(head);
    const RawAnswer answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.is_ended());
  }
}

TEST(HttpServer, AnswersHeadWithoutBody) {
  const auto server = start({}, echo);
  RawClient client(server->port());
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawAnswer answer = client.read_answer(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), "20");
  EXPECT_EQ(client.get("/b").body, "GET /b host=localhost body=");
}

TEST(HttpServer, SendsNoBodyWithAStatusThatHasNone) {
  const auto server = start({}, [](const Request&) { return text("not sent", 204); });
  RawClient client(server->port());
  const RawAnswer answer = client.get();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("Content-Length"), "");
  EXPECT_EQ(client.get().status, 204);
}

TEST(HttpServer, TellsAClientThatWaitsToGoOn) {
  const auto server = start({}, echo);
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 100);
  client.send("ok");
  EXPECT_EQ(client.read_answer().body, "POST / host=h body=ok");
}

TEST(HttpServer, RefusesATooLargeBodyBeforeItIsSent) {
  HttpSettings settings;
  settings.body_bytes_max = 10;
  const auto server = start(settings, echo);
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  const RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.is_ended());
}

// Closing at once would reset the connection, and the reset would overtake the answer.
TEST(HttpServer, LetsAClientReadTheRefusalOfABodyItIsStillSending) {
  HttpSettings settings;
  settings.body_bytes_max = 1000;
  const auto server = start(settings, echo);
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "400\r\n" + std::string(1024, 'x') + "\r\n";
  for (int i = 0; i < 300; ++i) client.send(chunk);
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST(HttpServer, RefusesWhatIsNoRequest) {
  const auto server = start({}, echo);
  for (const std::string& bytes : {std::string("\x16\x03\x01\x02", 4), std::string("GET\r\n\r\n"),
                                   std::string("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                               "1\r\nTransfer-Encoding: chunked\r\n\r\n")}) {
    RawClient client(server->port());
    client.send(bytes + std::string(20, '\r') + "\r\n\r\n");
    EXPECT_EQ(client.read_answer().status, 400) << bytes;
    EXPECT_TRUE(client.is_ended());
  }
}

TEST(HttpServer, AnswersThatTheHandlerFailed) {
  const auto server = start({}, [](const Request& request) -> Response {
    if (request.target != "/x") std::rethrow_exception(std::make_exception_ptr(1));
    static_cast<void>(std::vector<int>().at(1));  // its message must not be told
    return {};
  });
  RawClient client(server->port());
  EXPECT_EQ(client.get("/int").status, 500);
  const RawAnswer answer = client.get("/x");
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "");
}

TEST(HttpServer, LetsNoHandlerWriteItsOwnFraming) {
  const auto server = start({}, [](const Request&) {
    Response response = text("body");
    response.headers = {{"Content-Length", "1"},
                        {"X-A", "b\r\nX-Evil: 1"},
                        {"X B", "c"},
                        {"Transfer-Encoding", "chunked"},
                        {"X-Good", "\xc3\xa4"}};
    return response;
  });
  RawClient client(server->port());
  const RawAnswer answer = client.get();
  EXPECT_EQ(answer.body, "body");
  EXPECT_EQ(answer.headers.size(), 3U);  // Date, X-Good, Content-Length
  EXPECT_EQ(answer.header("X-Good"), "\xc3\xa4");
}

TEST(HttpServer, RunsHandlersSideBySide) {
  std::latch both(2);
  const auto server = start({}, [&](const Request&) {
    both.arrive_and_wait();
    return text("together");
  });
  RawClient one(server->port()), two(server->port());
  one.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(two.get().body, "together");
  EXPECT_EQ(one.read_answer().body, "together");
}

// ---- streams

// Three pieces and the end.
Response three_pieces(const Request&) {
  Response response = text("begin ");
  response.more = [left = 3]() mutable -> std::optional<std::string> {
    if (left == 0) return {};
    return fmt::format("piece{} ", --left);
  };
  return response;
}

HttpSettings quick_pieces() {
  HttpSettings settings;
  settings.times.piece = milliseconds(1);
  return settings;
}

TEST(HttpServer, StreamsPiecesInChunks) {
  const auto server = start(quick_pieces(), three_pieces);
  RawClient client(server->port());
  for (int i = 0; i < 2; ++i) {
    const RawAnswer answer = client.get();
    EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(answer.body, "begin piece2 piece1 piece0 ");
  }
}

TEST(HttpServer, StreamsToOldClientsUntilTheClose) {
  const auto server = start(quick_pieces(), three_pieces);
  RawClient client(server->port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  const RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.header("Transfer-Encoding"), "");
  EXPECT_EQ(answer.body, "begin piece2 piece1 piece0 ");
}

TEST(HttpServer, SendsAnEmptyPieceAsNothing) {
  const auto server = start(quick_pieces(), [](const Request&) {
    Response response;
    response.more = [left = 4]() mutable -> std::optional<std::string> {
      if (--left == 0) return {};
      return left == 1 ? "last" : "";
    };
    return response;
  });
  RawClient client(server->port());
  EXPECT_EQ(client.get().body, "last");
}

TEST(HttpServer, EndsAStreamWhoseSourceFails) {
  const auto server = start(quick_pieces(), [](const Request&) {
    Response response = text("begin");
    response.more = []() -> std::optional<std::string> {
      return std::string("x").substr(2);  // throws
    };
    return response;
  });
  RawClient client(server->port());
  EXPECT_EQ(client.get().body, "begin");
  EXPECT_EQ(client.get().body, "begin");
}

TEST(HttpServer, DropsAStreamWhoseClientHasGone) {
  std::binary_semaphore dropped(0);
  const auto server = start(quick_pieces(), [&](const Request&) {
    Response response = text("begin");
    const std::shared_ptr<int> alive(nullptr, [&](int*) { dropped.release(); });
    response.more = [alive]() -> std::optional<std::string> { return "again"; };
    return response;
  });
  {
    RawClient client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.read_head().status, 200);
    EXPECT_EQ(client.read_chunk(), "begin");
  }
  dropped.acquire();
}

TEST(HttpServer, AsksAStreamForNothingWhileItsClientDoesNotRead) {
  std::atomic<int> asked = 0;
  std::binary_semaphore dropped(0);
  HttpSettings settings = quick_pieces();
  settings.times.grace = milliseconds(100);
  settings.times.bytes_per_second = 1UL << 40U;
  const auto server = start(settings, [&](const Request&) {
    Response response = text("begin");
    const std::shared_ptr<int> alive(nullptr, [&](int*) { dropped.release(); });
    response.more = [&asked, alive]() -> std::optional<std::string> {
      ++asked;
      return std::string(32UL << 20U, 'x');
    };
    return response;
  });
  RawClient client(server->port(), 4096);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  dropped.acquire();  // by its deadline
  EXPECT_EQ(asked, 1);
}

// ---- deadlines

TEST(HttpServer, ClosesSlowRequests) {
  HttpSettings settings;
  settings.times.head = settings.times.grace = milliseconds(30);
  settings.times.bytes_per_second = 1UL << 40U;
  const auto server = start(settings, echo);
  for (const char* begin : {"G", "GET / HTTP/1.1\r\nHost: h\r\n",
                            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc"}) {
    RawClient client(server->port());
    client.send(begin);
    EXPECT_TRUE(client.is_ended()) << begin;
  }
}

TEST(HttpServer, ClosesIdleConnections) {
  HttpSettings settings;
  settings.times.idle = milliseconds(30);
  const auto server = start(settings, echo);
  RawClient fresh(server->port());
  EXPECT_TRUE(fresh.is_ended());
  RawClient used(server->port());
  EXPECT_EQ(used.get().status, 200);
  EXPECT_TRUE(used.is_ended());
}

TEST(HttpServer, ClosesSlowReaders) {
  HttpSettings settings;
  settings.connections_max = 1;
  settings.times.grace = milliseconds(50);
  settings.times.bytes_per_second = 1UL << 40U;
  std::binary_semaphore begun(0);
  const auto server = start(settings, [&](const Request& request) {
    if (request.target == "/small") return text("small");
    begun.release();
    return text(std::string(64UL << 20U, 'x'));
  });
  RawClient slow(server->port(), 4096);
  slow.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  begun.acquire();
  // Its place is free as soon as it is closed.
  while (RawClient(server->port()).get("/small").status != 200) {
  }
  EXPECT_LT(slow.read_rest().size(), 64UL << 20U);
}

// ---- caps

TEST(HttpServer, MakesRoomByClosingTheLongestIdleConnection) {
  HttpSettings settings;
  settings.connections_max = 2;
  const auto server = start(settings, echo);
  RawClient one(server->port()), two(server->port());
  EXPECT_EQ(one.get().status, 200);
  EXPECT_EQ(two.get().status, 200);
  EXPECT_EQ(one.get().status, 200);
  RawClient three(server->port());
  EXPECT_EQ(three.get().status, 200);
  EXPECT_TRUE(two.is_ended());
  EXPECT_EQ(one.get().status, 200);
}

TEST(HttpServer, TurnsNewcomersAwayWhileAllConnectionsWork) {
  HttpSettings settings;
  settings.connections_max = 1;
  std::binary_semaphore begun(0), go_on(0);
  const auto server = start(settings, [&](const Request&) {
    begun.release();
    go_on.acquire();
    return text("done");
  });
  RawClient busy(server->port());
  busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  begun.acquire();
  RawClient newcomer(server->port());
  EXPECT_EQ(newcomer.read_answer().status, 503);
  EXPECT_TRUE(newcomer.is_ended());
  go_on.release();
  EXPECT_EQ(busy.read_answer().body, "done");
}

TEST(HttpServer, RefusesBodiesBeyondWhatItMayHold) {
  HttpSettings settings;
  settings.held_bytes_max = 1'500'000;  // strings grow by doubling
  std::binary_semaphore begun(0), go_on(0);
  const auto server = start(settings, [&](const Request& request) {
    if (request.target == "/hold") {
      begun.release();
      go_on.acquire();
    }
    return text("done");
  });
  RawClient holder(server->port());
  holder.send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n" +
              std::string(600'000, 'x'));
  begun.acquire();
  RawClient other(server->port());
  other.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n" +
             std::string(600'000, 'x'));
  EXPECT_EQ(other.read_answer().status, 503);
  go_on.release();
  EXPECT_EQ(holder.read_answer().body, "done");
  EXPECT_EQ(RawClient(server->port()).get().status, 200);
}

TEST(HttpServer, RefusesRequestsBeyondWhatMayWait) {
  HttpSettings settings;
  settings.workers = 1;
  std::counting_semaphore<> go_on(0);
  std::binary_semaphore begun(0);
  std::atomic<bool> first = true;
  const auto server = start(settings, [&](const Request&) {
    if (first.exchange(false)) begun.release();
    go_on.acquire();
    return text("done");
  });
  std::vector<RawClient> clients;
  clients.emplace_back(server->port());
  clients.back().send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  begun.acquire();
  constexpr int kMore = 1025;
  for (int i = 0; i < kMore; ++i) {
    clients.emplace_back(server->port());
    clients.back().send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  go_on.release(kMore + 1);
  int done = 0, refused = 0;
  for (auto& client : clients) {
    const int status = client.read_answer().status;
    done += status == 200;
    refused += status == 503;
  }
  EXPECT_EQ(done + refused, kMore + 1);
  EXPECT_GE(done, 1);
}

// ---- the end

TEST(HttpServer, RefusesStreamsBeyondItsLimit) {
  constexpr int kStreamsMax = 256;
  const auto server = start({}, [](const Request&) {
    Response response = text("first");
    response.more = [] { return std::string(); };
    return response;
  });
  constexpr std::string_view kAsk = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::vector<RawClient> clients;
  for (int i = 0; i < kStreamsMax; ++i) {
    clients.emplace_back(server->port());
    clients.back().send(kAsk);
    ASSERT_EQ(clients.back().read_head().status, 200) << i;
  }
  RawClient late(server->port());
  late.send(kAsk);
  const RawAnswer refused = late.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_NE(refused.body.find("as many streams"), std::string::npos) << refused.body;
  EXPECT_TRUE(late.is_ended());
}

TEST(HttpServer, EndsIdleConnectionsAndStreamsWithItself) {
  auto server = start({}, [](const Request&) {
    Response response = text("begin");
    response.more = []() -> std::optional<std::string> { return "never asked so soon"; };
    return response;
  });
  RawClient idle(server->port()), streaming(server->port());
  streaming.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::uint16_t port = server->port();
  EXPECT_EQ(streaming.read_head().status, 200);
  EXPECT_EQ(streaming.read_chunk(), "begin");
  server.reset();
  EXPECT_TRUE(idle.is_ended());
  EXPECT_FALSE(streaming.read_chunk());
  // The port is free again.
  HttpSettings settings;
  settings.port = port;
  EXPECT_TRUE(HttpServer::start(settings, echo));
}

TEST(HttpServer, FinishesTheAnswerUnderWayAtItsEnd) {
  std::binary_semaphore begun(0), go_on(0);
  auto server = start({}, [&](const Request&) {
    begun.release();
    go_on.acquire();
    return text("finished");
  });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  begun.acquire();
  std::thread ending([&] { server.reset(); });
  go_on.release();
  const RawAnswer answer = client.read_answer();
  EXPECT_EQ(answer.body, "finished");
  EXPECT_TRUE(client.is_ended());
  ending.join();
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const auto server = start({}, echo);
  HttpSettings taken;
  taken.port = server->port();
  const auto second = HttpServer::start(taken, echo);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("Address already in use"), std::string::npos);
  HttpSettings elsewhere;
  elsewhere.address = "192.0.2.1";
  EXPECT_FALSE(HttpServer::start(elsewhere, echo));
  elsewhere.address = "here";
  EXPECT_FALSE(HttpServer::start(elsewhere, echo));
}

TEST(HttpServer, ListensOnIpv6) {
  HttpSettings settings;
  settings.address = "::1";
  const auto server = HttpServer::start(settings, echo);
  if (!server) GTEST_SKIP() << "no IPv6 here: " << server.error().message;
  EXPECT_NE((*server)->port(), 0);
}

// ---- TLS

HttpSettings with_tls(const TestCertificate& certificate) {
  HttpSettings settings;
  settings.tls = TlsFiles{certificate.certificate(), certificate.key()};
  return settings;
}

TEST(HttpServerTls, AnswersBehindTls) {
  const TestCertificate certificate;
  const auto server = start(with_tls(certificate), echo);
  for (const int version : {0, TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client(server->port());
    ASSERT_TRUE(client.start_tls(certificate.certificate(), "localhost", version)) << version;
    const std::string body(300'000, 'x');
    for (int i = 0; i < 3; ++i) {
      client.send(
          fmt::format("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.size()));
      client.send(body);
      EXPECT_EQ(client.read_answer().body, "POST / host=h body=" + body);
    }
  }
}

TEST(HttpServerTls, EndsWithAGoodBye) {
  const TestCertificate certificate;
  const auto server = start(with_tls(certificate), echo);
  RawClient client(server->port());
  ASSERT_TRUE(client.start_tls(certificate.certificate(), "localhost"));
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(client.is_ended());
}

TEST(HttpServerTls, RefusesOldVersionsAndPlainRequests) {
  const TestCertificate certificate;
  const auto server = start(with_tls(certificate), echo);
  RawClient old(server->port());
  EXPECT_FALSE(old.start_tls(certificate.certificate(), "localhost", TLS1_1_VERSION));
  RawClient plain(server->port());
  plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(plain.read_answer().status, 0);
}

TEST(HttpServerTls, ClosesHandshakesThatDoNotEnd) {
  const TestCertificate certificate;
  HttpSettings settings = with_tls(certificate);
  settings.times.handshake = milliseconds(30);
  const auto server = start(settings, echo);
  RawClient silent(server->port());
  EXPECT_TRUE(silent.is_ended());
}

TEST(HttpServerTls, StreamsBehindTls) {
  const TestCertificate certificate;
  HttpSettings settings = with_tls(certificate);
  settings.times.piece = milliseconds(1);
  const auto server = start(settings, three_pieces);
  RawClient client(server->port());
  ASSERT_TRUE(client.start_tls(certificate.certificate(), "localhost"));
  EXPECT_EQ(client.get().body, "begin piece2 piece1 piece0 ");
}

TEST(HttpServerTls, SaysWhichFileIsWrong) {
  const TestCertificate one, other;
  struct Case {
    TlsFiles files;
    std::string named;
  };
  for (const auto& [files, named] :
       {Case{{"/nowhere/cert.pem", one.key()}, "/nowhere/cert.pem"},
        Case{{one.certificate(), "/nowhere/key.pem"}, "/nowhere/key.pem"},
        Case{{one.key(), one.key()}, one.key()},
        Case{{one.certificate(), other.key()}, other.key()},
        Case{{one.certificate(), one.certificate()}, one.certificate()}}) {
    HttpSettings settings;
    settings.tls = files;
    const auto server = HttpServer::start(settings, echo);
    ASSERT_FALSE(server);
    EXPECT_TRUE(server.error().message.starts_with(named + ": ")) << server.error().message;
  }
}

}  // namespace
}  // namespace dn::http
