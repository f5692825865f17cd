#include "common/http/request_reader.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace skerry::http {
namespace {

using State = RequestReader::State;

constexpr std::string_view kLength =
    "PUT /a?b=c HTTP/1.1\r\nHost: node\r\nContent-Length: 11\r\nX-One: 1\r\n\r\nhello world";
constexpr std::string_view kChunks =
    "POST /a?b=c HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;note=x\r\nhello\r\n6\r\n world\r\n0\r\nHost: trailer\r\nX-Late: 1\r\n\r\n";

/// Feeds pieces as a connection does: what was not consumed lies in front of the next piece.
std::vector<Request> read_all(const std::vector<std::string_view>& pieces) {
    RequestReader requests(16 * 1024, 1024);
    std::vector<Request> complete;
    std::string waiting;
    for (const std::string_view piece : pieces) {
        waiting += piece;
        while (!waiting.empty()) {
            waiting.erase(0, requests.feed(waiting));
            if (requests.state() != State::Complete) break;
            complete.push_back(requests.take());
            requests.next();
        }
    }
    return complete;
}

TEST(RequestReader, ReadsTheSameRequestHoweverItIsCut) {
    for (const std::string_view bytes : {kLength, kChunks}) {
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            SCOPED_TRACE(cut);
            const auto requests = read_all({bytes.substr(0, cut), bytes.substr(cut)});
            ASSERT_EQ(requests.size(), 1U);
            EXPECT_EQ(requests[0].path, "/a");
            EXPECT_EQ(requests[0].query.at("b"), "c");
            EXPECT_EQ(requests[0].header("host"), "node");
            EXPECT_EQ(requests[0].body, "hello world");
        }
    }
}

TEST(RequestReader, ReadsRequestsThatComeByteByByte) {
    const std::string bytes = std::string(kLength) + std::string(kChunks) + std::string(kLength);
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        pieces.push_back(std::string_view(bytes).substr(i, 1));
    const auto requests = read_all(pieces);
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[1].method, "POST");
    EXPECT_EQ(requests[2].body, "hello world");
}

TEST(RequestReader, KeepsTrailersOutOfTheHeaders) {
    const auto requests = read_all({kChunks});
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].header("x-late"), "");
    EXPECT_EQ(requests[0].headers.size(), 2U);
}

TEST(RequestReader, CountsChunksAgainstTheLimitOfTheBody) {
    RequestReader requests(16 * 1024, 10);
    requests.feed(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n5\r\n12345\r\n0\r\n\r\n");
    ASSERT_EQ(requests.state(), State::Refused);
    EXPECT_EQ(requests.refusal().status, 413);
}

TEST(RequestReader, TakesATargetWithItsHost) {
    const auto requests = read_all(
        {"GET http://node:8000/v2?x=1 HTTP/1.1\r\nHost: node\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: node\r\n\r\n"});
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].path, "/v2");
    EXPECT_EQ(requests[0].query.at("x"), "1");
    EXPECT_EQ(requests[1].path, "*");
}

TEST(RequestReader, StopsAtTheFirstFault) {
    RequestReader requests(16 * 1024, 10);
    EXPECT_LT(requests.feed("nonsense\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 30U);
    EXPECT_EQ(requests.state(), State::Refused);
    EXPECT_EQ(requests.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0U);
}

}  // namespace
}  // namespace skerry::http
