#include "certificates/tls_probe.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "certificates/crl_points.h"
#include "net/file_descriptor.h"

namespace dn::certificates {
namespace {

constexpr std::size_t kBlockBytes = 16 * 1024;

// The newest entry of OpenSSL's list of errors, which is then empty.
std::string take_library_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "TLS failed" : reason;
}

std::string system_error(int error) {
  return std::generic_category().message(error);
}

}  // namespace

// -- authorities ----------------------------------------------------------------------------------

struct TrustStore::Context {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> tls;
};

TrustStore::TrustStore(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TrustStore::TrustStore(TrustStore&&) noexcept = default;
TrustStore& TrustStore::operator=(TrustStore&&) noexcept = default;
TrustStore::~TrustStore() = default;

Result<TrustStore> TrustStore::load(const std::string& ca_file) {
  ERR_clear_error();
  auto context = std::make_unique<Context>();
  context->tls.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* tls = context->tls.get();
  if (tls == nullptr) return fail("TLS: " + take_library_error());
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(tls, static_cast<long>(kCertificateBytesMax));
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(tls, kChainLengthMax);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(tls)
                                     : SSL_CTX_load_verify_locations(tls, ca_file.c_str(), nullptr);
  if (loaded != 1) {
    return fail((ca_file.empty() ? std::string("the system's certificate authorities") : ca_file) +
                ": cannot be read (" + take_library_error() +
                "); name a file of PEM certificates in x509_ca_file");
  }
  ERR_clear_error();
  return TrustStore(std::move(context));
}

// -- the connection -------------------------------------------------------------------------------

struct TlsProbe::Connection {
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  net::FileDescriptor socket;
  std::unique_ptr<SSL, Free> tls;
  BIO* from_server = nullptr;  // these two belong to `tls`
  BIO* to_server = nullptr;
  bool connected = false;
  bool blocked = false;      // the socket takes no more for now
  std::size_t received = 0;  // in all
  std::vector<unsigned char> unsent;
};

TlsProbe::TlsProbe(const TrustStore& trust, const DomainName& name, Ipv4Address address, Port port)
    : connection_(std::make_unique<Connection>()) {
  Connection& c = *connection_;
  ERR_clear_error();
  c.tls.reset(SSL_new(trust.context_->tls.get()));
  c.from_server = BIO_new(BIO_s_mem());
  c.to_server = BIO_new(BIO_s_mem());
  const std::string host(name.text());
  if (!c.tls || c.from_server == nullptr || c.to_server == nullptr) {
    BIO_free(c.from_server);
    BIO_free(c.to_server);
    fail_with("out of memory");
    return;
  }
  SSL_set_bio(c.tls.get(), c.from_server, c.to_server);
  SSL_set_connect_state(c.tls.get());
  SSL_set_hostflags(c.tls.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set_tlsext_host_name(c.tls.get(), host.c_str()) != 1 ||
      SSL_set1_host(c.tls.get(), host.c_str()) != 1) {
    fail_with(take_library_error());
    return;
  }
  c.socket = net::FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(address.value);
  to.sin_port = htons(port);
  if (!c.socket.is_open() ||
      (::connect(c.socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 &&
       errno != EINPROGRESS)) {
    fail_with("cannot connect: " + system_error(errno));
  }
}

TlsProbe::~TlsProbe() = default;

int TlsProbe::fd() const {
  return connection_ ? connection_->socket.get() : -1;
}

short TlsProbe::events() const {
  if (!connection_) return 0;
  return !connection_->connected || connection_->blocked ? POLLOUT : POLLIN;
}

TlsProbe::Status TlsProbe::fail_with(std::string problem) {
  problem_ = std::move(problem);
  connection_.reset();
  return status_ = Status::Failed;
}

TlsProbe::Status TlsProbe::step() {
  if (status_ != Status::Waiting) return status_;
  Connection& c = *connection_;
  if (!c.connected) {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(c.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return fail_with("cannot connect: " + system_error(error));
    c.connected = true;
  } else if (!c.blocked && !receive()) {
    return status_;
  }
  return shake_hands();
}

// One block at most, so that a fast sender does not keep the thread. False when it has failed.
bool TlsProbe::receive() {
  Connection& c = *connection_;
  std::array<unsigned char, kBlockBytes> block;
  const ssize_t got = ::recv(c.socket.get(), block.data(), block.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (got < 0) {
    fail_with(system_error(errno));
    return false;
  }
  if (got == 0) {
    fail_with("the server closed the connection in the handshake");
    return false;
  }
  c.received += static_cast<std::size_t>(got);
  if (c.received > kProbeBytesMax) {
    fail_with("the server sent too much");
    return false;
  }
  if (BIO_write(c.from_server, block.data(), static_cast<int>(got)) != got) {
    fail_with("out of memory");
    return false;
  }
  return true;
}

TlsProbe::Status TlsProbe::shake_hands() {
  Connection& c = *connection_;
  ERR_clear_error();
  const int done = SSL_do_handshake(c.tls.get());
  const int error = SSL_get_error(c.tls.get(), done);
  if (done == 1) {
    read_chain();
    // A good end, as far as the socket takes it.
    [[maybe_unused]] const int ended = SSL_shutdown(c.tls.get());
    [[maybe_unused]] const bool sent = send_waiting();
    ERR_clear_error();
    connection_.reset();
    return status_ = Status::Done;
  }
  if (error != SSL_ERROR_WANT_READ) {
    const long verified = SSL_get_verify_result(c.tls.get());
    std::string problem =
        verified != X509_V_OK ? X509_verify_cert_error_string(verified) : take_library_error();
    [[maybe_unused]] const bool told = send_waiting();  // the alert
    ERR_clear_error();
    return fail_with(std::move(problem));
  }
  if (!send_waiting()) return fail_with("the server closed the connection in the handshake");
  return status_;
}

// What OpenSSL has to say goes to the socket. False when that is closed.
bool TlsProbe::send_waiting() {
  Connection& c = *connection_;
  std::array<unsigned char, 4096> block;
  int got = 0;
  while ((got = BIO_read(c.to_server, block.data(), static_cast<int>(block.size()))) > 0) {
    c.unsent.insert(c.unsent.end(), block.begin(), block.begin() + got);
  }
  while (!c.unsent.empty()) {
    const ssize_t sent = ::send(c.socket.get(), c.unsent.data(), c.unsent.size(), MSG_NOSIGNAL);
    c.blocked = sent < 0 && errno == EAGAIN;
    if (c.blocked) return true;
    if (sent < 0) return false;
    c.unsent.erase(c.unsent.begin(), c.unsent.begin() + sent);
  }
  c.blocked = false;
  return true;
}

void TlsProbe::read_chain() {
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(connection_->tls.get());
  const int length = sk_X509_num(chain);
  // The last one is the authority that is believed without further asking.
  const int read = std::max(1, length - 1);
  for (int i = 0; i < std::min(read, length); ++i) {
    for (HttpUri& uri : read_crl_points(*sk_X509_value(chain, i))) {
      if (std::ranges::find(crls_, uri) == crls_.end()) crls_.push_back(std::move(uri));
    }
  }
}

}  // namespace dn::certificates
