// A value or an Error: what every function of lazuli that can fail returns across a boundary. Exceptions end at the
// library that threw them. An Error carries the code of the protocol that it will be answered in (ARM, Entra, OpenAI
// or OCI) and the HTTP status that goes with it; the wire form is made in one place for each protocol.
#pragma once

#include <boost/json/value.hpp>
#include <cassert>
#include <memory>
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

// An Error out of the way of what succeeds, which is as good as always: no more than a pointer where there is none.
// What makes one is marked as cold, so that the compiler puts it apart.
class HeldError {
 public:
  HeldError() = default;
  [[gnu::cold]] explicit HeldError(Error error) : held_(std::make_unique<Error>(std::move(error))) {}
  HeldError(const HeldError& other) : held_(other.held_ ? std::make_unique<Error>(*other.held_) : nullptr) {}
  HeldError(HeldError&&) = default;
  HeldError& operator=(const HeldError& other) { return *this = HeldError(other); }
  HeldError& operator=(HeldError&&) = default;
  ~HeldError() = default;

  bool none() const { return held_ == nullptr; }
  Error& get() const {
    assert(held_);
    return *held_;
  }

 private:
  std::unique_ptr<Error> held_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  [[gnu::cold]] Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

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
    return std::get<1>(state_).get();
  }
  Error&& error() && {
    assert(!ok());
    return std::move(std::get<1>(state_).get());
  }

 private:
  std::variant<T, HeldError> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  [[gnu::cold]] Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return error_.none(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return error_.get(); }
  Error&& error() && { return std::move(error_.get()); }

 private:
  HeldError error_;
};

using Status = Result<void>;

}  // namespace lazuli
