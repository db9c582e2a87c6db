#include "registry/run_log.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"
#include "registry/builder.h"

namespace lazuli::registry {

void RunLog::line(std::string_view text) {
  storage_.append_log(registry_id_, run_, std::string(text) + "\r\n");
}

void RunLog::stamped(std::string_view text) {
  std::string time = iso8601(clock_.now(), 0);  // 2026-11-24T08:28:14Z
  time.resize(19);
  std::replace(time.begin(), time.end(), '-', '/');
  time[10] = ' ';
  line(time + " " + std::string(text));
}

std::optional<std::string> BuildLines::translate(std::string_view line) {
  std::string_view rest = line;
  std::string stage;
  if (rest.starts_with('[') && rest.find("] STEP ") != std::string_view::npos) {  // "[1/2] STEP 3/4: …"
    const auto end = rest.find("] ") + 2;
    stage = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (rest.starts_with("STEP ")) {
    unsigned step = 0, of = 0;
    const auto slash = rest.find('/'), colon = rest.find(": ");
    if (slash == std::string_view::npos || colon == std::string_view::npos) return std::string(line);
    std::from_chars(rest.data() + 5, rest.data() + slash, step);
    std::from_chars(rest.data() + slash + 1, rest.data() + colon, of);
    hiding_ = injected_ && step == 2;
    if (hiding_) return std::nullopt;
    if (injected_) {
      step -= step > 2;
      of -= 1;
    }
    return stage + "Step " + std::to_string(step) + "/" + std::to_string(of) + " : " +
           std::string(rest.substr(colon + 2));
  }
  if (hiding_ && rest.starts_with("--> ")) return std::nullopt;
  hiding_ = false;
  if (rest.starts_with("--> ")) return " -" + std::string(rest);
  if (rest.starts_with("COMMIT") || rest.find("] COMMIT") != std::string_view::npos ||
      rest.starts_with("Successfully tagged localhost/"))
    return std::nullopt;
  // buildah's parser prints its own structures for an instruction that it does not know.
  if (rest.starts_with("time=\"") && rest.find("UNHANDLED LOGLEVEL") != std::string_view::npos) return std::nullopt;
  if (const auto dump = rest.find(" &imagebuilder.Step{"); dump != std::string_view::npos)
    return std::string(rest.substr(0, dump));
  const bool image_id = rest.size() == 64 && std::all_of(rest.begin(), rest.end(), [](unsigned char c) {
                          return std::isdigit(c) || (c >= 'a' && c <= 'f');
                        });
  if (image_id) return "Successfully built " + std::string(rest.substr(0, 12));
  return replace_all(std::string(line), std::string(kMirrorHost) + "/", "");
}

}  // namespace lazuli::registry
