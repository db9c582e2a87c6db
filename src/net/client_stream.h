// One request of the client on one connection, and the answer to it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/channel.h"
#include "net/client.h"
#include "net/pool.h"
#include "net/wire.h"

namespace lazuli::net {

class HttpStream final : public ClientStream {
 public:
  // The connection goes to the pool as one of `owner` when the answer is complete.
  HttpStream(ConnectionPool::Owner owner, ConnectionPool& pool, std::string origin, std::unique_ptr<Channel> channel,
             std::chrono::milliseconds timeout);

  // `answered` tells whether any byte of an answer has come: if not, the request may be sent again elsewhere.
  Task<Status> exchange(std::string head, std::string_view body, bool head_request, bool& answered);

  const Response& head() const override { return head_.response; }
  Response take_head() { return std::move(head_.response); }
  Task<Result<std::size_t>> read(std::span<char> into) override;
  Task<Status> read_all(std::string& body, std::size_t limit);
  void skip_rest() override;

 private:
  Task<std::optional<std::string>> read_head(bool head_request, bool& answered, ErrorCode& error);
  void leave();

  ConnectionPool::Owner owner_;
  ConnectionPool& pool_;
  std::string origin_;
  std::unique_ptr<Channel> channel_;  // none once the answer is complete or broken
  std::chrono::milliseconds timeout_;
  Input input_;
  ResponseHead head_;
  BodyDecoder body_;
};

}  // namespace lazuli::net
