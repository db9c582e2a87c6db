#include "registry/task_file.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "base/yaml.h"

namespace lazuli::registry {

namespace {

Error unsupported(std::string message) {
  return {"BuildFailed", std::move(message), 400};
}

std::string with_values(std::string text, const Json& request, const TaskRun& run) {
  const std::string name = run.login_server.substr(0, run.login_server.find('.'));
  std::vector<std::pair<std::string, std::string>> values = {
      {"{{.Run.ID}}", run.id}, {"{{.Run.Registry}}", run.login_server}, {"{{.Run.RegistryName}}", name}};
  for (const Json& one : array_at(request, "values"))
    values.emplace_back("{{.Values." + string_at(one, "name") + "}}", string_at(one, "value"));
  for (const char* blank : {"{{ ", " }}"}) text = replace_all(std::move(text), blank, trim(blank));
  for (const auto& [mark, value] : values) text = replace_all(std::move(text), mark, value);
  text = replace_all(std::move(text), "$RegistryName", name);
  text = replace_all(std::move(text), "$Registry", run.login_server);
  return replace_all(std::move(text), "$ID", run.id);
}

// Words apart by blanks; quotes keep them together.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  std::string word;
  char quote = 0;
  bool any = false;
  for (const char c : line) {
    if (quote ? c == quote : (c == '"' || c == '\'')) {
      quote = quote ? 0 : c;
      any = true;
    } else if (!quote && (c == ' ' || c == '\t' || c == '\n')) {
      if (any) out.push_back(std::move(word));
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) out.push_back(std::move(word));
  return out;
}

Result<JsonObject> read_build(std::string_view line) {
  JsonArray names, arguments;
  JsonObject out{{"type", "DockerBuildRequest"}};
  std::string context;
  const auto words = words_of(line);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto equals = words[at].find('=');
    const bool flag = words[at].starts_with('-');
    const std::string name = flag ? words[at].substr(0, equals) : "";
    const auto value = [&]() -> std::string {
      if (words[at].starts_with("--") && equals != std::string::npos) return words[at].substr(equals + 1);
      return at + 1 < words.size() ? words[++at] : "";
    };
    if (!flag) {
      context = words[at];
    } else if (name == "-t" || name == "--tag") {
      names.emplace_back(value());
    } else if (name == "-f" || name == "--file") {
      out["dockerFilePath"] = value();
    } else if (name == "--build-arg") {
      const std::string argument = value();
      const auto mark = argument.find('=');
      arguments.push_back(JsonObject{{"name", argument.substr(0, mark)},
                                     {"value", mark == std::string::npos ? "" : argument.substr(mark + 1)}});
    } else if (name == "--target") {
      out["target"] = value();
    } else if (name == "--no-cache") {
      out["noCache"] = true;
    } else {
      return unsupported("The build step's option '" + name + "' is not supported here.");
    }
  }
  if (context.empty()) return unsupported("The build step names no context; '.' is the source itself.");
  out["contextPath"] = context;
  out["imageNames"] = std::move(names);
  out["arguments"] = std::move(arguments);
  return out;
}

void add_pushes(const Json& step, std::vector<std::string>& pushed) {
  const Json* push = find(step, "push");
  if (push->is_string()) pushed.push_back(string_or(push));
  if (push->is_array())
    for (const Json& one : push->as_array()) pushed.push_back(string_or(&one));
}

}  // namespace

Result<Json> build_of_task(std::string_view yaml, const Json& request, const TaskRun& run) {
  const auto task = parse_yaml(with_values(std::string(yaml), request, run));
  if (!task) return unsupported("The task is not valid YAML: " + task.error().message);
  const Json* steps = find(*task, "steps");
  if (!steps || !steps->is_array() || steps->as_array().empty()) return unsupported("The task has no steps.");
  std::optional<JsonObject> build;
  std::vector<std::string> pushed;
  for (const Json& step : steps->as_array()) {
    if (find(step, "cmd"))
      return unsupported("Steps of the kind 'cmd' are not supported here; 'build' and 'push' are.");
    if (find(step, "push")) add_pushes(step, pushed);
    if (!find(step, "build")) continue;
    if (build) return unsupported("A task with more than one build step is not supported here.");
    auto read = read_build(string_at(step, "build"));
    if (!read) return read.error();
    build = *std::move(read);
  }
  if (!build) return unsupported("The task has no build step.");
  JsonArray kept;
  for (const Json& name : (*build)["imageNames"].as_array())
    if (std::find(pushed.begin(), pushed.end(), string_or(&name)) != pushed.end()) kept.push_back(name);
  (*build)["isPushEnabled"] = !kept.empty();
  if (!kept.empty()) (*build)["imageNames"] = std::move(kept);
  return Json(*std::move(build));
}

}  // namespace lazuli::registry
