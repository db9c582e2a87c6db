#include "doctor/environment.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace lazuli::doctor {

namespace {

using Data = std::map<std::string, std::string, std::less<>>;

class Reader {
 public:
  Reader(cluster::Objects& objects, std::string_view name_space) : objects_(objects), name_space_(name_space) {}

  Environment read(const Json& container) {
    each(container, "envFrom", [&](const Json& from) { take_all(from); });
    each(container, "env", [&](const Json& entry) { take_one(entry); });
    return std::move(made_);
  }

 private:
  template <typename Visit>
  static void each(const Json& parent, std::string_view list, const Visit& visit) {
    const Json* held = lazuli::find(parent, list);
    if (!held || !held->is_array()) return;
    for (const auto& entry : held->get_array()) visit(entry);
  }

  // The object's data, decoded; nothing if it does not exist.
  std::optional<Data> data(std::string_view kind, const std::string& name) {
    const bool secret = kind == "secret";
    const auto held =
        objects_.get("/api/v1/namespaces/" + name_space_ + (secret ? "/secrets/" : "/configmaps/") + name);
    if (!held) return std::nullopt;
    Data made;
    const Json* members = lazuli::find(*held, "data");
    if (!members || !members->is_object()) return made;
    for (const auto& member : members->get_object()) {
      const auto text = string_or(&member.value());
      made[std::string(member.key())] = secret ? base64_decode(text).value_or("") : text;
    }
    return made;
  }

  void set(Variable made) {
    std::erase_if(made_.variables, [&](const Variable& one) { return one.name == made.name; });
    made_.variables.push_back(std::move(made));
  }

  // "$(NAME)" stands for a variable before it; one that is not there stays as it is written.
  std::string expanded(std::string value) const {
    for (const auto& one : made_.variables) {
      const auto reference = "$(" + one.name + ")";
      if (value.find(reference) != std::string::npos) value = replace_all(std::move(value), reference, one.value);
    }
    return value;
  }

  void take_all(const Json& from) {
    for (const auto& [member, kind] : {std::pair{"secretRef", "secret"}, std::pair{"configMapRef", "configmap"}}) {
      const Json* reference = lazuli::find(from, member);
      if (!reference) continue;
      const auto name = string_at(*reference, "name");
      const auto held = data(kind, name);
      if (!held && !bool_or(lazuli::find(*reference, "optional"))) made_.missing.push_back({kind, name, {}});
      if (!held) continue;
      for (const auto& [key, value] : *held) {
        set({string_at(from, "prefix") + key, value, std::string(kind) + "/" + name, key});
      }
    }
  }

  void take_one(const Json& entry) {
    const auto name = string_at(entry, "name");
    const Json* from = lazuli::find(entry, "valueFrom");
    if (!from) {
      set({name, expanded(string_at(entry, "value")), "env", {}});
      return;
    }
    for (const auto& [member, kind] :
         {std::pair{"secretKeyRef", "secret"}, std::pair{"configMapKeyRef", "configmap"}}) {
      const Json* reference = lazuli::find(*from, member);
      if (!reference) continue;
      const auto object = string_at(*reference, "name");
      const auto key = string_at(*reference, "key");
      const auto held = data(kind, object);
      const bool optional = bool_or(lazuli::find(*reference, "optional"));
      if (!held && !optional) made_.missing.push_back({kind, object, {}});
      if (!held) continue;
      const auto value = held->find(key);
      if (value != held->end()) {
        set({name, value->second, std::string(kind) + "/" + object, key});
      } else if (!optional) {
        made_.missing.push_back({kind, object, key});
      }
    }
  }

  cluster::Objects& objects_;
  std::string name_space_;
  Environment made_;
};

}  // namespace

bool Variable::hidden() const {
  const auto upper = to_upper(name);
  for (const auto* word : {"KEY", "SECRET", "PASSWORD", "TOKEN", "CREDENTIAL", "CONNECTION"}) {
    if (upper.find(word) != std::string::npos && !upper.ends_with("_FILE")) return true;
  }
  return false;
}

std::string Variable::shown() const {
  return hidden() ? "***" : value;
}

const Variable* Environment::find(std::string_view name) const {
  const auto found = std::ranges::find(variables, name, &Variable::name);
  return found == variables.end() ? nullptr : &*found;
}

std::vector<const Variable*> Environment::with_word(std::initializer_list<std::string_view> words) const {
  std::vector<const Variable*> found;
  for (const auto& one : variables) {
    const auto parts = split(to_upper(one.name), '_');
    if (std::ranges::any_of(words,
                            [&](std::string_view word) { return std::ranges::find(parts, word) != parts.end(); }))
      found.push_back(&one);
  }
  return found;
}

Environment read_environment(cluster::Objects& objects, std::string_view name_space, const Json& container) {
  return Reader(objects, name_space).read(container);
}

}  // namespace lazuli::doctor
