#include "providers/resources/template_evaluator.h"

#include <algorithm>

#include "base/text.h"
#include "providers/resources/template_functions.h"

namespace lazuli::providers {

namespace {

// Nodes and characters of one value, and of all that are computed: bounds what a template can blow up.
constexpr std::size_t kHeaviest = 1'000'000;
constexpr std::size_t kHeaviestInAll = 100'000'000;
constexpr std::int64_t kMostCopies = 800;  // Azure's own limit of a loop

// Nodes and characters, counted no further than the limit.
void weigh(const Json& value, std::size_t& weight) {
  if (weight > kHeaviest) return;
  ++weight;
  if (value.is_string()) weight += value.as_string().size();
  if (value.is_array()) {
    for (const auto& each : value.as_array()) weigh(each, weight);
  }
  if (value.is_object()) {
    for (const auto& member : value.as_object()) weigh(member.value(), weight);
  }
}

const Json* member_ignoring_case(const JsonObject& object, std::string_view name) {
  for (const auto& member : object) {
    if (equals_ignoring_case(member.key(), name)) return &member.value();
  }
  return nullptr;
}

const Json* member_ignoring_case(const Json& value, std::string_view name) {
  return value.is_object() ? member_ignoring_case(value.as_object(), name) : nullptr;
}

std::vector<std::string> texts(const JsonArray& values) {
  std::vector<std::string> all;
  for (const auto& value : values) all.push_back(value.is_string() ? string_or(&value) : to_text(value));
  return all;
}

bool is_guid_like(std::string_view text) {
  return text.size() == 36 && std::ranges::count(text, '-') == 4;
}

}  // namespace

std::string DeploymentScope::id() const {
  return "/subscriptions/" + subscription + (group.empty() ? "" : "/resourceGroups/" + group);
}

TemplateEvaluator::TemplateEvaluator(const Json& document, JsonObject parameters, DeploymentScope scope,
                                     DeploymentView view, TimePoint now)
    : template_(document),
      parameters_(std::move(parameters)),
      scope_(std::move(scope)),
      view_(std::move(view)),
      now_(now) {}

Result<Json> TemplateEvaluator::bounded(Result<Json> value) {
  if (!value) return value;
  std::size_t weight = 0;
  weigh(*value, weight);
  spent_ += weight;
  if (weight > kHeaviest || spent_ > kHeaviestInAll) return invalid_template("A value of the template is too large");
  return value;
}

Result<Json> TemplateEvaluator::value(const Json& given) {
  if (given.is_string()) {
    const std::string_view text(given.as_string());
    if (text.starts_with("[[")) return Json(text.substr(1));
    if (!is_expression(text)) return given;
    const auto expression = parse_expression(text);
    if (!expression) return expression.error();
    return bounded(evaluate(**expression));
  }
  if (given.is_array()) {
    JsonArray all;
    for (const auto& item : given.as_array()) {
      auto one = value(item);
      if (!one) return one;
      all.push_back(*std::move(one));
    }
    return Json(std::move(all));
  }
  if (given.is_object()) return bounded(expanded_object(given.as_object()));
  return given;
}

Result<Json> TemplateEvaluator::expanded_object(const JsonObject& given) {
  JsonObject all;
  for (const auto& member : given) {
    // "copy": [{"name","count","input"}] writes out an array under each name.
    if (member.key() == "copy" && member.value().is_array()) {
      for (const auto& loop : member.value().as_array()) {
        auto items = property_copy(loop);
        if (!items) return items;
        all[string_at(loop, "name")] = *std::move(items);
      }
      continue;
    }
    auto one = value(member.value());
    if (!one) return one;
    all[member.key()] = *std::move(one);
  }
  return Json(std::move(all));
}

Result<Json> TemplateEvaluator::property_copy(const Json& loop) {
  const Json* asked = find(loop, "count");
  const Json* input = find(loop, "input");
  if (!asked || !input) return invalid_template("A copy loop needs a count and an input");
  auto counted = value(*asked);
  if (!counted) return counted;
  const auto count = integer(&*counted);
  if (!count || *count < 0 || *count > kMostCopies) return invalid_template("The count of a copy loop is not valid");
  JsonArray items;
  for (std::int64_t i = 0; i < *count; ++i) {
    enter_copy(string_at(loop, "name"), i);
    auto item = value(*input);
    leave_copy();
    if (!item) return item;
    items.push_back(*std::move(item));
  }
  return Json(std::move(items));
}

Result<std::string> TemplateEvaluator::text(const Json& given) {
  auto computed = value(given);
  if (!computed) return computed.error();
  if (!computed->is_string())
    return invalid_template("The value '" + to_text(*computed).substr(0, 100) + "' is no string");
  return string_or(&*computed);
}

std::optional<std::string> TemplateEvaluator::argument(const Expression& expression) {
  auto computed = evaluate(expression);
  if (!computed || !computed->is_string()) return std::nullopt;
  return string_or(&*computed);
}

Result<Json> TemplateEvaluator::evaluate(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::literal:
      return expression.value;
    case Expression::Kind::call:
      return bounded(evaluate_call(expression));
    case Expression::Kind::member: {
      auto target = evaluate(*expression.target);
      return target ? member_of(*target, expression.name) : target;
    }
    case Expression::Kind::index: {
      auto target = evaluate(*expression.target);
      if (!target) return target;
      auto index = evaluate(*expression.arguments.front());
      return index ? element_of(*target, *index) : index;
    }
  }
  return Json(nullptr);
}

