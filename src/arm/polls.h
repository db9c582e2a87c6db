// Polls of long-running operations: the headers that begin them, and what the status and the result resource answer.
// An operation is found in the journal by the GUID in the poll's path, so polls outlive a restart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "arm/service.h"

namespace lazuli::arm {

class Polls {
 public:
  explicit Polls(const Operations& operations) : operations_(operations) {}

  void add_form(std::string kind, OperationForm form) { forms_[std::move(kind)] = std::move(form); }

  static void add_headers(Answer& answer, const Operation& operation, const Service::PollStyle& style);
  // The operation that a path polls, if it has the form of a poll and names one that is known.
  std::optional<Operation> operation_at(std::string_view path) const;
  Answer answer(const Operation& operation, const Call& call) const;

  // The operation that an answer began, by its poll headers.
  std::optional<Operation> begun_by(const Answer& answer) const;

 private:
  const Operations& operations_;
  std::map<std::string, OperationForm, std::less<>> forms_;
};

}  // namespace lazuli::arm
