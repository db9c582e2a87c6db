#include "providers/resources/template_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace lazuli::providers {

namespace {

constexpr std::int64_t kMostCopies = 800;  // Azure's own limits
constexpr std::size_t kMostResources = 800;
constexpr std::string_view kDeployments = "Microsoft.Resources/deployments";
constexpr std::string_view kGroups = "Microsoft.Resources/resourceGroups";

// What a resource of the template was called before it was planned: aliases that dependsOn may use.
struct Draft {
  PlannedResource resource;
  std::vector<std::string> asked;  // dependsOn, evaluated
  bool certain = true;             // false: condition is not met, or it exists already; not deployed
};

class Planner {
 public:
  Planner(const Json& document, TemplateEvaluator& evaluator) : document_(document), evaluator_(evaluator) {}

  Result<std::vector<PlannedResource>> run() {
    const Json* resources = find(document_, "resources");
    if (!resources) return invalid_template("The template has no resources");
    if (auto read = read_all(*resources, "", ""); !read) return read.error();
    for (auto& draft : drafts_) {
      if (auto linked = link(draft); !linked) return linked.error();
    }
    return sorted();
  }

 private:
  // An array, or (language version 2.0) an object by symbolic name.
  Status read_all(const Json& resources, const std::string& parent_type, const std::string& parent_name) {
    if (resources.is_array()) {
      for (const auto& each : resources.as_array()) {
        if (auto read = read_loop(each, "", parent_type, parent_name); !read) return read;
      }
      return {};
    }
    if (!resources.is_object()) return invalid_template("The template's resources are neither an array nor an object");
    for (const auto& member : resources.as_object()) {
      if (auto read = read_loop(member.value(), std::string(member.key()), parent_type, parent_name); !read)
        return read;
    }
    return {};
  }

  Status read_loop(const Json& source, const std::string& symbol, const std::string& parent_type,
                   const std::string& parent_name) {
    if (!source.is_object()) return invalid_template("A resource of the template is no object");
    const Json* loop = find(source, "copy");
    if (!loop) return read_one(source, symbol, parent_type, parent_name, {});
    const auto asked = evaluator_.value(find(*loop, "count") ? *find(*loop, "count") : Json(0));
    if (!asked) return asked.error();
    const auto count = integer(&*asked);
    if (!count || *count < 0 || *count > kMostCopies) return invalid_template("The count of a copy loop is not valid");
    const std::string name = string_at(*loop, "name");
    for (std::int64_t i = 0; i < *count; ++i) {
      evaluator_.enter_copy(name, i);
      auto read = read_one(source, symbol, parent_type, parent_name, {{name, i}});
      evaluator_.leave_copy();
      if (!read) return read;
    }
    return {};
  }

  Status read_one(const Json& source, const std::string& symbol, const std::string& parent_type,
                  const std::string& parent_name, std::vector<std::pair<std::string, std::int64_t>> copies) {
    if (drafts_.size() >= kMostResources) return invalid_template("The template has too many resources");
    Draft draft;
    PlannedResource& resource = draft.resource;
    resource.source = &source;
    resource.copies = std::move(copies);
    const std::string type = string_at(source, "type");
    // Bicep writes "Microsoft.X/y@2024-01-01" for resources of providers in language version 2.0.
    resource.type = (parent_type.empty() ? "" : parent_type + "/") + type.substr(0, type.find('@'));
    const auto version = evaluator_.text(find(source, "apiVersion") ? *find(source, "apiVersion") : Json(""));
    const auto name = evaluator_.text(find(source, "name") ? *find(source, "name") : Json(""));
    if (!version) return version.error();
    if (!name) return name.error();
    if (name->empty() || type.empty()) return invalid_template("A resource of the template has no name or no type");
    resource.api_version = *version;
    resource.name = (parent_name.empty() ? "" : parent_name + "/") + *name;
    if (auto placed = place(draft); !placed) return placed;
    if (auto read = read_rest(draft, symbol); !read) return read;
    const Json* children = find(source, "resources");
    const bool nested_template = equals_ignoring_case(resource.type, kDeployments);
    const std::string own_type = resource.type, own_name = resource.name;
    drafts_.push_back(std::move(draft));
    return children && !nested_template ? read_all(*children, own_type, own_name) : Status();
  }

