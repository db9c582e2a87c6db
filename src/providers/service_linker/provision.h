// The long-running work on a connection: making it and taking it away. Bodies for the journal, so both may run again
// after a crash. What a connection uses is written into its document before it is made, so that taking it away finds
// everything, wherever making it ended.
#pragma once

#include <mutex>
#include <optional>

#include "arm/operations.h"
#include "arm/service.h"
#include "cluster/objects.h"
#include "providers/service_linker/linker.h"
#include "providers/service_linker/steps.h"
#include "providers/service_linker/target.h"

namespace lazuli::providers::service_linker {

inline constexpr std::string_view kCreate = "serviceLinker.create";
inline constexpr std::string_view kDelete = "serviceLinker.delete";
inline constexpr std::string_view kValidate = "serviceLinker.validate";

class Provisioner {
 public:
  Provisioner(arm::Service& service, cluster::ObjectsOf objects) : service_(service), objects_(std::move(objects)) {}

  // Ends with the document as Succeeded, or as Failed and Azure's error "GeneralUserError".
  Result<Json> create(arm::OperationContext& context);
  Result<Json> remove(arm::OperationContext& context);
  // The clean-up for arm::Service::on_forget: what the connection uses goes, unless another one uses it too.
  Status withdraw(const arm::Resource& linker);

 private:
  struct Making {
    Linker linker;
    arm::Resource account;
    std::optional<Identity> identity;  // of Auth::identity
    Credentials credentials;
  };

  Status provision(const arm::Resource& stored, arm::OperationContext& context);
  Result<Making> look(const arm::Resource& stored);
  Status note_uses(const arm::ResourceId& id, const JsonObject& uses);
  Status grant(Making& making, arm::OperationContext& context);
  Status write_objects(const Making& making);

  bool used_elsewhere(const Linker& linker, std::string_view use, const std::string& value) const;
  // What `earlier` names and `kept` does not.
  Status give_back(const Linker& linker, const JsonObject& earlier, const JsonObject& kept);
  Status remove_object(const arm::ResourceId& cluster, const std::string& path);

  arm::Service& service_;
  cluster::ObjectsOf objects_;
  // Held while uses are noted and while they are given back: a credential that one connection is about to use is not
  // taken away by another that goes.
  std::mutex uses_mutex_;
};

}  // namespace lazuli::providers::service_linker
