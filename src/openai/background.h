// Responses that are made in the background ("background": true): the client has its answer at once, the call goes on
// without it, and whoever comes later reads the same events (OpenAI's guide to background mode; how each operation
// answers is as Azure's own container SDK for the Responses API describes the service). A run is a call whose exchange
// is no connection's, but keeps what it is given. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "net/changes.h"
#include "net/exchange.h"
#include "net/tasks.h"

namespace lazuli::openai {

class BackgroundRun {
 public:
  BackgroundRun(std::string of_ids, bool as_stream, TimePoint now)
      : digits(std::move(of_ids)), streamed(as_stream), made(now) {}

  const std::string digits;  // of the response's id and those of its items
  const bool streamed;       // its client asked for a stream
  const TimePoint made;

  // For readers: what there is from an event on.
  struct Events {
    std::string text;
    std::size_t next = 0;
    bool ended = false;
  };
  Events from(std::size_t event) const;
  bool begun() const;  // its client can be answered
  bool ended() const;
  net::Changes& changes() { return changes_; }  // of what the others of these say
  std::optional<net::Response> head() const;    // nothing: it has not begun; another status than 200: it was refused

  using LastEvent = std::function<std::string(std::size_t sequence_number)>;

  // For the call.
  void begin(net::Response head);
  void add(std::string_view events);
  void end();
  bool settle();                             // it has come to its outcome. False: it was cancelled before
  bool cancel(const LastEvent& last_event);  // False: it has settled before

 private:
  enum class State { runs, settled, cancelled };
  mutable std::mutex mutex_;
  std::optional<net::Response> head_;
  std::vector<std::string> events_;  // by sequence number
  bool ended_ = false;
  State state_ = State::runs;
  net::Changes changes_;
};

class Background {
 public:
  using Work = std::function<net::Task<void>(net::Exchange&, BackgroundRun&)>;

  Background(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // Starts the work on a request whose body has been read, and answers its client.
  net::Task<void> serve(net::Exchange& exchange, bool streamed, Work work);
  // Runs end to be found some time after they have begun.
  std::shared_ptr<BackgroundRun> find(std::string_view response_id) const;
  // The answer is the head with the events from `first` on, as they come.
  static net::Task<void> stream(net::Exchange& exchange, std::shared_ptr<BackgroundRun> run, std::size_t first,
                                net::Response head);
  bool cancel(std::string_view response_id, const BackgroundRun::LastEvent& last_event);
  void stop();  // ends the runs that are under way

 private:
  struct Known {
    std::shared_ptr<BackgroundRun> run;
    net::Tasks::Id task = 0;
  };
  bool forget_one();
  std::shared_ptr<BackgroundRun> begin(const net::Request& request, bool streamed, Work work);

  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> runs_;  // by the response's id
  net::Tasks tasks_;
};

}  // namespace lazuli::openai