  Status read_rest(Draft& draft, const std::string& symbol) {
    PlannedResource& resource = draft.resource;
    const Json& source = *resource.source;
    if (const Json* condition = find(source, "condition")) {
      const auto met = evaluator_.value(*condition);
      if (!met) return met.error();
      draft.certain = met->is_bool() ? met->as_bool() : equals_ignoring_case(string_or(&*met), "true");
    }
    if (bool_or(find(source, "existing"))) draft.certain = false;
    if (const Json* location = find(source, "location"); location && draft.certain) {
      const auto text = evaluator_.text(*location);
      if (!text) return text.error();
      resource.location = to_lower(replace_all(*text, " ", ""));
    }
    if (const Json* depends = find(source, "dependsOn"); depends && depends->is_array()) {
      const auto evaluated = evaluator_.value(*depends);
      if (!evaluated) return evaluated.error();
      for (const auto& each : evaluated->as_array()) draft.asked.push_back(string_or(&each));
    }
    for (const auto& alias : aliases(draft, symbol)) names_[to_lower(alias)].push_back(resource.id);
    evaluator_.know(to_lower(resource.name), resource.id, resource.api_version);
    evaluator_.know(to_lower(resource.id), resource.id, resource.api_version);
    if (!symbol.empty()) evaluator_.know(to_lower(symbol), resource.id, resource.api_version);
    return {};
  }

  static std::vector<std::string> aliases(const Draft& draft, const std::string& symbol) {
    const PlannedResource& resource = draft.resource;
    std::vector<std::string> all = {resource.id, resource.name, resource.name.substr(resource.name.rfind('/') + 1),
                                    resource.type + "/" + resource.name};
    const std::size_t provider = to_lower(resource.id).rfind("/providers/");
    if (provider != std::string::npos) all.push_back(resource.id.substr(provider + 11));
    if (!symbol.empty()) all.push_back(symbol);
    for (const auto& [loop, index] : resource.copies) all.push_back(loop);
    return all;
  }

  // Where the resource is: below the deployment's own scope, or where its scope, group or subscription says.
  Status place(Draft& draft) {
    PlannedResource& resource = draft.resource;
    const Json& source = *resource.source;
    std::string base = evaluator_.scope().id();
    if (equals_ignoring_case(resource.type, kDeployments)) {
      auto elsewhere = other_base(source, base);
      if (!elsewhere) return elsewhere.error();
      base = *elsewhere;
    }
    if (equals_ignoring_case(resource.type, kGroups)) {
      resource.id = "/subscriptions/" + evaluator_.scope().subscription + "/resourceGroups/" + resource.name;
      return {};
    }
    if (const Json* scope = find(source, "scope")) {
      const auto text = evaluator_.text(*scope);
      if (!text) return text.error();
      base = text->starts_with('/') ? (*text == "/" ? "" : *text) : base + "/providers/" + *text;
    }
    auto names = split(resource.name, '/');
    std::string type = resource.type;
    // The older form of extensions: type "Microsoft.X/a/providers/locks", name "a1/Microsoft.Authorization/l1".
    const std::size_t mark = to_lower(type).find("/providers/");
    if (mark != std::string::npos) {
      const std::string outer = type.substr(0, mark);
      const std::size_t outer_names = split(outer, '/').size() - 1;
      if (names.size() < outer_names + 2)
        return invalid_template("The name '" + resource.name + "' does not fit its type");
      const auto cut = names.begin() + static_cast<std::ptrdiff_t>(outer_names);
      auto target = TemplateEvaluator::provider_path(outer, {names.begin(), cut});
      if (!target) return target.error();
      base += *target;
      type = *cut + "/" + type.substr(mark + 11);
      resource.type = type;
      names.erase(names.begin(), cut + 1);
    }
    auto path = TemplateEvaluator::provider_path(type, names);
    if (!path) return path.error();
    resource.id = base + *path;
    return {};
  }

  Result<std::string> other_base(const Json& source, const std::string& own) {
    const Json* group = find(source, "resourceGroup");
    const Json* subscription = find(source, "subscriptionId");
    if (!group && !subscription) return own;
    std::string id = evaluator_.scope().subscription;
    std::string base;
    if (subscription) {
      auto text = evaluator_.text(*subscription);
      if (!text) return text;
      id = *text;
    }
    base = "/subscriptions/" + id;
    if (!group) return base;
    auto text = evaluator_.text(*group);
    return text ? Result<std::string>(base + "/resourceGroups/" + *text) : text;
  }