Result<Json> TemplateEvaluator::member_of(const Json& target, const std::string& name) const {
  if (const Json* found = member_ignoring_case(target, name)) return *found;
  return invalid_template("The language expression property '" + name + "' doesn't exist");
}

Result<Json> TemplateEvaluator::element_of(const Json& target, const Json& index) const {
  if (index.is_string()) return member_of(target, string_or(&index));
  const auto at = integer(&index);
  if (target.is_array() && at && *at >= 0 && static_cast<std::size_t>(*at) < target.as_array().size()) {
    return target.as_array()[static_cast<std::size_t>(*at)];
  }
  return invalid_template("The language expression property array index '" + to_text(index) + "' is out of bounds");
}

Result<Json> TemplateEvaluator::evaluate_call(const Expression& expression) {
  const std::string name = to_lower(expression.name);
  if (name == "if" && expression.arguments.size() == 3) {
    // Only the branch that is taken is computed.
    auto condition = evaluate(*expression.arguments[0]);
    if (!condition) return condition;
    const bool taken = condition->is_bool() && condition->as_bool();
    return evaluate(*expression.arguments[taken ? 1 : 2]);
  }
  JsonArray arguments;
  for (const auto& argument : expression.arguments) {
    auto one = evaluate(*argument);
    if (!one) return one;
    arguments.push_back(*std::move(one));
  }
  const std::string first = arguments.empty() ? "" : string_or(&arguments.front());
  if (name == "parameters") return parameter(first);
  if (name == "variables") return variable(first);
  if (name.ends_with("resourceid")) return resource_id(name, texts(arguments));
  if (name == "reference") return reference(arguments);
  if (name == "copyindex") return copy_index(arguments);
  if (name.starts_with("list") && !arguments.empty()) return list_action(expression.name, arguments);
  if (auto pure = call_template_function(expression.name, arguments)) return *std::move(pure);
  return surroundings(name);
}

Result<Json> TemplateEvaluator::parameter(const std::string& name) {
  if (const Json* given = member_ignoring_case(parameters_, name)) return *given;
  const Json* all = find(template_, "parameters");
  const Json* declared = all ? member_ignoring_case(*all, name) : nullptr;
  if (!declared) return invalid_template("The template parameter '" + name + "' is not found");
  const Json* preset = find_member(*declared, "defaultValue");
  if (!preset) {
    return invalid_template(
        "The value for the template parameter '" + name +
        "' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details.");
  }
  const std::string key = "parameter " + to_lower(name);
  if (const auto known = defaults_.find(key); known != defaults_.end()) return known->second;
  if (std::ranges::find(asking_, key) != asking_.end()) {
    return invalid_template("Circular dependency detected at parameter '" + name + "'");
  }
  asking_.push_back(key);
  auto computed = value(*preset);
  asking_.pop_back();
  if (computed) defaults_[key] = *computed;
  return computed;
}

Result<Json> TemplateEvaluator::variable(const std::string& name) {
  const std::string key = "variable " + to_lower(name);
  if (const auto known = variables_.find(key); known != variables_.end()) return known->second;
  if (std::ranges::find(asking_, key) != asking_.end()) {
    return invalid_template("Circular dependency detected at variable '" + name + "'");
  }
  const Json* all = find(template_, "variables");
  const Json* declared = all ? member_ignoring_case(*all, name) : nullptr;
  const Json* loops = all ? find_member(*all, "copy") : nullptr;
  const Json* loop = nullptr;
  if (!declared && loops && loops->is_array()) {
    for (const auto& each : loops->as_array()) {
      if (equals_ignoring_case(string_at(each, "name"), name)) loop = &each;
    }
  }
  if (!declared && !loop) return invalid_template("The template variable '" + name + "' is not found");
  asking_.push_back(key);
  auto computed = declared ? value(*declared) : property_copy(*loop);
  asking_.pop_back();
  if (computed) variables_[key] = *computed;
  return computed;
}

Result<std::string> TemplateEvaluator::provider_path(const std::string& type, const std::vector<std::string>& names) {
  const auto types = split(type, '/');
  if (types.size() != names.size() + 1) {
    return invalid_template("The resource type '" + type + "' and its " + std::to_string(names.size()) +
                            " name(s) do not fit together: each segment of the type has a name");
  }
  std::string path = "/providers/" + types.front();
  for (std::size_t i = 0; i < names.size(); ++i) path += "/" + types[i + 1] + "/" + names[i];
  return path;
}

