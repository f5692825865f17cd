// What clients of other projects put on the wire, byte for byte, and what they rely on in the answer. Goal: they work
// unmodified. Their versions and the model differ from a deployment's; the shape of what they send does not.

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/http/content_coding.hpp"
#include "common/http/response_reader.hpp"
#include "tests/unit/api/running_api.hpp"
#include "tests/unit/http/raw_peer.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

std::string bytes_of(std::string_view text) {
    return std::string(text);
}

using namespace std::string_view_literals;

const std::string kOnes = bytes_of("\0\0\x80\x3f\0\0\x80\x3f"sv);  // the sample [1, 1], which only heavy decides: "up"
const std::string kLabelUp = bytes_of("\1\0\0\0\0\0\0\0"sv);
const std::string kTierHeavy = bytes_of("\5\0\0\0heavy"sv);

class OtherClients : public ::testing::Test {
protected:
    /// Lines end with CRLF on the wire; `head` is written with '\n'.
    http::Response exchange(std::string_view head, std::string_view body = {}) {
        std::string bytes;
        for (const char c : head) {
            if (c == '\n') bytes += '\r';
            bytes += c;
        }
        EXPECT_TRUE(peer_.send(bytes + std::string(body)));
        const std::string answer = peer_.receive_answer();
        http::ResponseReader reader(1 << 20, false);
        EXPECT_EQ(reader.feed(answer), answer.size());
        EXPECT_EQ(reader.state(), http::ResponseReader::State::Complete) << answer;
        EXPECT_TRUE(reader.keep_alive()) << "these clients keep their connections";
        return reader.take();
    }
    /// As the clients read one: outputs in order, each with so many bytes behind the JSON as it says.
    static std::map<std::string, std::string> tensors_in(const http::Response& answer, Json& head) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        const std::string length(answer.header("Inference-Header-Content-Length"));
        const std::size_t document = length.empty() ? answer.body.size() : std::stoul(length);
        head = Json::parse(answer.body.substr(0, document));
        std::map<std::string, std::string> tensors;
        std::size_t begin = document;
        for (const Json& output : head["outputs"]) {
            if (!output.contains("parameters")) continue;
            const std::size_t size = output["parameters"]["binary_data_size"];
            tensors[output["name"]] = answer.body.substr(begin, size);
            begin += size;
        }
        EXPECT_EQ(begin, answer.body.size());
        return tensors;
    }
    static void expect_all_of_heavy(const http::Response& answer) {
        Json head;
        const auto tensors = tensors_in(answer, head);
        ASSERT_EQ(tensors.size(), 4U);
        EXPECT_EQ(tensors.at("label"), kLabelUp);
        EXPECT_EQ(tensors.at("probabilities").size(), 8U);
        EXPECT_EQ(tensors.at("tier"), kTierHeavy);
        EXPECT_EQ(tensors.at("score").size(), 4U);
        EXPECT_EQ(answer.content_type, "application/octet-stream");
    }

    testing::RunningApi api_;
    http::RawPeer peer_{api_.port()};
};

// tritonclient.http, on gevent: no Content-Length where there is no body, not even with POST.
TEST_F(OtherClients, TritonForPythonLooksAround) {
    const auto get = [this](const std::string& target) {
        return exchange("GET " + target +
                        " HTTP/1.1\nUser-Agent: python/gevent-http-client-2.3.1\nHost: localhost:8000\n\n");
    };
    EXPECT_EQ(get("/v2/health/live").status, 200);
    EXPECT_EQ(get("/v2/health/ready").status, 200);
    EXPECT_EQ(get("/v2/models/prices/ready").status, 200);
    EXPECT_EQ(get("/v2/models/prices/versions/7.3/ready").status, 200);
    EXPECT_EQ(Json::parse(get("/v2?test_1=1&test_2=2").body)["name"], "skerry-node");
    EXPECT_EQ(Json::parse(get("/v2/models/prices?test_1=1").body)["inputs"][0]["name"], "input");
    EXPECT_EQ(Json::parse(get("/v2/models/prices/config").body)["max_batch_size"], 64);
    EXPECT_EQ(Json::parse(get("/v2/models/prices/versions/7.3/stats").body)["model_stats"].size(), 1U);
    EXPECT_EQ(Json::parse(get("/v2/models/stats").body)["model_stats"][0]["name"], "prices");
    const auto index = exchange(
        "POST /v2/repository/index HTTP/1.1\nUser-Agent: python/gevent-http-client-2.3.1\nHost: localhost:8000\n\n");
    EXPECT_EQ(Json::parse(index.body)[0]["state"], "READY");
    for (const char* target : {"/v2/models/wrong_model_name", "/v2/models/wrong_model_name/config"}) {
        const auto unknown = get(target);
        EXPECT_EQ(unknown.status, 404);
        EXPECT_THAT(Json::parse(unknown.body)["error"].get<std::string>(),
                    StartsWith("Request for unknown model: 'wrong_model_name' is not found"));
    }
    EXPECT_EQ(get("/v2/systemsharedmemory/status").status, 404);
}

