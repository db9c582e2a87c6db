// One HTTPS POST, blocking, with the server's certificate checked against SSL_CERT_FILE (or the system's roots). Throws
// std::runtime_error whose message names the host and what failed.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sample {

struct Answer {
  unsigned status = 0;
  std::string body;
};

Answer https_post(const std::string& url, const std::vector<std::pair<std::string, std::string>>& headers,
                  const std::string& body);

std::string form_encode(const std::string& text);

}  // namespace sample
