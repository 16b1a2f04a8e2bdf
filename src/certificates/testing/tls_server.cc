#include "certificates/testing/tls_server.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/check.h"

namespace dn::certificates::testing {
namespace {

constexpr timeval kPatience{2, 0};

void send_without_end(int socket, const std::vector<unsigned char>& block) {
  while (::send(socket, block.data(), block.size(), MSG_NOSIGNAL) > 0) {
  }
}

}  // namespace

struct TlsServer::Context {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> tls{SSL_CTX_new(TLS_server_method())};
};

TlsServer::TlsServer(const Issued& identity, const std::vector<Issued>& chain, Manner manner)
    : manner_(manner),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  std::signal(SIGPIPE, SIG_IGN);  // clients hang up in every phase
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(kLoopback.value);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  DN_CHECK(::bind(listener_.get(), generic, size) == 0 && ::listen(listener_.get(), 64) == 0 &&
               ::getsockname(listener_.get(), generic, &size) == 0,
           "the loopback interface has a free port");
  port_ = ntohs(address.sin_port);
  present(identity, chain);
  thread_ = std::thread([this] { run(); });
}

TlsServer::~TlsServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

int TlsServer::note_name(void* tls, int*, void* server) {
  const char* name = SSL_get_servername(static_cast<const SSL*>(tls), TLSEXT_NAMETYPE_host_name);
  static_cast<TlsServer*>(server)->names_.with(
      [&](auto& names) { names.emplace_back(name == nullptr ? "" : name); });
  return SSL_TLSEXT_ERR_OK;
}

void TlsServer::present(const Issued& identity, const std::vector<Issued>& chain) {
  auto context = std::make_shared<Context>();
  SSL_CTX* tls = context->tls.get();
  DN_CHECK(SSL_CTX_use_certificate(tls, identity.certificate.get()) == 1 &&
               SSL_CTX_use_PrivateKey(tls, identity.key.get()) == 1,
           "a certificate and its key");
  for (const Issued& more : chain) SSL_CTX_add1_chain_cert(tls, more.certificate.get());
  if (manner_ == Manner::OldTls) {
    SSL_CTX_set_security_level(tls, 0);
    SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
  }
  SSL_CTX_set_tlsext_servername_callback(
      tls, +[](SSL* s, int* alert, void* server) { return note_name(s, alert, server); });
  SSL_CTX_set_tlsext_servername_arg(tls, this);
  context_.with([&](auto& current) { current = std::move(context); });
}

void TlsServer::run() {
  std::vector<net::FileDescriptor> silent;
  for (;;) {
    std::array<pollfd, 2> polled = {pollfd{stop_.get(), POLLIN, 0},
                                    pollfd{listener_.get(), POLLIN, 0}};
    ::poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    net::FileDescriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.is_open()) continue;
    ++connections_;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    serve(socket.get());
    if (manner_ == Manner::Silent) silent.push_back(std::move(socket));
  }
}

void TlsServer::serve(int socket) {
  std::array<char, 4096> bytes;
  switch (manner_) {
    case Manner::Silent: return;
    case Manner::Chatter: send_without_end(socket, std::vector<unsigned char>(1000, 'x')); return;
    case Manner::Endless: {
      // Records with pieces of one handshake message of 16 MiB.
      std::vector<unsigned char> block(5 + 1000, 0);
      const std::array<unsigned char, 9> head = {22, 3,   3,   1000 >> 8, 1000 & 0xff,
                                                 2,  255, 255, 255};
      std::copy(head.begin(), head.end(), block.begin());
      send_without_end(socket, block);
      return;
    }
    case Manner::HangsUp: {
      [[maybe_unused]] const auto got = ::recv(socket, bytes.data(), bytes.size(), 0);
      return;
    }
    case Manner::Tls:
    case Manner::OldTls: break;
  }
  const auto context = context_.with([](const auto& current) { return current; });
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context->tls.get()), &SSL_free);
  SSL_set_fd(tls.get(), socket);
  if (SSL_accept(tls.get()) == 1) {
    while (SSL_read(tls.get(), bytes.data(), static_cast<int>(bytes.size())) > 0) {
    }
  }
  ERR_clear_error();
}

}  // namespace dn::certificates::testing
