// The Exchange of one request on a connection: frames the answer, reads the body, and knows at the end whether the
// connection can serve another request.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <string>

#include "net/channel.h"
#include "net/exchange.h"
#include "net/server_parts.h"
#include "net/wire.h"

namespace lazuli::net {

class HttpExchange final : public Exchange {
 public:
  // `output` is memory that the connection keeps between requests. `cancel` ends the wait of the connection's
  // coroutine.
  HttpExchange(Channel& channel, Input& input, std::string& output, RequestHead& head, const ServerParts& parts,
               asio::cancellation_signal& cancel);

  Request& request() override { return head_.request; }
  Task<Result<std::size_t>> read(std::span<char> into) override;
  Task<bool> send(Response response) override;
  Task<bool> start(Response head) override;
  Task<bool> write(std::string_view piece) override;
  Task<bool> finish(bool complete) override;
  bool started() const override { return stage_ != Stage::waiting; }
  Task<bool> unless_gone(Task<void> work) override;

  // After the handler: what is left of the request's body is read if it is little. False: the connection is over.
  Task<bool> settle();
  bool settled() const { return keep_alive_ && stage_ == Stage::done && body_.done(); }  // nothing is left to be done
  // The client may still be sending: close with care.
  bool unread() const { return !body_.done() && !body_.failed(); }

 private:
  enum class Stage { waiting, streaming, done, broken };
  enum class Coding { length, chunked, until_close, none };

  bool little_left() const;
  void write_head(const Response& response, std::optional<std::uint64_t> length);
  void forget_large_output();
  Task<bool> send_file(Response response);
  Task<bool> flush(std::string_view more = {});
  bool broken();
  void look();

  Channel& channel_;
  Input& input_;
  std::string& output_;
  RequestHead& head_;
  const ServerParts& parts_;
  asio::cancellation_signal& cancel_;
  BodyDecoder body_;
  Stage stage_ = Stage::waiting;
  Coding coding_ = Coding::none;
  bool continue_due_ = false;
  bool late_ = false;  // the body came too slowly: it is read no further
  bool keep_alive_ = false;
  bool watching_ = false;
  bool left_ = false;  // the client, while it was watched
  std::uint64_t length_left_ = 0;
};

}  // namespace lazuli::net
