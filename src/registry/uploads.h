// Blob uploads in progress: sessions by id, each with a writer into the blob store; and the answers of the upload API.
// Bounded in number, and forgotten after an hour without news. Thread-safe; the body of one session comes from one
// request at a time, others are refused meanwhile.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "net/http.h"
#include "registry/catalog.h"

namespace lazuli::registry {

struct Upload {
  std::string id;
  Place place;
  std::unique_ptr<BlobWriter> writer;
  TimePoint last_used;
  bool busy = false;
};

class Uploads {
 public:
  Uploads(Catalog& catalog, const Clock& clock, Random& random) : catalog_(catalog), clock_(clock), random_(random) {}

  // Taken for the length of a request and given back. Errors: unknown, busy, too many.
  Result<std::shared_ptr<Upload>> begin(const Place& place);
  Result<std::shared_ptr<Upload>> take(const Place& place, const std::string& id);
  void give_back(const std::shared_ptr<Upload>& upload);
  void forget(const std::shared_ptr<Upload>& upload);

  // 202: more may follow; 201: the blob is there.
  net::Response accepted(const Upload& upload) const;
  // GET (how far it is) and DELETE (given up) of a session.
  net::Response answer(const net::Request& request, const Place& place, const std::string& id);
  net::Response finish(const std::shared_ptr<Upload>& upload, const std::string& digest);
  // POST ?mount=DIGEST&from=REPOSITORY. Nothing: it cannot be mounted, begin an upload instead.
  std::optional<net::Response> mount(const Place& place, const std::string& digest, const std::string& from);

 private:
  void expire();

  Catalog& catalog_;
  const Clock& clock_;
  Random& random_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Upload>> sessions_;
};

// A chunk's Content-Range ("0-1023") must begin where the session stands. Error 416.
Status check_content_range(const net::Request& request, const Upload& upload);
net::Response blob_created(const Place& place, const std::string& digest);

}  // namespace lazuli::registry
