#include "cluster/records.h"

#include <array>

namespace lazuli::cluster {
namespace {

struct Field {
  const char* name;
  std::string ClusterSpec::*member;
};

constexpr std::array kFields{
    Field{"id", &ClusterSpec::id},
    Field{"name", &ClusterSpec::name},
    Field{"nodeGroup", &ClusterSpec::node_group},
    Field{"issuer", &ClusterSpec::issuer},
    Field{"poolName", &ClusterSpec::pool_name},
    Field{"nodeName", &ClusterSpec::node_name},
    Field{"location", &ClusterSpec::location},
    Field{"apiName", &ClusterSpec::api_name},
    Field{"vmSize", &ClusterSpec::vm_size},
};

}  // namespace

Json to_json(const Record& record) {
  JsonObject object{{"wanted", record.wanted}};
  if (!record.kubeconfig.empty()) object["kubeconfig"] = record.kubeconfig;
  for (const auto& field : kFields) object[field.name] = record.spec.*field.member;
  return object;
}

Result<Record> record_from(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  Record record;
  record.wanted = bool_or(find(*parsed, "wanted"));
  record.kubeconfig = string_at(*parsed, "kubeconfig");
  for (const auto& field : kFields) record.spec.*field.member = string_at(*parsed, field.name);
  if (record.spec.id.empty() || record.spec.node_name.empty())
    return Error{"InvalidRecord", "A cluster's record has no id or no node.", 500};
  return record;
}

}  // namespace lazuli::cluster
