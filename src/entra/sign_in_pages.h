// The HTML of the sign-in pages. Every value is escaped; the pages run no script but the one line that submits the
// form_post answer, may not be framed, and load nothing.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "entra/directory.h"
#include "net/http.h"

namespace lazuli::entra {

struct Page {
  std::string client, tenant, action, hint, problem;
  std::vector<std::pair<std::string, std::string>> hidden;
  std::vector<Table<User>::Pointer> users;
};

net::Response user_page(const Page& page);              // pick a user, or decline
net::Response device_page(const std::string& problem);  // enter a code
net::Response message_page(const std::string& text, int status = 200);
net::Response error_page(const Error& error);
// Posts the fields to the address by itself (OAuth 2.0 Form Post Response Mode).
net::Response form_post_page(const std::string& address,
                             const std::vector<std::pair<std::string, std::string>>& fields);

std::string escape_html(std::string_view text);

}  // namespace lazuli::entra
