#include "net/head_reader.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace lazuli::net {

namespace {

constexpr std::size_t kUsualLines = 16;

constexpr std::array<bool, 256> token_characters() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr auto kToken = token_characters();
  for (const char c : text) {
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  }
  return !text.empty();
}

bool blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

struct Field {
  std::string_view name, value;
};

Field split_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  return {line.substr(0, colon), without_blanks(line.substr(colon + 1))};
}

// "HTTP/1.1" or "HTTP/1.0"; nothing: neither.
std::optional<bool> is_http11(std::string_view version) {
  if (version == "HTTP/1.1") return true;
  if (version == "HTTP/1.0") return false;
  return std::nullopt;
}

Headers rewritten(std::string_view lines) {
  Headers headers;
  while (!lines.empty()) {
    const auto end = lines.find("\r\n");
    const Field field = split_field(lines.substr(0, end));
    headers.add(field.name, field.value);
    lines.remove_prefix(end + 2);
  }
  return headers;
}

}  // namespace

template <typename Head>
void HeadReader<Head>::refuse(int status, std::string message) {
  if (!fault_) fault_ = WireFault{status, std::move(message)};
}

template <typename Head>
bool HeadReader<Head>::feed(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  while (!fault_) {
    const std::size_t begin = line_;
    const auto line = next_line(bytes);
    if (!line) return false;
    if (fields_ != 0 && line->empty()) {
      finish(bytes.substr(fields_, begin - fields_));
      consumed = line_;
      return !fault_;
    }
    if (fields_ != 0) {
      read_field(*line);
    } else if (!line->empty() || begin > 0) {  // an empty line before a message is let pass (section 2.2)
      read_start(*line);
    }
  }
  return false;
}

// The next line, without its end; nothing: more has to come, or it cannot be one.
template <typename Head>
std::optional<std::string_view> HeadReader<Head>::next_line(std::string_view bytes) {
  seen_ += field_length(bytes.substr(seen_));
  const std::string_view rest = bytes.substr(seen_);
  const bool whole = rest.starts_with("\r\n");
  if (!whole && !rest.empty() && rest != "\r") {
    refuse(400,
           "The message is not HTTP/1.1: its header has a control character, or a line that does not end in CR LF.");
  } else if ((whole ? seen_ + 2 : bytes.size()) > kHeadLimit) {
    refuse(431, "The header of the message is too large.");
  }
  if (!whole || fault_) return std::nullopt;
  const std::string_view line = bytes.substr(line_, seen_ - line_);
  line_ = seen_ += 2;
  return line;
}

template <>
void HeadReader<RequestHead>::read_start(std::string_view line) {
  const auto first = line.find(' '), last = line.rfind(' ');
  const std::string_view method = line.substr(0, first);
  const std::string_view target = first < last ? line.substr(first + 1, last - first - 1) : std::string_view();
  const bool parted = target.find(' ') != std::string_view::npos || target.find('\t') != std::string_view::npos;
  const auto http11 = is_http11(line.substr(last + 1));  // of npos: the whole line
  if (!is_token(method) || target.empty() || parted || !http11)
    return refuse(400,
                  "The message is not HTTP/1.1: its first line is not a method, a target and HTTP/1.1 or HTTP/1.0.");
  head_.request.method = to_upper(method);
  head_.request.target = target;
  head_.http11 = *http11;
  fields_ = line_;
}

template <>
void HeadReader<ResponseHead>::read_start(std::string_view line) {
  constexpr std::size_t kVersion = 8, kCode = 3;  // their lengths
  const std::string_view code = line.substr(std::min(line.size(), kVersion + 1), kCode);
  const std::string_view rest = line.substr(std::min(line.size(), kVersion + 1 + kCode));  // words, which nobody reads
  const auto http11 = is_http11(line.substr(0, kVersion));
  int status = 0;
  const auto end = std::from_chars(code.data(), code.data() + code.size(), status).ptr;
  const bool number = code.size() == kCode && end == code.data() + kCode && status >= 100;
  if (!http11 || !number || line[kVersion] != ' ' || (!rest.empty() && rest.front() != ' '))
    return refuse(400, "The message is not HTTP/1.1: its first line is not HTTP/1.1 or HTTP/1.0 and a status.");
  head_.response.status = status;
  head_.http11 = *http11;
  fields_ = line_;
}

