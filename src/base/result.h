// A value or an Error: what every function of lazuli that can fail returns across a boundary. Exceptions end at the
// library that threw them. An Error carries the code of the protocol that it will be answered in (ARM, Entra, OpenAI
// or OCI) and the HTTP status that goes with it; the wire form is made in one place for each protocol.
#pragma once

#include <boost/json/value.hpp>
#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace lazuli {

struct Error {
  std::string code;                      // the protocol's own word, for example "ResourceGroupNotFound"
  std::string message;                   // a sentence that helps
  int status = 500;                      // HTTP status of the answer
  std::string target;                    // the field or resource at fault; may be empty
  boost::json::value details = nullptr;  // protocol-specific additions; null if none
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    assert(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    assert(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    assert(ok());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    assert(!ok());
    return std::get<1>(state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const& {
    assert(!ok_);
    return error_;
  }
  Error&& error() && {
    assert(!ok_);
    return std::move(error_);
  }

 private:
  Error error_;
  bool ok_ = true;
};

using Status = Result<void>;

}  // namespace lazuli
