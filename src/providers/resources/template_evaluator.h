// What the expressions of one template mean, for one deployment: its parameters and variables, where it deploys to, and
// (once it runs) the state of other resources. Values are computed when they are first asked for. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arm/resource_id.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "providers/resources/template_expression.h"

namespace lazuli::providers {

// Where a deployment runs.
struct DeploymentScope {
  std::string subscription;
  std::string subscription_name;
  std::string group;  // empty: at the subscription
  std::string location;
  std::string tenant;
  std::string deployment;  // its name
  std::string id() const;  // of the group or subscription
};

// The world as a running deployment sees it; in validation there is none.
struct DeploymentView {
  // The whole resource, by id; the api-version may be empty.
  std::function<Result<Json>(const std::string& id, const std::string& api_version)> get;
  // list…(): a POST action.
  std::function<Result<Json>(const std::string& id, const std::string& action, const std::string& api_version)> post;
};

class TemplateEvaluator {
 public:
  TemplateEvaluator(const Json& document, JsonObject parameters, DeploymentScope scope, DeploymentView view,
                    TimePoint now);

  // A value with every expression in it replaced, and its property copies written out.
  Result<Json> value(const Json& given);
  Result<std::string> text(const Json& given);
  Result<Json> parameter(const std::string& name);
  // An argument of a call as text; nothing if it cannot be known yet.
  std::optional<std::string> argument(const Expression& expression);

  // With copyIndex() at this place of a loop.
  void enter_copy(const std::string& name, std::int64_t index) { copies_.emplace_back(name, index); }
  void leave_copy() { copies_.pop_back(); }

  // Ids and api-versions of the template's resources by symbolic name and by name, for reference().
  void know(const std::string& name, const std::string& id, const std::string& api_version) {
    known_[name] = {id, api_version};
  }

  const DeploymentScope& scope() const { return scope_; }

  // "Microsoft.X/a/b" and its names → the id's text from the provider on. Error code InvalidTemplate.
  static Result<std::string> provider_path(const std::string& type, const std::vector<std::string>& names);

 private:
  Result<Json> bounded(Result<Json> value);
  Result<Json> expanded_object(const JsonObject& given);
  Result<Json> property_copy(const Json& loop);
  Result<Json> evaluate(const Expression& expression);
  Result<Json> evaluate_call(const Expression& expression);
  Result<Json> member_of(const Json& target, const std::string& name) const;
  Result<Json> element_of(const Json& target, const Json& index) const;
  Result<Json> variable(const std::string& name);
  Result<Json> resource_id(const std::string& function, std::vector<std::string> arguments) const;
  Result<Json> reference(const JsonArray& arguments);
  Result<Json> list_action(const std::string& function, const JsonArray& arguments);
  Result<Json> surroundings(const std::string& function) const;
  Result<Json> copy_index(const JsonArray& arguments) const;
  std::pair<std::string, std::string> resolve(const std::string& name) const;

  std::size_t spent_ = 0;
  const Json& template_;
  JsonObject parameters_;
  DeploymentScope scope_;
  DeploymentView view_;
  TimePoint now_;
  std::map<std::string, Json> variables_, defaults_;
  std::vector<std::string> asking_;  // variables and parameters being computed, to find circles
  std::vector<std::pair<std::string, std::int64_t>> copies_;
  std::map<std::string, std::pair<std::string, std::string>> known_;
};

}  // namespace lazuli::providers
