// What the doctor says: a checklist of the chain, link by link, each with what was expected, what was found, and, where
// it is broken, a name for the cause and the command that mends it. Causes are stable words, for scripts and tests.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace lazuli::doctor {

enum class Verdict {
  good,
  wrong,    // this link is broken
  warning,  // works, but is likely not what was meant, or could not be told with certainty
  unknown,  // not checked, because a link before it is broken or nothing says what to check
};

struct Finding {
  std::string link;  // "service account", "federated credential"
  Verdict verdict = Verdict::good;
  std::string cause;  // of wrong ones and warnings: "subject-not-federated"
  std::string expected;
  std::string found;
  std::string mend;  // a command for a shell; may be empty
};

// "role: expected …; found …. To mend it: az role assignment create …"
std::string sentence(const Finding& finding);
std::string mend_clause(const Finding& finding);  // its end alone; empty without a command

struct PodReference {
  std::string cluster;  // ARM id
  std::string name_space, name, uid;
  bool called = false;  // a refused call came from its own address
};

struct Report {
  std::string subject;  // "pod/app in namespace default of cluster MyAKSCluster"
  std::vector<Finding> findings;
  std::optional<PodReference> pod;  // whose chain it is
  Json call = nullptr;              // what a refused call had presented, where the report is about one

  bool well() const;                   // nothing is wrong
  const Finding* first_wrong() const;  // the diagnosis: later ones may follow from it
  bool is_wrong(std::string_view link) const;
  bool has_cause(std::string_view cause) const;

  Json json() const;
  std::string text() const;
};

}  // namespace lazuli::doctor
