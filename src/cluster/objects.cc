#include "cluster/objects.h"

#include "base/text.h"
#include "cluster/clusters.h"

namespace lazuli::cluster {

namespace {

class ClientObjects final : public Objects {
 public:
  explicit ClientObjects(std::shared_ptr<KubeClient> client) : client_(std::move(client)) {}

  Result<Json> get(std::string_view path) override { return client_->get(path); }
  Result<Json> create(std::string_view collection_path, const Json& object) override {
    return client_->create(collection_path, object);
  }
  Result<Json> apply(std::string_view path, const Json& object) override { return client_->apply(path, object); }
  Status remove(std::string_view path) override { return client_->remove(path); }
  Result<std::string> text(std::string_view path) override { return client_->text(path); }
  // From the version that was seen: whatever has happened since comes as an event, so that nothing can be missed.
  void await_change(std::string_view collection_path, std::string_view name, std::string_view version,
                    std::chrono::milliseconds limit) override {
    const std::string only = std::string(collection_path) + "?fieldSelector=metadata.name%3D" + percent_encode(name) +
                             "&resourceVersion=" + percent_encode(version);
    [[maybe_unused]] const auto watched = client_->watch(only, limit, [](const Json&) { return false; });
  }

 private:
  std::shared_ptr<KubeClient> client_;
};

}  // namespace

void Objects::await_change(std::string_view, std::string_view, std::string_view, std::chrono::milliseconds) {}

ObjectsOf objects_of(Clusters& clusters) {
  return [&clusters](std::string_view cluster_id) -> Result<std::shared_ptr<Objects>> {
    auto client = clusters.client(cluster_id);
    if (!client) return client.error();
    return objects_of(*std::move(client));
  };
}

std::shared_ptr<Objects> objects_of(std::shared_ptr<KubeClient> client) {
  return std::make_shared<ClientObjects>(std::move(client));
}

}  // namespace lazuli::cluster
