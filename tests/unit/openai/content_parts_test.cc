// Pictures in a chat, from the client to an engine that the test plays.
#include "openai/content_parts.h"

#include <future>

#include "upstream_fixture.h"

namespace lazuli::openai {
namespace {

constexpr const char* kPng = "data:image/png;base64,iVBORw0KGgo=";

std::string with_parts(const std::string& parts) {
  return R"({"messages":[{"role":"user","content":[)" + parts + "]}]}";
}

std::string picture(const std::string& url) {
  return R"({"type":"image_url","image_url":{"url":")" + url + "\"}}";
}

class ContentPartsTest : public UpstreamTest {
 protected:
  // Sees, as its rule says or does not say; the deployment "Sees" is of a model that does, "MyModel" of one that does
  // not.
  void serve(Json images) {
    JsonObject settings{{"url", upstream(net::inline_handler([this](const net::Request& request) {
                           asked_.set_value(request.body);
                           return net::Response::text(200, kWhole, "application/json");
                         }))}};
    if (!images.is_null()) settings["images"] = std::move(images);
    serve_with(std::move(settings));
    deploy("Sees", "gpt-4o", "2024-11-20", 100);
  }
  net::Response ask(const std::string& deployment, std::string body,
                    const std::string& operation = "chat/completions") {
    return send(request("POST", "/openai/deployments/" + deployment + "/" + operation + "?api-version=2024-10-21",
                        std::move(body)));
  }

  std::promise<std::string> asked_;
};

TEST_F(ContentPartsTest, PicturesGoOnAsTheyAreToAnEngineThatSees) {
  serve(true);
  const std::string parts = R"({"type":"text","text":"What is it?"},)" + picture(kPng) + "," +
                            R"({"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"low"}})";
  EXPECT_EQ(ask("Sees", with_parts(parts)).status, 200);
  const auto sent = parse_json(asked_.get_future().get());
  EXPECT_EQ(to_text(*find(find(*sent, "messages")->as_array()[0], "content")), "[" + parts + "]");
}

TEST_F(ContentPartsTest, AResponsesPicturesGoOnAsAChats) {
  serve(true);
  auto response =
      send(request("POST", "/openai/v1/responses",
                   R"({"model":"Sees","input":[{"role":"user","content":[{"type":"input_image","image_url":")" +
                       std::string(kPng) + R"(","detail":"high"}]}]})"));
  EXPECT_EQ(response.status, 200) << response.body;
  const auto sent = parse_json(asked_.get_future().get());
  EXPECT_EQ(to_text(*find(find(*sent, "messages")->as_array()[0], "content")),
            R"([{"type":"image_url","image_url":{"url":")" + std::string(kPng) + R"(","detail":"high"}}])");
}

TEST_F(ContentPartsTest, PicturesAreRefusedWhereModelOrEngineSeeNone) {
  const std::pair<Json, const char*> rows[] = {{true, "MyModel"}, {false, "Sees"}, {nullptr, "Sees"}};
  for (const auto& [images, deployment] : rows) {
    serve(images);
    const auto response = ask(deployment, with_parts(R"({"type":"text","text":"x"},)" + picture(kPng)));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(string_at(json(response), "error", "message"),
              "Invalid content type. image_url is only supported by certain models.");
    EXPECT_EQ(string_at(json(response), "error", "param"), "messages.[0].content.[1].type");
  }
}

TEST_F(ContentPartsTest, PartsThatAreWrongAreRefusedByName) {
  serve(true);
  struct Row {
    std::string part;
    const char *code, *param;
  };
  const std::string at = "messages[0].content[0]";
  const Row rows[] = {
      {"5", "invalid_type", ""},
      {"{}", "missing_required_parameter", ".type"},
      {R"({"type":"video"})", "invalid_value", ".type"},
      {R"({"type":"text"})", "missing_required_parameter", ".text"},
      {R"({"type":"text","text":5})", "invalid_type", ".text"},
      {R"({"type":"image_url"})", "missing_required_parameter", ".image_url"},
      {R"({"type":"image_url","image_url":"https://example.org/a.png"})", "invalid_type", ".image_url"},
      {R"({"type":"image_url","image_url":{}})", "missing_required_parameter", ".image_url.url"},
      {picture("file:///etc/passwd"), "invalid_value", ".image_url.url"},
      {picture("a.png"), "invalid_value", ".image_url.url"},
      {picture("data:text/html;base64,eA=="), "invalid_value", ".image_url.url"},
      {picture("data:image/png,raw"), "invalid_value", ".image_url.url"},
      {R"({"type":"image_url","image_url":{"url":"https://example.org/a.png","detail":"much"}})", "invalid_value",
       ".image_url.detail"},
  };
  for (const auto& row : rows) {
    const auto response = ask("Sees", with_parts(row.part));
    EXPECT_EQ(response.status, 400) << row.part;
    EXPECT_EQ(code(response), row.code) << row.part;
    EXPECT_EQ(string_at(json(response), "error", "param"), at + row.param) << row.part;
  }
}

}  // namespace
}  // namespace lazuli::openai
