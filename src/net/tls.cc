#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>

namespace lazuli::net {

namespace {

constexpr unsigned char kAlpn[] = "\x08http/1.1";
constexpr unsigned kAlpnSize = sizeof kAlpn - 1;
constexpr std::size_t kSessions = 256;

struct FreeBio {
  void operator()(BIO* bio) const { ::BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { ::X509_free(certificate); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Certificate = std::unique_ptr<X509, FreeCertificate>;
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Bio reader(std::string_view text) {
  return Bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Error tls_error(std::string_view what) {
  return {"TlsFailed", std::string(what) + ": " + tls_error_text(nullptr), 502};
}

int no_password(char*, int, int, void*) {
  return 0;
}

Status use_certificate(SSL_CTX* context, std::string_view chain, std::string_view key_text) {
  const Bio chain_reader = reader(chain);
  const Certificate leaf(::PEM_read_bio_X509(chain_reader.get(), nullptr, no_password, nullptr));
  if (!leaf || ::SSL_CTX_use_certificate(context, leaf.get()) != 1) return tls_error("The certificate is not usable");
  while (Certificate next{::PEM_read_bio_X509(chain_reader.get(), nullptr, no_password, nullptr)})
    ::SSL_CTX_add1_chain_cert(context, next.get());
  ::ERR_clear_error();  // the end of the chain reads as an error
  const Bio key_reader = reader(key_text);
  const Key key(::PEM_read_bio_PrivateKey(key_reader.get(), nullptr, no_password, nullptr));
  if (!key || ::SSL_CTX_use_PrivateKey(context, key.get()) != 1 || ::SSL_CTX_check_private_key(context) != 1)
    return tls_error("The private key is not usable with its certificate");
  return {};
}

int select_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size,
                void*) {
  unsigned char* chosen = nullptr;
  if (::SSL_select_next_proto(&chosen, size, kAlpn, kAlpnSize, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;  // a client that offers only h2 still gets HTTP/1.1, as from servers without ALPN
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

SslContext new_context(const SSL_METHOD* method) {
  SslContext context(::SSL_CTX_new(method), ::SSL_CTX_free);
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Status trust(SSL_CTX* context, const std::string& bundle) {
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (bundle.empty()) {
    // Obeys SSL_CERT_FILE and SSL_CERT_DIR.
    if (::SSL_CTX_set_default_verify_paths(context) != 1) return tls_error("The system's roots cannot be read");
    return {};
  }
  const Bio certificates = reader(bundle);
  X509_STORE* store = ::SSL_CTX_get_cert_store(context);
  std::size_t count = 0;
  while (Certificate root{::PEM_read_bio_X509_AUX(certificates.get(), nullptr, no_password, nullptr)}) {
    ::X509_STORE_add_cert(store, root.get());
    ++count;
  }
  if (count == 0) return tls_error("There is no certificate in the trust bundle");
  ::ERR_clear_error();
  // A cluster's own certificate may be the anchor itself.
  ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

bool is_address(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// What is kept with a client's connection.
struct Kept {
  std::string origin;   // that it belongs to
  bool ticket = false;  // one has been read
};

int kept_index() {
  static const int index = ::SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* value, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Kept*>(value); });
  return index;
}

Kept* kept_with(const SSL* ssl) {
  return static_cast<Kept*>(::SSL_get_ex_data(ssl, kept_index()));
}

// A second certificate, and when to show it.
struct Other {
  SslContext context;
  std::function<bool(const std::string&)> shown;
};

int choose_certificate(SSL* ssl, int*, void* argument) {
  const auto* other = static_cast<const Other*>(argument);
  const char* name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name && other->shown(name)) ::SSL_set_SSL_CTX(ssl, other->context.get());
  return SSL_TLSEXT_ERR_OK;
}

Result<SslContext> with_other(const SslContext& context, const TlsIdentity& identity) {
  auto second = server_context(*identity.other);
  if (!second) return second;
  auto other = std::make_shared<const Other>(Other{*std::move(second), identity.shows_other});
  SSL_CTX_set_tlsext_servername_callback(context.get(), choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(context.get(), const_cast<Other*>(other.get()));  // read only
  return SslContext(context.get(), [context, other](SSL_CTX*) {});
}

}  // namespace

void free_idle_buffers(SSL* ssl) {
  Kept* kept = kept_with(ssl);
  if (kept && std::exchange(kept->ticket, false)) ::SSL_free_buffers(ssl);
}

std::string tls_error_text(const SSL* ssl) {
  std::string text;
  if (ssl) {
    const long verified = ::SSL_get_verify_result(ssl);
    if (verified != X509_V_OK) text = ::X509_verify_cert_error_string(verified);
  }
  if (text.empty()) {
    const auto code = ::ERR_get_error();
    const char* reason = ::ERR_reason_error_string(code);
    text = reason ? reason : "no reason given";
  }
  ::ERR_clear_error();
  return text;
}

Result<SslContext> server_context(const TlsIdentity& identity) {
  SslContext context = new_context(::TLS_server_method());
  if (auto used = use_certificate(context.get(), identity.certificate_chain, identity.private_key); !used)
    return used.error();
  ::SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
  // Tickets keep the sessions at the clients; one is enough for clients that hold their connections.
  ::SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_num_tickets(context.get(), 1);
  return identity.other ? with_other(context, identity) : Result<SslContext>(context);
}

SslHandle server_side(const SslContext& context) {
  SslHandle ssl(::SSL_new(context.get()));
  ::SSL_set_accept_state(ssl.get());
  return ssl;
}

void TlsClient::FreeSession::operator()(SSL_SESSION* session) const {
  ::SSL_SESSION_free(session);
}

Result<std::shared_ptr<TlsClient>> TlsClient::make(const ClientOptions& options) {
  auto client = std::make_shared<TlsClient>();
  client->context_ = new_context(::TLS_client_method());
  SSL_CTX* context = client->context_.get();
  if (auto trusted = trust(context, options.trust); !trusted) return trusted.error();
  if (!options.client_certificate.empty()) {
    if (auto used = use_certificate(context, options.client_certificate, options.client_key); !used)
      return used.error();
  }
  ::SSL_CTX_set_alpn_protos(context, kAlpn, kAlpnSize);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(context, client.get());
  ::SSL_CTX_sess_set_new_cb(context, &TlsClient::keep_session);
  return client;
}

TlsClient::~TlsClient() {
  if (context_) SSL_CTX_set_app_data(context_.get(), nullptr);
}

int TlsClient::keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* client = static_cast<TlsClient*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(ssl)));
  Kept* kept = kept_with(ssl);
  if (!kept) return 0;
  kept->ticket = true;
  if (!client) return 0;
  const std::lock_guard lock(client->mutex_);
  if (client->sessions_.size() >= kSessions) client->sessions_.clear();
  client->sessions_[kept->origin] = Session(session);
  return 1;
}

SslHandle TlsClient::connect_to(const std::string& host, const std::string& origin) {
  SslHandle ssl(::SSL_new(context_.get()));
  ::SSL_set_connect_state(ssl.get());
  if (is_address(host)) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl.get()), host.c_str());
  } else {
    ::SSL_set_tlsext_host_name(ssl.get(), host.c_str());
    ::SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    ::SSL_set1_host(ssl.get(), host.c_str());
  }
  ::SSL_set_ex_data(ssl.get(), kept_index(), new Kept{origin});
  const std::lock_guard lock(mutex_);
  if (const auto found = sessions_.find(origin); found != sessions_.end()) {
    ::SSL_set_session(ssl.get(), found->second.get());
    // TLS 1.3 tickets are for one use (RFC 8446, appendix C.4).
    if (::SSL_SESSION_get_protocol_version(found->second.get()) >= TLS1_3_VERSION) sessions_.erase(found);
  }
  return ssl;
}

}  // namespace lazuli::net
