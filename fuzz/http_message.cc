// The HTTP/1.1 reader of lazuli's doors and of its client: a head, then its body by the framing that the head names.
// The first byte of an input says in which pieces the rest comes in, and its highest bit that it is a response.
//
// Whatever comes in, and however it is cut: the same message is read, or none; a head never frames its
// body in two ways; and no value of it can make a line of its own.
#include <algorithm>
#include <array>

#include "net/wire.h"
#include "rule.h"

namespace lazuli::fuzz {
namespace {

struct Outcome {
  bool complete = false;  // the head; and the body, if it is done
  bool done = false, failed = false;
  int fault = 0;
  std::size_t used = 0;
  std::string line, headers, body;
  net::Framing framing;
  bool keep_alive = false;

  bool operator==(const Outcome& other) const {
    return complete == other.complete && done == other.done && failed == other.failed && fault == other.fault &&
           line == other.line && headers == other.headers && body == other.body && framing.kind == other.framing.kind &&
           framing.length == other.framing.length && keep_alive == other.keep_alive && used == other.used;
  }
};

void read_body(Outcome& outcome, std::string_view rest, std::size_t piece) {
  net::BodyDecoder decoder(outcome.framing);
  net::Input input;
  std::array<char, 100> room{};
  for (bool moved = true; moved && !decoder.done() && !decoder.failed();) {
    const auto space = input.space();
    const std::size_t count = std::min({piece, rest.size(), space.size()});
    std::copy_n(rest.data(), count, space.data());
    input.commit(count);
    rest.remove_prefix(count);
    std::size_t stored = 0;
    moved = count > 0;
    while ((stored = decoder.take(input, room)) > 0) {
      outcome.body.append(room.data(), stored);
      moved = true;
    }
  }
  outcome.done = decoder.done();
  outcome.failed = decoder.failed();
  // How far a message went that is broken depends on when the break was seen.
  if (outcome.done) outcome.used -= input.size() + rest.size();
  if (outcome.failed) outcome.body.clear();
}

const net::Headers& tell(Outcome& outcome, const net::RequestHead& head) {
  outcome.line = head.request.method + " " + head.request.target;
  return head.request.headers;
}

const net::Headers& tell(Outcome& outcome, const net::ResponseHead& head) {
  outcome.line = std::to_string(head.response.status);
  return head.response.headers;
}

template <typename Head>
Outcome read(std::string_view bytes, std::size_t piece) {
  Outcome outcome;
  net::HeadReader<Head> reader;
  std::size_t begin = 0, end = 0;
  while (!outcome.complete && !reader.fault() && end < bytes.size()) {
    end = std::min(bytes.size(), end + piece);
    std::size_t consumed = 0;
    outcome.complete = reader.feed(bytes.substr(begin, end - begin), consumed);
    rule(consumed <= end - begin, "a reader uses what there is");
    begin += consumed;
  }
  if (reader.fault()) outcome.fault = reader.fault()->status;
  if (!outcome.complete) return outcome;
  auto& head = reader.head();
  const net::Headers& headers = tell(outcome, head);
  outcome.headers = std::string(headers.text());
  std::string lines;
  for (const auto& [name, value] : headers) lines.append(name).append(": ").append(value).append("\r\n");
  rule(lines == outcome.headers, "the lines are those of the text", outcome.headers);
  outcome.framing = head.framing;
  outcome.keep_alive = head.keep_alive;
  outcome.used = bytes.size();
  read_body(outcome, bytes.substr(begin), piece);
  return outcome;
}

void check_head(const Outcome& outcome, std::string_view bytes, bool response) {
  if (!outcome.complete) return;
  rule(outcome.line.find_first_of("\r\n") == std::string::npos, "a request line is one line", outcome.line);
  bool length = false, coding = false;
  for (std::string_view left = outcome.headers; !left.empty();) {
    const auto end = left.find("\r\n");
    rule(end != std::string_view::npos && left.find(':') < end, "a header is a line", outcome.headers);
    rule(left.substr(0, end).find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
         "a header's value has no line break", outcome.headers);
    const std::string_view name = left.substr(0, left.find(':'));
    const auto is = [&](std::string_view other) {
      return std::ranges::equal(name, other, [](char a, char b) { return std::tolower(a) == std::tolower(b); });
    };
    length = length || is("content-length");
    coding = coding || is("transfer-encoding");
    left.remove_prefix(end + 2);
  }
  rule(!(length && coding), "a body is framed in one way", bytes);
  const bool bodyless = response && outcome.framing.kind == net::Framing::Kind::none;
  rule(coding == (outcome.framing.kind == net::Framing::Kind::chunked) || bodyless, "a coding frames the body", bytes);
  rule(!outcome.done || outcome.framing.kind != net::Framing::Kind::length ||
           outcome.body.size() == outcome.framing.length,
       "a body has its length", bytes);
}

}  // namespace
}  // namespace lazuli::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace lazuli::fuzz;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool response = data[0] >= 0x80;
  const auto read =
      response ? lazuli::fuzz::read<lazuli::net::ResponseHead> : lazuli::fuzz::read<lazuli::net::RequestHead>;
  const Outcome whole = read(bytes, bytes.size() + 1);
  check_head(whole, bytes, response);
  const Outcome cut = read(bytes, 1 + data[0] % 32);
  // A head that is refused may be refused a few bytes earlier or later.
  if (!whole.complete && !cut.complete) return 0;
  rule(whole == cut, "a message is the same however it is cut", bytes);
  return 0;
}