TEST_F(OtherClients, TritonForPythonInfers) {
    const std::string document =
        R"({"id":"p1","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],)"
        R"("parameters":{"binary_data_output":true}})";
    const auto answer = exchange(
        "POST /v2/models/prices/infer HTTP/1.1\nUser-Agent: python/gevent-http-client-2.3.1\n"
        "Inference-Header-Content-Length: 148\nHost: localhost:8000\nContent-Length: 156\n\n",
        document + kOnes);
    expect_all_of_heavy(answer);
    EXPECT_EQ(answer.header("Content-Encoding"), "");
}

TEST_F(OtherClients, TritonForPythonChoosesOutputsAndSendsEveryReservedParameter) {
    const std::string document =
        R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],)"
        R"("outputs":[{"name":"probabilities","parameters":{"classification":2,"binary_data":true}},)"
        R"({"name":"label","parameters":{"binary_data":false}}],)"
        R"("parameters":{"sequence_id":1000,"sequence_start":true,"sequence_end":false,"priority":1,"timeout":50000,)"
        R"("custom":"x"}})";
    const auto answer = exchange(
        "POST /v2/models/prices/versions/7.3/infer HTTP/1.1\nUser-Agent: python/gevent-http-client-2.3.1\n"
        "Inference-Header-Content-Length: " +
            std::to_string(document.size()) +
            "\nHost: localhost:8000\nContent-Length: " + std::to_string(document.size() + kOnes.size()) + "\n\n",
        document + kOnes);
    Json head;
    const auto tensors = tensors_in(answer, head);
    EXPECT_EQ(head["outputs"][0]["datatype"], "BYTES");
    EXPECT_EQ(head["outputs"][0]["shape"], Json({1, 2}));
    EXPECT_THAT(tensors.at("probabilities"), HasSubstr("1:1:up"));
    EXPECT_EQ(head["outputs"][1]["data"], Json({1}));
    EXPECT_EQ(head["id"].get<std::string>().size(), 36U) << "a UUID";
}

