#include "command_line/options.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include "base/text.h"

namespace lazuli::command_line {

namespace {

Error usage_error(std::string message) {
  return Error{"UsageError", std::move(message), 400};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string hint(std::string_view typed, const std::vector<std::string>& candidates, std::string_view otherwise) {
  const std::string meant = nearest(typed, candidates);
  return meant.empty() ? std::string(otherwise) : "Did you mean '" + meant + "'?";
}

// One walk over the words of a command line.
class Reader {
 public:
  Reader(std::span<const CommandSpec> commands, std::span<const Option> common, std::span<const std::string> words)
      : commands_(commands), common_(common), words_(words) {}

  Result<Parsed> read() {
    if (auto found = command(); !found) return found.error();
    while (at_ < words_.size()) {
      if (parsed_.command && parsed_.command->passes_on && words_[at_] != "--help" && !is_own_option(words_[at_])) {
        if (words_[at_] == "--") ++at_;
        parsed_.arguments.assign(words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
        break;
      }
      if (auto read = word(words_[at_++]); !read) return read.error();
    }
    if (auto counted = count(); !counted) return counted.error();
    return std::move(parsed_);
  }

 private:
  Status command() {
    if (words_.empty()) {
      parsed_.help = true;
      return {};
    }
    for (const std::size_t length : {std::size_t{2}, std::size_t{1}}) {
      if (words_.size() < length) continue;
      const std::string name = length == 2 ? words_[0] + " " + words_[1] : words_[0];
      for (const auto& spec : commands_) {
        if (spec.name != name) continue;
        parsed_.command = &spec;
        at_ = length;
        return {};
      }
    }
    if (words_[0] == "--help" || words_[0] == "-h") {
      parsed_.help = true;
      at_ = words_.size();
      return {};
    }
    return unknown_command();
  }

  Status unknown_command() const {
    std::vector<std::string> names, followers;
    for (const auto& spec : commands_) {
      names.push_back(spec.name);
      if (spec.name.starts_with(words_[0] + " ")) followers.push_back(spec.name);
    }
    if (!followers.empty())
      return usage_error("'" + words_[0] + "' needs one more word: lazuli " + join(followers, ", lazuli ") + ".");
    return usage_error("There is no command '" + words_[0] + "'. " +
                       hint(words_[0], names, "lazuli --help lists the commands."));
  }

  std::vector<const Option*> options() const {
    std::vector<const Option*> all;
    if (parsed_.command)
      for (const auto& option : parsed_.command->options) all.push_back(&option);
    for (const auto& option : common_) all.push_back(&option);
    return all;
  }

  const Option* find(std::string_view name) const {
    for (const Option* option : options())
      if (option->name == name) return option;
    return nullptr;
  }

  bool is_own_option(std::string_view text) const {
    return text.starts_with("--") && text != "--" && find(text.substr(2, text.find('=') - 2));
  }

  Status word(const std::string& text) {
    if (text == "--help" || text == "-h") {
      parsed_.help = true;
      return {};
    }
    if (text == "--") {
      parsed_.arguments.insert(parsed_.arguments.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_),
                               words_.end());
      at_ = words_.size();
      return {};
    }
    if (text.starts_with("--")) return long_option(text);
    if (text.size() > 1 && text[0] == '-') return letter(text);
    parsed_.arguments.push_back(text);
    return {};
  }

  Status long_option(const std::string& text) {
    const auto equals = text.find('=');
    const std::string name = text.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Option* option = find(name);
    if (!option) {
      std::vector<std::string> names;
      for (const Option* known : options()) names.push_back("--" + known->name);
      return usage_error("There is no option --" + name + ". " +
                         hint("--" + name, names, "lazuli " + own_name() + " --help lists the options."));
    }
    if (equals == std::string::npos) return take(*option, std::nullopt);
    return take(*option, text.substr(equals + 1));
  }

  Status letter(const std::string& text) {
    for (const Option* option : options())
      if (option->letter && text.size() == 2 && text[1] == option->letter) return take(*option, std::nullopt);
    return usage_error("There is no option " + text + ". lazuli " + own_name() + " --help lists the options.");
  }

  Status take(const Option& option, std::optional<std::string> value) {
    if (option.placeholder.empty()) {
      if (value) return usage_error("--" + option.name + " takes no value.");
      parsed_.values[option.name] = "";
      return {};
    }
    if (!value) {
      if (at_ == words_.size()) return usage_error("--" + option.name + " needs a value: " + option.placeholder + ".");
      value = words_[at_++];
    }
    if (!option.choices.empty() && std::ranges::find(option.choices, *value) == option.choices.end())
      return usage_error("--" + option.name + " is one of " + join(option.choices, ", ") + ", not '" + *value + "'. " +
                         hint(*value, option.choices, ""));
    parsed_.values[option.name] = std::move(*value);
    return {};
  }

  Status count() const {
    if (parsed_.help || !parsed_.command) return {};
    const CommandSpec& spec = *parsed_.command;
    const std::string form = "lazuli " + spec.name + (spec.arguments.empty() ? "" : " " + spec.arguments);
    if (parsed_.arguments.size() < spec.least) return usage_error("Something is missing: " + form + ".");
    if (!spec.passes_on && parsed_.arguments.size() > spec.most)
      return usage_error("'" + parsed_.arguments[spec.most] + "' is one argument too many: " + form + ".");
    return {};
  }

  std::string own_name() const { return parsed_.command ? parsed_.command->name : ""; }

  std::span<const CommandSpec> commands_;
  std::span<const Option> common_;
  std::span<const std::string> words_;
  std::size_t at_ = 0;
  Parsed parsed_;
};

std::string row(std::string left, std::string_view right, std::size_t width) {
  if (left.size() < width) left.resize(width, ' ');
  return "  " + left + "  " + std::string(right) + "\n";
}

std::string label(const Option& option) {
  std::string text = option.letter ? std::string("-") + option.letter + ", --" + option.name : "--" + option.name;
  if (!option.placeholder.empty())
    text += " " + (option.choices.empty() ? option.placeholder : join(option.choices, "|"));
  return text;
}

}  // namespace

std::string Parsed::get(std::string_view option, std::string_view fallback) const {
  const auto found = values.find(option);
  return found == values.end() ? std::string(fallback) : found->second;
}

Result<Parsed> parse(std::span<const CommandSpec> commands, std::span<const Option> common,
                     std::span<const std::string> arguments) {
  return Reader(commands, common, arguments).read();
}

std::string nearest(std::string_view typed, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = typed.size() / 3 + 2;  // farther than this is another word, not a slip
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(typed, candidate);
    if (distance >= least || distance >= candidate.size()) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string usage(std::span<const CommandSpec> commands) {
  std::string text =
      "lazuli is the whole of \"Connect to Azure OpenAI in AKS with workload identity\" on one machine.\n\n"
      "  lazuli up --detach           start it\n"
      "  eval \"$(lazuli env)\"         point this shell's az and kubectl at it\n"
      "  lazuli tutorial              see all of it work\n\n"
      "Commands:\n";
  std::size_t width = 0;
  for (const auto& spec : commands) width = std::max(width, spec.name.size());
  for (const auto& spec : commands) text += row(spec.name, spec.summary, width);
  return text + "\nlazuli COMMAND --help says more about each.\n";
}

std::string usage(const CommandSpec& command, std::span<const Option> common) {
  std::string text = "lazuli " + command.name + (command.options.empty() ? "" : " [OPTIONS]") +
                     (command.arguments.empty() ? "" : " " + command.arguments) + "\n\n" + command.summary + ".\n";
  if (!command.details.empty()) text += "\n" + command.details + "\n";
  text += "\nOptions:\n";
  std::vector<const Option*> all;
  for (const auto& option : command.options) all.push_back(&option);
  for (const auto& option : common) all.push_back(&option);
  std::size_t width = std::string_view("-h, --help").size();
  for (const Option* option : all) width = std::max(width, label(*option).size());
  for (const Option* option : all) text += row(label(*option), option->help, width);
  return text + row("-h, --help", "this text", width);
}

Result<unsigned short> port_number(std::string_view text, std::string_view option) {
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty() || value > 65535)
    return usage_error(std::string(option) + " takes a port number from 0 (any free one) to 65535, not '" +
                       std::string(text) + "'.");
  return static_cast<unsigned short>(value);
}

}  // namespace lazuli::command_line
