// The state directory: where everything that lazuli keeps lives, and the lock that lets one lazuli at a time use it.
// Directories are 0700, files 0600. The lock goes with its process, so that nothing has to be tidied after kill -9.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace lazuli::command_line {

class StateDirectory {
 public:
  // --state's value, else $LAZULI_STATE, else ~/.lazuli; made absolute. Nothing is created.
  static StateDirectory locate(std::string_view option);
  explicit StateDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  Status prepare() const;  // creates it, and refuses one that others may write into
  bool exists() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }
  std::filesystem::path log() const { return file("lazuli.log"); }
  std::filesystem::path trust_bundle() const { return file("ca-bundle.pem"); }
  std::filesystem::path java_trust_store() const { return file("java-truststore.p12"); }
  std::filesystem::path root_certificate() const { return file("ca/root.pem"); }
  std::filesystem::path azure_config() const { return file("azure"); }
  std::filesystem::path kubeconfig() const { return file("kubeconfig"); }
  // A name by which the socket can be bound and connected to. Where the path is longer than a socket's name may be
  // (108 bytes), it goes by way of an open descriptor of the directory, which `keep` then holds.
  struct SocketName {
    std::string text;
    int directory = -1;
    SocketName() = default;
    SocketName(SocketName&& other) noexcept : text(std::move(other.text)), directory(other.directory) {
      other.directory = -1;
    }
    SocketName& operator=(SocketName&&) = delete;
    ~SocketName();
  };
  SocketName control_socket() const;

  // settings.json: what has to be the same at the next start (tenant, subscription, ports).
  Json settings() const;
  Status save_settings(const JsonObject& settings) const;

 private:
  std::filesystem::path path_;
};

// Held by the process that serves a state directory.
class StateLock {
 public:
  // Nothing if another process holds it. Error code "FileError" if it cannot be made.
  static Result<std::optional<StateLock>> acquire(const StateDirectory& state);
  // The lock was inherited by this process, which from now on is the holder (after a fork).
  void take_over() const;
  StateLock(StateLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// The process that took the lock last; 0 if unknown.
int lock_holder(const StateDirectory& state);

// Blocks until nobody holds the lock, or the time is over (false): how `down` waits for the end.
bool wait_until_unlocked(const StateDirectory& state, std::chrono::milliseconds limit);

}  // namespace lazuli::command_line
