// Signs in and asks over libcurl, with the requests of azure-identity-cpp (WorkloadIdentityCredential): no instance
// discovery, the service account's token read anew for every token request. libcurl's own default trust is left alone.
#include <curl/curl.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (!value) throw std::runtime_error(std::string(name) + " is not set");
  return value;
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t append(char* data, std::size_t, std::size_t size, void* into) {
  static_cast<std::string*>(into)->append(data, size);
  return size;
}

boost::json::value post(const std::string& url, const std::string& body, const std::vector<std::string>& headers) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* list = nullptr;
  for (const auto& header : headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(list, curl_slist_free_all);
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    throw std::runtime_error(url + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) throw std::runtime_error(url + ": " + std::to_string(status) + " " + answer);
  return boost::json::parse(answer);
}

std::string token() {
  const std::string form =
      "grant_type=client_credentials"
      "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
      "&client_id=" +
      variable("AZURE_CLIENT_ID") + "&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default&client_assertion=" +
      content(variable("AZURE_FEDERATED_TOKEN_FILE"));
  const auto answer = post(variable("AZURE_AUTHORITY_HOST") + variable("AZURE_TENANT_ID") + "/oauth2/v2.0/token", form,
                           {"Host: login.microsoftonline.com", "User-Agent: azsdk-cpp-identity/1.13.3"});
  return std::string(answer.at("access_token").as_string());
}

// What libcurl reads: its bundle and, beside it, the folder of authorities.
std::ptrdiff_t roots() {
  const curl_version_info_data* built = curl_version_info(CURLVERSION_NOW);
  const std::string bundle = content(built->cainfo ? built->cainfo : "");
  std::ptrdiff_t count = 0;
  for (auto at = bundle.find("BEGIN CERTIFICATE"); at != std::string::npos;
       at = bundle.find("BEGIN CERTIFICATE", at + 1))
    ++count;
  return count;
}

}  // namespace

int main() try {
  std::cout << "roots " << roots() << std::endl;
  const auto answer =
      post(variable("AZURE_OPENAI_BASE") + "openai/deployments/MyModel/chat/completions?api-version=2024-10-21",
           R"({"messages":[{"role":"user","content":"Hello, OpenAI!"}]})",
           {"Authorization: Bearer " + token(), "Content-Type: application/json"});
  std::cout << "ok libcurl: " << answer.at_pointer("/choices/0/message/content").as_string().c_str() << std::endl;
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