// The same request through Python's gzip.compress and zlib.compress. The length counts bytes before they are
// compressed.
TEST_F(OtherClients, TritonForPythonCompresses) {
    const std::string gzipped = bytes_of(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xabV\xcaLQ\xb2R*0R\xd2Q\xca\xcc+(-)V\xb2\x8a\xaeV\xcaK\xccM\x05\x0a"
        "\x83\x45\x80\x32\xc5\x19\x89\x05@~\xb4\xa1\x8eQ\xac\x8eRJbIbI%H@\xc9-\xc0\x18\xa4\xb3 \xb1\x08\xa8\xa1$\xb5"
        "\x08\xa8\xbbZ))3/\xb1\xa8\x32\x1e\xa4,\xbe\x38\xb3\x0a\xa8\xce\xa2\xb6\x36\x16\x9f\xaa\xfc\xd2\x12\x90\x45V%E"
        "\xa5\xa9\xb5\xb5\x0c\x0c\x0d\xf6 \x0c\x00\xb2\xec\x08\x85\x9c\x00\x00\x00"sv);
    const std::string deflated = bytes_of(
        "x\x9c\xabV\xcaLQ\xb2R*0R\xd2Q\xca\xcc+(-)V\xb2\x8a\xaeV\xcaK\xccM\x05\x0a\x83\x45\x80\x32\xc5\x19\x89\x05@~"
        "\xb4\xa1\x8eQ\xac\x8eRJbIbI%H@\xc9-\xc0\x18\xa4\xb3 \xb1\x08\xa8\xa1$\xb5\x08\xa8\xbbZ))3/\xb1\xa8\x32\x1e\xa4"
        ",\xbe\x38\xb3\x0a\xa8\xce\xa2\xb6\x36\x16\x9f\xaa\xfc\xd2\x12\x90\x45V%E\xa5\xa9\xb5\xb5\x0c\x0c\x0d\xf6 \x0c"
        "\x00\x8a\x32\x34\x45"sv);
    for (const auto& [coding, body] : {std::pair("gzip", gzipped), std::pair("deflate", deflated)}) {
        const auto answer = exchange(
            std::string("POST /v2/models/prices/infer HTTP/1.1\nUser-Agent: python/gevent-http-client-2.3.1\n") +
                "Content-Encoding: " + coding + "\nAccept-Encoding: " + coding +
                "\nInference-Header-Content-Length: 148\nHost: localhost:8000\nContent-Length: " +
                std::to_string(body.size()) + "\n\n",
            body);
        expect_all_of_heavy(answer);
    }
}

// tritonclient.http.aio, on aiohttp, asks for gzip with every request but never unpacks a document.
TEST_F(OtherClients, TritonForAsyncio) {
    const std::string common = "Accept: */*\nAccept-Encoding: gzip, deflate\nUser-Agent: Python/3.11 aiohttp/3.9.5\n";
    const auto metadata = exchange("GET /v2/models/prices HTTP/1.1\nHost: localhost:8000\n" + common + "\n");
    EXPECT_EQ(Json::parse(metadata.body)["versions"], Json({"7.3"}));
    const auto index = exchange("POST /v2/repository/index HTTP/1.1\nHost: localhost:8000\n" + common +
                                "Content-Length: 0\nContent-Type: application/octet-stream\n\n");
    EXPECT_EQ(Json::parse(index.body).size(), 1U);

    std::string tail;
    for (int i = 0; i < 64; ++i)
        tail += kOnes;
    const std::string document =
        R"({"id":"p3","inputs":[{"name":"input","shape":[64,2],"datatype":"FP32","parameters":{"binary_data_size":512}}],)"
        R"("parameters":{"binary_data_output":true}})";
    const auto answer = exchange(
        "POST /v2/models/prices/infer HTTP/1.1\nHost: localhost:8000\n"
        "Inference-Header-Content-Length: " +
            std::to_string(document.size()) + "\n" + common + "Content-Length: " +
            std::to_string(document.size() + tail.size()) + "\nContent-Type: application/octet-stream\n\n",
        document + tail);
    ASSERT_EQ(answer.header("Content-Encoding"), "gzip") << "it unpacks these";
    http::Request unpacked;
    unpacked.headers = {{"Content-Encoding", "gzip"}};
    unpacked.body = answer.body;
    ASSERT_FALSE(http::decode_body(unpacked, 1 << 20));
    http::Response plain = answer;
    plain.body = unpacked.body;
    Json head;
    EXPECT_EQ(tensors_in(plain, head).at("label").size(), 512U);
}

// Triton's C++ client, on libcurl: an empty id where there is none, a form's type for a POST without a body.
TEST_F(OtherClients, TritonForCpp) {
    const auto index = exchange(
        "POST /v2/repository/index HTTP/1.1\nHost: localhost:8000\nUser-Agent: libcurl-agent/1.0\nAccept: */*\n"
        "Content-Length: 0\nContent-Type: application/x-www-form-urlencoded\n\n");
    EXPECT_EQ(Json::parse(index.body)[0]["name"], "prices");
    const std::string document =
        R"({"id":"","parameters":{"binary_data_output":true},"inputs":[{"name":"input","datatype":"FP32","shape":[1,2],)"
        R"("parameters":{"binary_data_size":8}}]})";
    expect_all_of_heavy(
        exchange("POST /v2/models/prices/infer HTTP/1.1\nHost: localhost:8000\n"
                 "User-Agent: libcurl-agent/1.0\nAccept: */*\nInference-Header-Content-Length: " +
                     std::to_string(document.size()) + "\nContent-Type: application/octet-stream\nContent-Length: " +
                     std::to_string(document.size() + kOnes.size()) + "\n\n",
                 document + kOnes));
}

