#include "json.h"

#include <boost/json/src.hpp>
#include <cstdlib>

namespace sample {

struct Json::Value {
  boost::json::value json;
};

std::string Json::text(std::initializer_list<const char*> path) const {
  const boost::json::value* at = &value_->json;
  for (const char* step : path) {
    if (const auto* object = at->if_object()) {
      at = object->if_contains(step);
    } else if (const auto* array = at->if_array()) {
      at = array->if_contains(std::strtoul(step, nullptr, 10));
    } else {
      at = nullptr;
    }
    if (!at) return {};
  }
  const auto* found = at->if_string();
  return found ? std::string(*found) : std::string();
}

Json parse_json(const std::string& text) {
  boost::system::error_code error;
  Json json;
  json.value_ = std::make_shared<Json::Value>(Json::Value{boost::json::parse(text, error)});
  return json;
}

std::string json_text(const std::string& text) {
  return boost::json::serialize(boost::json::string(text));
}

}  // namespace sample