  Status link(Draft& draft) {
    std::set<std::string> ids;
    for (const auto& asked : draft.asked) {
      const auto found = names_.find(to_lower(asked));
      if (found == names_.end()) {
        return invalid_template("The resource '" + asked +
                                "' is not defined in the template. Please see "
                                "https://aka.ms/arm-syntax for usage details");
      }
      ids.insert(found->second.begin(), found->second.end());
    }
    for (const auto& [loop, index] : draft.resource.copies) evaluator_.enter_copy(loop, index);
    ask_references(*draft.resource.source, ids);
    for (std::size_t i = 0; i < draft.resource.copies.size(); ++i) evaluator_.leave_copy();
    // A child comes after what it is in.
    for (const auto& other : drafts_) {
      if (draft.resource.id != other.resource.id &&
          to_lower(draft.resource.id).starts_with(to_lower(other.resource.id) + "/")) {
        ids.insert(other.resource.id);
      }
    }
    ids.erase(draft.resource.id);
    for (const auto& id : ids) {
      const bool deployed =
          std::ranges::any_of(drafts_, [&](const Draft& each) { return each.certain && each.resource.id == id; });
      if (deployed) draft.resource.depends_on.push_back(id);
    }
    return {};
  }

  // Resources whose state the expressions of a value ask for.
  void ask_references(const Json& value, std::set<std::string>& ids) {
    if (value.is_array()) {
      for (const auto& each : value.as_array()) ask_references(each, ids);
    } else if (value.is_object()) {
      for (const auto& member : value.as_object()) ask_references(member.value(), ids);
    } else if (value.is_string() && is_expression(value.as_string())) {
      const std::string text = string_or(&value);
      if (to_lower(text).find("reference(") == std::string::npos && to_lower(text).find("list") == std::string::npos)
        return;
      if (const auto expression = parse_expression(text)) ask_calls(**expression, ids);
    }
  }

  void ask_calls(const Expression& expression, std::set<std::string>& ids) {
    if (expression.target) ask_calls(*expression.target, ids);
    for (const auto& argument : expression.arguments) ask_calls(*argument, ids);
    const std::string name = to_lower(expression.name);
    if (expression.kind != Expression::Kind::call || expression.arguments.empty()) return;
    if (name != "reference" && !name.starts_with("list")) return;
    const auto target = evaluator_.argument(*expression.arguments.front());
    if (!target) return;
    if (const auto found = names_.find(to_lower(*target)); found != names_.end()) {
      ids.insert(found->second.begin(), found->second.end());
    }
  }

  Result<std::vector<PlannedResource>> sorted() {
    std::vector<PlannedResource> order;
    std::set<std::string> done;
    std::vector<PlannedResource> waiting;
    for (auto& draft : drafts_) {
      if (draft.certain) waiting.push_back(std::move(draft.resource));
    }
    while (!waiting.empty()) {
      const auto ready = std::ranges::find_if(waiting, [&](const PlannedResource& each) {
        return std::ranges::all_of(each.depends_on, [&](const std::string& id) { return done.contains(id); });
      });
      if (ready == waiting.end()) {
        return invalid_template("Circular dependency detected on resource: '" + waiting.front().id + "'");
      }
      done.insert(ready->id);
      order.push_back(std::move(*ready));
      waiting.erase(ready);
    }
    return order;
  }

  const Json& document_;
  TemplateEvaluator& evaluator_;
  std::vector<Draft> drafts_;
  std::map<std::string, std::vector<std::string>> names_;  // alias in lower case → ids
};

}  // namespace

Result<std::vector<PlannedResource>> plan_template(const Json& document, TemplateEvaluator& evaluator) {
  return Planner(document, evaluator).run();
}

Result<Json> body_of(const PlannedResource& resource, TemplateEvaluator& evaluator) {
  static const std::set<std::string_view> kOfTheTemplate = {
      "type",     "apiVersion", "name",  "dependsOn", "condition",     "copy",
      "comments", "existing",   "scope", "resources", "resourceGroup", "subscriptionId"};
  for (const auto& [loop, index] : resource.copies) evaluator.enter_copy(loop, index);
  Result<Json> body = Json(JsonObject());
  for (const auto& member : resource.source->as_object()) {
    if (kOfTheTemplate.contains(member.key())) continue;
    // A nested template with inner scope is evaluated by its own deployment.
    const bool inner = equals_ignoring_case(resource.type, kDeployments) && member.key() == "properties" &&
                       equals_ignoring_case(string_at(member.value(), "expressionEvaluationOptions", "scope"), "inner");
    Json source = member.value();
    Json nested = nullptr;
    if (inner) {
      if (const Json* found = find(source, "template")) nested = *found;
      source.as_object().erase("template");
    }
    auto value = evaluator.value(source);
    if (!value) {
      body = value;
      break;
    }
    if (inner) value->as_object()["template"] = nested;
    body->as_object()[member.key()] = *std::move(value);
  }
  for (std::size_t i = 0; i < resource.copies.size(); ++i) evaluator.leave_copy();
  return body;
}

}  // namespace lazuli::providers
