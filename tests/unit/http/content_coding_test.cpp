#include "common/http/content_coding.hpp"

#include <gmock/gmock.h>

#include "common/http/client.hpp"
#include "tests/unit/http/raw_peer.hpp"
#include "tests/unit/http/running_server.hpp"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::string_literals;

// As Python's gzip.compress and zlib.compress write it.
const std::string kContent = R"({"a":[1,2,3]})";
const std::string kGzipped =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x8a\x36\xd4\x31\xd2\x31\x8e\xad\x05\x00\x91\x1a\x11\x87\x0d\x00\x00\x00"s;
const std::string kDeflated = "\x78\xda\xab\x56\x4a\x54\xb2\x8a\x36\xd4\x31\xd2\x31\x8e\xad\x05\x00\x18\x1e\x03\x7e"s;

Request packed_request(std::string coding, std::string body) {
    Request request;
    request.method = "POST";
    request.headers = {{"Content-Encoding", std::move(coding)}};
    request.body = std::move(body);
    return request;
}

int status_of(std::string coding, std::string body, std::size_t bytes_max = 1000) {
    Request request = packed_request(std::move(coding), std::move(body));
    const auto refusal = decode_body(request, bytes_max);
    if (!refusal) return 200;
    EXPECT_THAT(refusal->body, StartsWith(R"({"error":")"));
    return refusal->status;
}

std::string packed(const std::string& content, Coding coding) {
    Response response;
    response.body = content;
    encode_body(response, coding);
    EXPECT_NE(response.body, content);
    return response.body;
}

TEST(ContentCoding, ReadsWhatOthersWrite) {
    for (const auto& [coding, body] : std::vector<std::pair<std::string, std::string>>{{"gzip", kGzipped},
                                                                                       {"X-GZip", kGzipped},
                                                                                       {"deflate", kDeflated},
                                                                                       {"identity", kContent},
                                                                                       {"", kContent}}) {
        Request request = packed_request(coding, body);
        EXPECT_FALSE(decode_body(request, 1000)) << coding;
        EXPECT_EQ(request.body, kContent) << coding;
    }
}

TEST(ContentCoding, RefusesWhatIsDamaged) {
    for (std::size_t length = 0; length < kGzipped.size(); ++length)
        EXPECT_EQ(status_of("gzip", kGzipped.substr(0, length)), 400) << length;
    for (std::size_t length = 0; length < kDeflated.size(); ++length)
        EXPECT_EQ(status_of("deflate", kDeflated.substr(0, length)), 400) << length;
    EXPECT_EQ(status_of("gzip", kGzipped + "x"), 400);
    EXPECT_EQ(status_of("gzip", kDeflated), 400);
    EXPECT_EQ(status_of("deflate", kContent), 400);
    std::string wrong_sum = kGzipped;
    wrong_sum[wrong_sum.size() - 8] ^= 1;
    EXPECT_EQ(status_of("gzip", wrong_sum), 400);
    EXPECT_EQ(status_of("br", kContent), 415);
    EXPECT_EQ(status_of("gzip, gzip", kGzipped), 415);
}

TEST(ContentCoding, KeepsContentWithinItsBoundWhateverItIsPackedInto) {
    EXPECT_EQ(status_of("gzip", kGzipped, kContent.size()), 200);
    EXPECT_EQ(status_of("gzip", kGzipped, kContent.size() - 1), 413);
    for (const Coding coding : {Coding::Gzip, Coding::Deflate}) {
        const std::string body = packed(std::string(std::size_t{64} << 20U, '0'), coding);
        Request request = packed_request(coding == Coding::Gzip ? "gzip" : "deflate", body);
        EXPECT_EQ(decode_body(request, 1 << 20).value().status, 413);
        EXPECT_LE(request.body.capacity(), std::max<std::size_t>(body.size(), 1 << 20));
    }
}

TEST(ContentCoding, PacksLongAnswersAndLeavesShortOnesAlone) {
    for (const std::size_t length : {std::size_t{1024}, std::size_t{100'000}, std::size_t{5'000'000}}) {
        const std::string content(length, 'a');
        for (const Coding coding : {Coding::Gzip, Coding::Deflate}) {
            Request again = packed_request(coding == Coding::Gzip ? "gzip" : "deflate", packed(content, coding));
            EXPECT_FALSE(decode_body(again, length));
            EXPECT_EQ(again.body, content);
        }
    }
    Response brief;
    brief.body = std::string(1023, 'a');
    encode_body(brief, Coding::Gzip);
    EXPECT_EQ(brief.body.size(), 1023U);
    EXPECT_TRUE(brief.headers.empty());
    Response fixed;
    fixed.body = std::string(5000, 'a');
    fixed.headers = {{"Cache-Control", "no-transform"}};
    encode_body(fixed, Coding::Gzip);
    EXPECT_EQ(fixed.body.size(), 5000U);
}

TEST(ContentCoding, TakesWhatThePeerPrefers) {
    EXPECT_EQ(accepted_coding(""), Coding::Identity);
    EXPECT_EQ(accepted_coding("gzip"), Coding::Gzip);
    EXPECT_EQ(accepted_coding("deflate"), Coding::Deflate);
    EXPECT_EQ(accepted_coding("gzip, deflate, br"), Coding::Gzip);
    EXPECT_EQ(accepted_coding("deflate;q=0.9, GZIP;q=0.5"), Coding::Deflate);
    EXPECT_EQ(accepted_coding("gzip;q=0, deflate;q=0.0"), Coding::Identity);
    EXPECT_EQ(accepted_coding("br, zstd"), Coding::Identity);
    EXPECT_EQ(accepted_coding(", ;,q=,gzip;q=x"), Coding::Identity);
}

// Through the server: the handler sees content, the peer gets what it asked for, and the connection lives on.
TEST(ContentCoding, IsTheServersBusinessNotTheHandlers) {
    RunningServer server([](const Request& request, const Respond& respond) {
        respond({.body = request.body == kContent ? std::string(2000, 'y') : "no"});
    });
    auto client = Client::connect(server.tcp_address()).value();
    const auto plain = client.request("POST", "/", kGzipped, {{"Content-Encoding", "gzip"}}).value();
    EXPECT_EQ(plain.body, std::string(2000, 'y'));
    EXPECT_EQ(plain.header("Content-Encoding"), "");

    const auto answer =
        client.request("POST", "/", kDeflated, {{"Content-Encoding", "deflate"}, {"Accept-Encoding", "gzip, deflate"}})
            .value();
    EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
    EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
    Request unpacked = packed_request("gzip", answer.body);
    EXPECT_FALSE(decode_body(unpacked, 2000));
    EXPECT_EQ(unpacked.body, std::string(2000, 'y'));

    EXPECT_EQ(client.request("POST", "/", "x", {{"Content-Encoding", "gzip"}}).value().status, 400);
    EXPECT_EQ(client.request("POST", "/", kContent).value().body.size(), 2000U);
    EXPECT_EQ(server.connections(), 1U);
}

TEST(ContentCoding, OfAHeadIsThatOfItsGet) {
    RunningServer server([](const Request&, const Respond& respond) { respond({.body = std::string(2000, 'y')}); });
    RawPeer peer(server.port());
    const auto length_of = [&peer](const std::string& method) {
        peer.send(method + " / HTTP/1.1\r\nHost: node\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n");
        const std::string answer = peer.receive_to_end();
        const auto at = answer.find("Content-Length: ");
        return answer.substr(at, answer.find("\r\n", at) - at);
    };
    const std::string of_head = length_of("HEAD");
    RawPeer again(server.port());
    again.send("GET / HTTP/1.1\r\nHost: node\r\nAccept-Encoding: gzip\r\n\r\n");
    EXPECT_THAT(again.receive_answer(), HasSubstr(of_head));
    EXPECT_THAT(of_head, Not(HasSubstr("2000")));
}

}  // namespace
}  // namespace skerry::http
