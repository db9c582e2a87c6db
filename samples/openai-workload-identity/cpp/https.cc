#include "https.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace sample {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

struct Url {
  std::string host, port, target;
};

Url parse(const std::string& text) {
  const std::string scheme = "https://";
  if (text.rfind(scheme, 0) != 0) throw std::runtime_error("not an https address: " + text);
  const std::size_t slash = text.find('/', scheme.size());
  const std::string authority = text.substr(scheme.size(), slash - scheme.size());
  const std::size_t colon = authority.find(':');
  return {authority.substr(0, colon), colon == std::string::npos ? "443" : authority.substr(colon + 1),
          slash == std::string::npos ? "/" : text.substr(slash)};
}

Answer attempt(const Url& url, const std::vector<std::pair<std::string, std::string>>& headers,
               const std::string& body) {
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.set_default_verify_paths();  // SSL_CERT_FILE, SSL_CERT_DIR, or what OpenSSL was built with
  tls.set_verify_mode(asio::ssl::verify_peer);
  beast::ssl_stream<beast::tcp_stream> stream(context, tls);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  if (!SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str())) throw std::runtime_error("no memory");

  asio::ip::tcp::resolver resolver(context);
  beast::get_lowest_layer(stream).connect(resolver.resolve(url.host, url.port));
  stream.handshake(asio::ssl::stream_base::client);

  http::request<http::string_body> request(http::verb::post, url.target, 11);
  request.set(http::field::host, url.port == "443" ? url.host : url.host + ":" + url.port);
  request.set(http::field::user_agent, "openai-workload-identity-cpp/1");
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = body;
  request.prepare_payload();
  http::write(stream, request);

  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(stream, buffer, response);
  return {response.result_int(), std::move(response.body())};
}

// Worth another try: the pod's network or name service may be a moment behind the pod itself.
bool passing(const boost::system::error_code& code) {
  return code == asio::error::host_not_found_try_again || code == asio::error::connection_refused ||
         code == asio::error::host_not_found || code == asio::error::host_unreachable ||
         code == asio::error::network_unreachable;
}

}  // namespace

Answer https_post(const std::string& url, const std::vector<std::pair<std::string, std::string>>& headers,
                  const std::string& body) {
  const Url parsed = parse(url);
  for (int left = 4;; --left) {
    try {
      return attempt(parsed, headers, body);
    } catch (const boost::system::system_error& error) {
      if (left == 0 || !passing(error.code())) {
        throw std::runtime_error("https://" + parsed.host + " could not be asked: " + error.code().message() +
                                 (error.code().category() == asio::error::get_ssl_category()
                                      ? " (is the certificate authority in SSL_CERT_FILE?)"
                                      : ""));
      }
      std::this_thread::sleep_for(std::chrono::seconds(1));
    }
  }
}

std::string form_encode(const std::string& text) {
  static const char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
        c == '_' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += {'%', digits[c >> 4], digits[c & 15]};
    }
  }
  return out;
}

}  // namespace sample
