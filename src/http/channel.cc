#include "http/channel.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/check.h"

namespace dn::http {
namespace {

bool would_block(int error) {
  return error == EAGAIN || error == EINTR;
}

// ---- the BIO: recv and send on the socket that is its data

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
  if (got < 0 && would_block(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* bio_method() {
  static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    DN_CHECK(made != nullptr, "memory is there at the start");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)>(made, &BIO_meth_free);
  }();
  return method.get();
}

// ---- the context

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason != nullptr ? reason : text.data();
}

// An encrypted key must not make a daemon ask its terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, length, kHttp11.data(), kHttp11.size(), offered,
                                          offered_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

Result<std::unique_ptr<TlsContext>> TlsContext::load(const std::string& certificate,
                                                     const std::string& key) {
  ERR_clear_error();
  std::unique_ptr<TlsContext> context(new TlsContext(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* raw = context->get();
  if (raw == nullptr) return fail("TLS: " + openssl_reason());
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, no_password);
  if (SSL_CTX_use_certificate_chain_file(raw, certificate.c_str()) != 1) {
    return fail(fmt::format("{}: no certificate chain in PEM form can be read: {}", certificate,
                            openssl_reason()));
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(raw) != 1) {
    return fail(fmt::format(
        "{}: no private key in PEM form, without password, of the certificate {} can be read: {}",
        key, certificate, openssl_reason()));
  }
  return context;
}

void Channel::Free::operator()(ssl_st* tls) const {
  SSL_free(tls);
}

Channel::Channel(int socket, const TlsContext* tls) : socket_(socket) {
  if (tls == nullptr) return;
  tls_.reset(SSL_new(tls->get()));
  BIO* bio = tls_ == nullptr ? nullptr : BIO_new(bio_method());
  if (bio == nullptr) {  // out of memory: the connection ends at its first step
    socket_ = -1;
    return;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  SSL_set_bio(tls_.get(), bio, bio);
  SSL_set_accept_state(tls_.get());
}

Transfer Channel::stalled(int returned) {
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return {Flow::WantRead, 0};
    case SSL_ERROR_WANT_WRITE: return {Flow::WantWrite, 0};
    default: break;
  }
  broken_ = true;
  return {Flow::Ended, 0};
}

Flow Channel::shake_hands() {
  if (socket_ < 0) return Flow::Ended;
  if (!tls_) return Flow::Moved;
  ERR_clear_error();
  const int done = SSL_do_handshake(tls_.get());
  return done == 1 ? Flow::Moved : stalled(done).flow;
}

Transfer Channel::read(std::span<char> into) {
  if (!tls_) return discard(into);
  ERR_clear_error();
  const int got = SSL_read(tls_.get(), into.data(),
                           static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
  if (got > 0) return {Flow::Moved, static_cast<std::size_t>(got)};
  return stalled(got);
}

Transfer Channel::write(std::string_view from) {
  if (!tls_) {
    const ssize_t sent = ::send(socket_, from.data(), from.size(), MSG_NOSIGNAL);
    if (sent > 0) return {Flow::Moved, static_cast<std::size_t>(sent)};
    return {sent < 0 && would_block(errno) ? Flow::WantWrite : Flow::Ended, 0};
  }
  ERR_clear_error();
  const int sent = SSL_write(tls_.get(), from.data(),
                             static_cast<int>(std::min<std::size_t>(from.size(), INT_MAX)));
  if (sent > 0) return {Flow::Moved, static_cast<std::size_t>(sent)};
  return stalled(sent);
}

void Channel::end_writing() {
  if (tls_ && !broken_ && SSL_is_init_finished(tls_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  ::shutdown(socket_, SHUT_WR);
}

Transfer Channel::discard(std::span<char> scratch) {
  const ssize_t got = ::recv(socket_, scratch.data(), scratch.size(), 0);
  if (got > 0) return {Flow::Moved, static_cast<std::size_t>(got)};
  return {got < 0 && would_block(errno) ? Flow::WantRead : Flow::Ended, 0};
}

}  // namespace dn::http