// resourceId([subscription], [group], type, name…) and its kin.
Result<Json> TemplateEvaluator::resource_id(const std::string& function, std::vector<std::string> arguments) const {
  const auto is_type = [](const std::string& text) { return text.find('/') != std::string::npos; };
  std::string base = scope_.id();
  if (function == "tenantresourceid") base.clear();
  if (function == "extensionresourceid") {
    if (arguments.empty()) return invalid_template("extensionResourceId needs a scope");
    base = arguments.front();
    arguments.erase(arguments.begin());
  } else {
    std::string subscription = scope_.subscription;
    std::string group = function == "resourceid" ? scope_.group : "";
    if (arguments.size() > 1 && !is_type(arguments[0]) && is_guid_like(arguments[0])) {
      subscription = arguments.front();
      arguments.erase(arguments.begin());
    }
    if (arguments.size() > 1 && !is_type(arguments[0])) {
      group = arguments.front();
      arguments.erase(arguments.begin());
    }
    if (function != "tenantresourceid") {
      base = "/subscriptions/" + subscription + (group.empty() ? "" : "/resourceGroups/" + group);
    }
  }
  if (arguments.empty()) return invalid_template("The function " + function + " needs a resource type");
  const std::string type = arguments.front();
  // "account/deployment" stands for the names of parent and child.
  std::vector<std::string> names;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    for (auto& part : split(arguments[i], '/')) names.push_back(std::move(part));
  }
  auto path = provider_path(type, names);
  if (!path) return path.error();
  return Json(base + *path);
}

std::pair<std::string, std::string> TemplateEvaluator::resolve(const std::string& name) const {
  if (const auto known = known_.find(to_lower(name)); known != known_.end()) return known->second;
  return {name, ""};
}

Result<Json> TemplateEvaluator::reference(const JsonArray& arguments) {
  if (arguments.empty()) return invalid_template("The function reference needs a resource");
  if (!view_.get) return invalid_template("The function 'reference' is not expected at this location");
  const auto [id, known_version] = resolve(string_or(&arguments[0]));
  const std::string version = arguments.size() > 1 ? string_or(&arguments[1]) : known_version;
  auto resource = view_.get(id, version);
  if (!resource) return resource;
  const bool full = arguments.size() > 2 && equals_ignoring_case(string_or(&arguments[2]), "Full");
  if (full) return resource;
  const Json* properties = find(*resource, "properties");
  return properties ? *properties : Json(JsonObject());
}

Result<Json> TemplateEvaluator::list_action(const std::string& function, const JsonArray& arguments) {
  if (!view_.post) return invalid_template("The function '" + function + "' is not expected at this location");
  const auto [id, known_version] = resolve(string_or(&arguments[0]));
  return view_.post(id, function, arguments.size() > 1 ? string_or(&arguments[1]) : known_version);
}

Result<Json> TemplateEvaluator::surroundings(const std::string& function) const {
  if (function == "resourcegroup" && !scope_.group.empty()) {
    return Json(JsonObject{{"id", scope_.id()},
                           {"name", scope_.group},
                           {"type", "Microsoft.Resources/resourceGroups"},
                           {"location", scope_.location},
                           {"properties", JsonObject{{"provisioningState", "Succeeded"}}}});
  }
  if (function == "subscription") {
    return Json(JsonObject{{"id", "/subscriptions/" + scope_.subscription},
                           {"subscriptionId", scope_.subscription},
                           {"tenantId", scope_.tenant},
                           {"displayName", scope_.subscription_name}});
  }
  if (function == "tenant") return Json(JsonObject{{"tenantId", scope_.tenant}});
  if (function == "deployment") {
    return Json(JsonObject{{"name", scope_.deployment}, {"location", scope_.location}, {"properties", JsonObject()}});
  }
  if (function == "environment") {
    return Json(
        JsonObject{{"name", "AzureCloud"},
                   {"resourceManager", "https://management.azure.com/"},
                   {"authentication", JsonObject{{"loginEndpoint", "https://login.microsoftonline.com/"}}},
                   {"suffixes", JsonObject{{"acrLoginServer", ".azurecr.io"}, {"storage", "core.windows.net"}}}});
  }
  if (function == "utcnow") return Json(replace_all(replace_all(iso8601(now_, 0), "-", ""), ":", ""));
  if (function == "newguid") {
    SystemRandom random;
    return Json(random.uuid());
  }
  return invalid_template("The template function '" + function +
                          "' is not valid. Please see https://aka.ms/arm-functions for usage details");
}

Result<Json> TemplateEvaluator::copy_index(const JsonArray& arguments) const {
  if (copies_.empty()) return invalid_template("The template function 'copyIndex' is not expected at this location");
  const std::string name = arguments.empty() ? "" : string_or(&arguments[0]);
  const Json* offset = arguments.empty()          ? nullptr
                       : arguments[0].is_string() ? (arguments.size() > 1 ? &arguments[1] : nullptr)
                                                  : &arguments[0];
  const std::int64_t shift = std::clamp<std::int64_t>(integer(offset).value_or(0), -1'000'000, 1'000'000);
  for (auto loop = copies_.rbegin(); loop != copies_.rend(); ++loop) {
    if (name.empty() || equals_ignoring_case(loop->first, name)) return Json(loop->second + shift);
  }
  return invalid_template("There is no copy loop with the name '" + name + "'");
}

}  // namespace lazuli::providers
