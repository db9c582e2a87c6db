// What clients have to trust, and what lazuli shows them: the name-constrained authority (made at the very first
// start), the listener's certificate, and the bundle that the CA variables point to, in PEM and for Java. The bundle
// holds what those variables pointed to before lazuli, or the system's roots, and lazuli's own root. Thread-safe once
// open.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "command_line/environment.h"
#include "command_line/state_directory.h"
#include "net/server.h"

namespace lazuli {

class Trust {
 public:
  // Reads what is there; makes what is missing, runs out within a month, or lacks a name of this version. `sources` are
  // the bundles of an earlier start: they count where `before`'s variables name none but lazuli's own.
  static Result<std::unique_ptr<Trust>> open(const command_line::StateDirectory& state, TimePoint now,
                                             const command_line::Lookup& before,
                                             const std::vector<std::string>& sources);

  const net::TlsIdentity& listener() const { return listener_; }
  // A certificate for the same names that ran out a year ago: what `lazuli fault add certificate-expired` shows.
  Result<net::TlsIdentity> expired_listener(TimePoint now) const;
  const std::string& root() const { return root_; }                     // PEM
  const std::vector<std::string>& sources() const { return sources_; }  // to be remembered
  std::string bundle() const;                                           // PEM: public roots and ours
  std::string java_store() const;                                       // the same in PKCS#12, password "changeit"

  // A shell brought bundles of its own: whatever they trust is added.
  Status add_sources(const std::vector<std::string>& files);

 private:
  explicit Trust(command_line::StateDirectory state) : state_(std::move(state)) {}
  Status open_authority(TimePoint now);
  Status open_listener(TimePoint now);
  Status write_bundle();

  command_line::StateDirectory state_;
  net::TlsIdentity listener_;
  std::string root_, issuing_, issuing_key_;
  mutable std::mutex mutex_;
  std::vector<std::string> sources_;
  std::string bundle_;
};

// Files that the CA variables name in this environment, without the state's own bundle and without repeats.
std::vector<std::string> trust_sources(const command_line::Lookup& before, const std::filesystem::path& own_bundle);

}  // namespace lazuli