// Triton's Java client, on Apache's HttpAsyncClient; its reader refuses members that it does not know.
TEST_F(OtherClients, TritonForJava) {
    const std::string document =
        R"({"outputs":[{"name":"label","parameters":{"binary_data":true}},{"name":"score","parameters":{"binary_data":false}}],)"
        R"("inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"id":"j1"})";
    const auto answer = exchange(
        "POST /v2/models/prices/infer HTTP/1.1\nInference-Header-Content-Length: " + std::to_string(document.size()) +
            "\nContent-Length: " + std::to_string(document.size() + kOnes.size()) +
            "\nHost: localhost:8000\nConnection: Keep-Alive\nUser-Agent: Apache-HttpAsyncClient/4.1.4 "
            "(Java/11.0.18)\n\n",
        document + kOnes);
    Json head;
    EXPECT_EQ(tensors_in(answer, head).at("label"), kLabelUp);
    const auto members = [](const Json& object) {
        std::vector<std::string> names;
        for (const auto& [name, value] : object.items())
            names.push_back(name);
        return names;
    };
    EXPECT_THAT(members(head), ElementsAre("model_name", "model_version", "id", "parameters", "outputs"));
    EXPECT_THAT(members(head["outputs"][0]), ElementsAre("name", "datatype", "shape", "parameters"));
    EXPECT_THAT(members(head["outputs"][1]), ElementsAre("name", "datatype", "shape", "data"));
}

// KServe's Python client, on httpx and orjson; the model's name stands in the body too.
TEST_F(OtherClients, KServeForPython) {
    const std::string common =
        "Host: localhost:8000\nAccept: */*\nAccept-Encoding: gzip, deflate\nConnection: keep-alive\n"
        "User-Agent: python-httpx/0.27.2\n";
    EXPECT_EQ(Json::parse(exchange("GET /v2/health/ready HTTP/1.1\n" + common + "\n").body)["ready"], true);
    EXPECT_EQ(Json::parse(exchange("GET /v2/health/live HTTP/1.1\n" + common + "\n").body)["live"], true);
    EXPECT_EQ(Json::parse(exchange("GET /v2/models/prices/ready HTTP/1.1\n" + common + "\n").body)["ready"], true);

    const std::string plain =
        R"({"id":"3c1a0a34-6f2c-4b0e-9a43-3a7d9b3b9f5e","model_name":"prices","inputs":[{"name":"input","shape":[1,2],)"
        R"("datatype":"FP32","data":[[1.0,1.0]]}]})";
    const auto answer = exchange(
        "POST /v2/models/prices/infer HTTP/1.1\n" + common + "Content-Length: " + std::to_string(plain.size()) + "\n\n",
        plain);
    Json head;
    EXPECT_TRUE(tensors_in(answer, head).empty());
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.header("Inference-Header-Content-Length"), "");
    EXPECT_EQ(head["id"], "3c1a0a34-6f2c-4b0e-9a43-3a7d9b3b9f5e");
    EXPECT_EQ(head["outputs"][0]["data"], Json({1}));

    const std::string document =
        R"({"id":"k2","model_name":"prices","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32",)"
        R"("parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}})";
    expect_all_of_heavy(exchange("POST /v2/models/prices/infer HTTP/1.1\n" + common +
                                     "inference-header-content-length: " + std::to_string(document.size()) +
                                     "\ncontent-type: application/octet-stream\nContent-Length: " +
                                     std::to_string(document.size() + kOnes.size()) + "\n\n",
                                 document + kOnes));

    const auto unknown = exchange("GET /v2/models/gates/ready HTTP/1.1\n" + common + "\n");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.content_type, "application/json");
    EXPECT_TRUE(Json::parse(unknown.body).contains("error"));
}

}  // namespace
}  // namespace skerry::node
