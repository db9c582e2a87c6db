#include "entra/graph.h"

namespace lazuli::entra {

net::Response answer_graph(Context& context, const net::Request& request) {
  (void)context;
  (void)request;
  return net::Response::json(501,
                             JsonObject{{"error", JsonObject{{"code", "NotImplemented"}, {"message", "Not yet."}}}});
}

}  // namespace lazuli::entra