template <typename Head>
void HeadReader<Head>::read_field(std::string_view line) {
  const Field field = split_field(line);
  if (!is_token(field.name)) return refuse(400, "The message is not HTTP/1.1: one of its headers has no valid name.");
  if (marks_.empty()) marks_.reserve(kUsualLines);
  const std::size_t begin = line_ - 2 - line.size() - fields_;
  marks_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(field.name.size()),
                    static_cast<std::uint32_t>(field.value.size())});
  plain_ = plain_ && marks_.back().size() == line.size() + 2 && line[field.name.size() + 1] == ' ';
  note(field.name, field.value);
}

// What is said of the message itself.
template <typename Head>
void HeadReader<Head>::note(std::string_view name, std::string_view value) {
  constexpr std::string_view kLength = "Content-Length", kCoding = "Transfer-Encoding", kConnection = "Connection",
                             kExpect = "Expect";
  switch (name.size()) {
    case kLength.size():
      if (equals_ignoring_case(name, kLength)) note_length(value);
      break;
    case kCoding.size():
      if (equals_ignoring_case(name, kCoding)) note_coding(value);
      break;
    case kConnection.size():
      if (equals_ignoring_case(name, kConnection)) note_connection(value);
      break;
    case kExpect.size():
      if constexpr (std::is_same_v<Head, RequestHead>) {
        if (equals_ignoring_case(name, kExpect) && equals_ignoring_case(value, "100-continue"))
          head_.expects_continue = head_.http11;
      }
      break;
    default:
      break;
  }
}

template <typename Head>
void HeadReader<Head>::note_length(std::string_view value) {
  const auto length = content_length(value);
  if (!length) return refuse(400, "The message's Content-Length is no number of bytes.");
  if (length_) return refuse(400, "The message has more than one Content-Length.");
  length_ = length;
}

template <typename Head>
void HeadReader<Head>::note_coding(std::string_view value) {
  if (chunked_ || unknown_coding_) return refuse(400, "The message has more than one Transfer-Encoding.");
  chunked_ = equals_ignoring_case(value, "chunked");
  unknown_coding_ = !chunked_;
}

template <typename Head>
void HeadReader<Head>::note_connection(std::string_view value) {
  while (!value.empty()) {
    const auto comma = std::min(value.find(','), value.size());
    const std::string_view option = without_blanks(value.substr(0, comma));
    close_ = close_ || equals_ignoring_case(option, "close");
    keep_ = keep_ || equals_ignoring_case(option, "keep-alive");
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

// `lines`: the headers, each with its end.
template <typename Head>
void HeadReader<Head>::finish(std::string_view lines) {
  if (length_ && (chunked_ || unknown_coding_))
    refuse(400, "The message has a Content-Length and a Transfer-Encoding.");
  if (unknown_coding_) refuse(501, "Only the transfer coding 'chunked' is supported.");
  // HTTP/1.0 has no such coding. Small servers' answers have it even so: such a connection is not used again.
  const bool unfounded = chunked_ && !head_.http11;
  if (unfounded && std::is_same_v<Head, RequestHead>)
    refuse(400, "The message has a Transfer-Encoding, and HTTP/1.0 has none.");
  head_.keep_alive = (head_.http11 || keep_) && !close_ && !unfounded;
  head_.framing = framing();
  Headers headers = plain_ ? Headers(lines, std::move(marks_)) : rewritten(lines);
  if constexpr (std::is_same_v<Head, RequestHead>) {
    head_.request.headers = std::move(headers);
  } else {
    if (bodyless_ || bodyless(head_.response.status)) head_.framing = {};
    if (head_.framing.kind == Framing::Kind::until_close) head_.keep_alive = false;
    head_.response.headers = std::move(headers);
  }
}

// By RFC 9112, section 6.3.
template <typename Head>
Framing HeadReader<Head>::framing() {
  if (chunked_) return {Framing::Kind::chunked};
  if (length_) return {Framing::Kind::length, *length_};
  return {std::is_same_v<Head, RequestHead> ? Framing::Kind::none : Framing::Kind::until_close};
}

template class HeadReader<RequestHead>;
template class HeadReader<ResponseHead>;

}  // namespace lazuli::net
