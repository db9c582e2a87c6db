// The webhook's admission review. An input is an AdmissionReview, an empty line, and the service account that the
// cluster has; without that, or if it is no JSON, the cluster has none.
//
// Whatever comes in: the answer is an AdmissionReview with the request's uid; its patch applies, keeps all that the pod
// had, and leads to a pod at which nothing more is to be done.
#include <optional>

#include "base/text.h"
#include "json_patch.h"
#include "paragraphs.h"
#include "rule.h"
#include "workload_identity/webhook.h"

namespace lazuli::fuzz {
namespace {

class OneAccount final : public workload_identity::Cluster {
 public:
  explicit OneAccount(std::optional<Json> account) : account_(std::move(account)) {}
  Result<Json> service_account(std::string_view, std::string_view) override {
    if (!account_) return Error{"NotFound", "there is no such service account", 404};
    return *account_;
  }
  Status ensure_trust(std::string_view) override { return {}; }

 private:
  std::optional<Json> account_;
};

bool is_text(const Json* value) {
  return value && value->is_string() && !value->get_string().empty();
}

void check_form(const Json& review, const Json& answer) {
  rule(string_at(answer, "apiVersion") == "admission.k8s.io/v1" && string_at(answer, "kind") == "AdmissionReview",
       "the answer is an AdmissionReview", to_text(answer));
  const Json* uid = find(answer, "response", "uid");
  const Json* allowed = find(answer, "response", "allowed");
  rule(uid && uid->is_string() && string_or(uid) == string_at(review, "request", "uid"),
       "the answer has the request's uid", to_text(answer));
  rule(allowed && allowed->is_bool(), "the answer says yes or no", to_text(answer));
  rule(parse_json(to_text(answer)).ok(), "the answer is JSON", to_text(answer));
  if (allowed->get_bool()) return;
  const auto code = integer(find(answer, "response", "status", "code")).value_or(0);
  rule(code >= 400 && code < 600 && is_text(find(answer, "response", "status", "message")) &&
           !find(answer, "response", "patch"),
       "a refusal says why and changes nothing", to_text(answer));
}

JsonArray patch_of(const Json& answer) {
  const Json* patch = find(answer, "response", "patch");
  if (!patch) return {};
  rule(string_at(answer, "response", "patchType") == "JSONPatch", "a patch has a type", to_text(answer));
  const auto list = parse_json(base64_decode(string_or(patch)).value_or(""));
  rule(list.ok() && list->is_array() && !list->get_array().empty(), "a patch is a list of operations", to_text(answer));
  return list->get_array();
}

// Nothing that the pod said is gone or says something else, but for two values that are ours to change: the volumes
// under our names, and the JVM's options, which grow.
void check_kept(const Json& before, const Json& after, const std::string& at) {
  if (before == after || before.is_null()) return;
  if (before.is_object() && after.is_object()) {
    for (const auto& member : before.get_object()) {
      const Json* kept = after.get_object().if_contains(member.key());
      rule(kept != nullptr, "a member of the pod is kept", at + "/" + std::string(member.key()));
      check_kept(member.value(), *kept, at + "/" + std::string(member.key()));
    }
  } else if (before.is_array() && after.is_array() && before.get_array().size() <= after.get_array().size()) {
    for (std::size_t i = 0; i < before.get_array().size(); ++i) {
      check_kept(before.get_array()[i], after.get_array()[i], at + "/" + std::to_string(i));
    }
  } else {
    rule(at.ends_with("/value") && before.is_string() && after.is_string() &&
             after.get_string().starts_with(before.get_string()),
         "a value of the pod is kept", at + ": " + to_text(before) + " became " + to_text(after));
  }
}

bool is_ours(const Json& volume) {
  const std::string name = string_at(volume, "name");
  return name == workload_identity::kTrustConfigMap || name.starts_with("azure-workload-identity-");
}

Json without_our_volumes(Json object) {
  if (const Json* volumes = find(object, "spec", "volumes"); volumes && volumes->is_array()) {
    for (auto& volume : object.as_object()["spec"].as_object()["volumes"].as_array()) {
      if (is_ours(volume)) volume = nullptr;
    }
  }
  return object;
}

void check(const Json& review, const std::optional<Json>& account, const workload_identity::Settings& settings) {
  OneAccount cluster(account);
  const Json answer = workload_identity::review(review, settings, cluster);
  check_form(review, answer);
  const JsonArray patch = patch_of(answer);
  if (patch.empty()) return;
  Json changed = *find(review, "request", "object");
  rule(apply_patch(changed, patch), "the patch applies", to_text(patch));
  check_kept(without_our_volumes(*find(review, "request", "object")), without_our_volumes(changed), "");
  Json again = review;
  again.as_object()["request"].as_object()["object"] = changed;
  const Json second = workload_identity::review(again, settings, cluster);
  check_form(again, second);
  rule(find(second, "response", "allowed")->get_bool() && patch_of(second).empty(),
       "admitting the result again changes nothing", to_text(patch) + "\n" + to_text(second));
}

}  // namespace
}  // namespace lazuli::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace lazuli;
  using namespace lazuli::fuzz;
  const auto parts = paragraphs({reinterpret_cast<const char*>(data), size}, 2);
  const auto review = parse_json(parts[0]);
  if (!review) return 0;  // the door answers 400
  const auto account = parse_json(parts[1]);
  workload_identity::Settings settings;
  settings.tenant_id = "11111111-2222-3333-4444-555555555555";
  settings.root_folder_name = "1a2b3c4d.0";
  settings.host_address = "10.0.0.1";
  settings.host_names = {"login.microsoftonline.com", ".openai.azure.com"};
  for (const bool on : {true, false}) {
    settings.identity = on;
    settings.own_dns = on;
    check(*review, account ? std::optional(*account) : std::nullopt, settings);
  }
  return 0;
}
