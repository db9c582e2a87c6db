#include "command_line/engine_config.h"

#include "command_line/config_fields.h"

namespace lazuli::command_line {

namespace {

constexpr std::int64_t kDay = 86400;

// Readers that only check: the gateway reads the settings themselves.
FieldReader text(std::string where) {
  return [where = std::move(where)](const Json& value) {
    std::string unused;
    return text_into(unused, where)(value);
  };
}

FieldReader url(std::string where) {
  return [where = std::move(where)](const Json& value) {
    std::string unused;
    return url_into(unused, where)(value);
  };
}

FieldReader flag(std::string where) {
  return [where = std::move(where)](const Json& value) {
    bool unused = false;
    return flag_into(unused, where)(value);
  };
}

FieldReader number(std::string where, std::int64_t least, std::int64_t most) {
  return [where = std::move(where), least, most](const Json& value) {
    std::int64_t unused = 0;
    return number_into(unused, where, least, most)(value);
  };
}

// What one server of a pool may have of its own.
std::vector<Field> server_fields(const std::string& at) {
  return {{"url", url(at + "url")},
          {"served_model", text(at + "served_model")},
          {"key", text(at + "key")},
          {"key_file", text(at + "key_file")},
          {"key_env", text(at + "key_env")},
          {"weight", number(at + "weight", 1, 1'000'000)},
          {"priority", number(at + "priority", 0, 1'000'000)}};
}

Status check_upstreams(const Json& value, const std::string& where) {
  if (!value.is_array() || value.get_array().empty()) return wrong(where, "has to be a list of servers.");
  for (std::size_t i = 0; i < value.get_array().size(); ++i) {
    const std::string at = where + "[" + std::to_string(i) + "]";
    const Json& server = value.get_array()[i];
    if (!server.is_object()) return wrong(at, "has to be a mapping with url.");
    if (auto read = read_object(server, at, server_fields(at + ".")); !read) return read;
    if (find(server, "url") == nullptr) return wrong(at + ".url", "is missing.");
  }
  return {};
}

Status check_health(const Json& value, const std::string& where) {
  auto path = [&](const Json& text) -> Status {
    if (string_or(&text).starts_with('/')) return {};
    return wrong(where + ".path", "has to begin with '/'.");
  };
  return read_object(value, where,
                     {{"path", path},
                      {"interval", number(where + ".interval", 0, kDay)},
                      {"timeout", number(where + ".timeout", 1, kDay)}});
}

std::vector<Field> url_fields(const std::string& at) {
  std::vector<Field> fields = server_fields(at);
  fields.emplace_back("upstreams", [at](const Json& value) { return check_upstreams(value, at + "upstreams"); });
  fields.emplace_back("timeout", number(at + "timeout", 1, kDay));
  fields.emplace_back("images", flag(at + "images"));
  fields.emplace_back("trust", text(at + "trust"));
  fields.emplace_back("health", [at](const Json& value) { return check_health(value, at + "health"); });
  fields.emplace_back("hedge", number(at + "hedge", 0, 3'600'000));
  return fields;
}

std::vector<Field> llama_fields(const std::string& at) {
  return {{"directory", text(at + "directory")},
          {"program", text(at + "program")},
          {"file", text(at + "file")},
          {"embeddings", text(at + "embeddings")},
          {"context", number(at + "context", 256, 1 << 22)},
          {"parallel", number(at + "parallel", 1, 64)},
          {"threads", number(at + "threads", 0, 1024)},
          {"default_max_tokens", number(at + "default_max_tokens", 0, 1 << 20)},
          {"idle", number(at + "idle", 0, 1 << 30)},
          {"timeout", number(at + "timeout", 1, kDay)}};
}

Result<Config::Engine> read_engine(const Json& value, const std::string& where) {
  if (!value.is_object()) return wrong(where, "has to be a mapping with model and kind.");
  Config::Engine engine{"*", "", value};
  const Field kind{"kind", text_into(engine.kind, where + ".kind", {"llama", "url", "echo"})};
  const auto* said = find(value, "kind");
  if (said == nullptr) return wrong(where + ".kind", "is missing: llama, url or echo.");
  if (auto read = kind.second(*said); !read) return read.error();
  std::vector<Field> fields;
  if (engine.kind == "url") fields = url_fields(where + ".");
  if (engine.kind == "llama") fields = llama_fields(where + ".");
  fields.emplace_back("model", text_into(engine.model, where + ".model"));
  fields.push_back(kind);
  if (auto read = read_object(value, where, fields); !read) return read.error();
  if (engine.kind == "url" && find(value, "url") == nullptr && find(value, "upstreams") == nullptr)
    return wrong(where + ".url", "is missing: the server's address, or several as upstreams.");
  engine.settings.get_object().erase("model");
  engine.settings.get_object().erase("kind");
  return engine;
}

}  // namespace

Status read_engines(const Json& value, std::vector<Config::Engine>& engines) {
  if (!value.is_array()) return wrong("engines", "has to be a list.");
  for (std::size_t i = 0; i < value.get_array().size(); ++i) {
    auto engine = read_engine(value.get_array()[i], "engines[" + std::to_string(i) + "]");
    if (!engine) return engine.error();
    engines.push_back(std::move(*engine));
  }
  return {};
}

}  // namespace lazuli::command_line
