#include "tutorial/names.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace lazuli::tutorial {

std::string secret_name(std::string_view connection) {
  std::string plain;
  std::ranges::copy_if(connection, std::back_inserter(plain),
                       [](unsigned char c) { return c < 128 && std::isalnum(c); });
  return "sc-" + plain + "-secret";
}

std::string service_account_name(std::string_view client_id) {
  return "sc-account-" + std::string(client_id);
}

}  // namespace lazuli::tutorial
