#include <random>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "common/base/limits.hpp"
#include "tests/unit/http/raw_peer.hpp"
#include "tests/unit/http/running_server.hpp"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A server whose handler must not be reached.
class Refusal : public ::testing::Test {
protected:
    static void never(const Request& request, const Respond& respond) {
        ADD_FAILURE() << "the handler was given " << request.method << " " << request.path;
        respond({});
    }
    static void expect_refusal(const std::string& answer, int status) {
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
        const auto body = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
        ASSERT_TRUE(body.is_object()) << answer;
        EXPECT_FALSE(body.value("error", "").empty());
    }
};

struct Garbage {
    std::string name;
    std::string bytes;
    int status;
};

void PrintTo(const Garbage& garbage, std::ostream* out) {
    *out << garbage.name;
}

class RefusedBytes : public Refusal, public ::testing::WithParamInterface<Garbage> {};

TEST_P(RefusedBytes, GetAnErrorAndNeverTheHandler) {
    RunningServer server(&never);
    RawPeer peer(server.port());
    peer.send(GetParam().bytes);
    expect_refusal(peer.receive_answer(), GetParam().status);
    peer.finish_sending();
    EXPECT_EQ(peer.receive_to_end(), "");
    server.wait_for_connections(0);
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, RefusedBytes,
    ::testing::Values(
        Garbage{"Tls", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
        Garbage{"NoMethod", " / HTTP/1.1\r\n\r\n", 400}, Garbage{"NoTarget", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Garbage{"BareLineFeeds", "GET / HTTP/1.1\nHost: a\n\n", 505},
        Garbage{"OtherProtocol", "GET / SMTP/1.1\r\nHost: a\r\n\r\n", 505},
        Garbage{"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505}, Garbage{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Garbage{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Garbage{"RelativeTarget", "GET v2 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Garbage{"BrokenPercent", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Garbage{"EncodedZero", "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Garbage{"HeaderWithoutColon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400},
        Garbage{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        Garbage{"NegativeLength", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
        Garbage{"TwoLengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
        Garbage{"LengthAndChunks",
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Garbage{"ChunksAndLength",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", 400},
        Garbage{"OtherEncoding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                501},
        Garbage{"ChunkWithoutNumber", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        Garbage{"OtherExpectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\n", 417},
        Garbage{"LongTarget", "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
        Garbage{"LongHeader", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
        Garbage{"EndlessHeader", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40'000, 'a'), 431},
        Garbage{"LongChunkExtension",
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(60'000, 'a'), 431},
        Garbage{"AnnouncedBody", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8388609\r\n\r\n", 413},
        Garbage{"AnnouncedChunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800001\r\n", 413},
        Garbage{"AbsurdLength", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(Refusal, NeverHandsOverRandomBytes) {
    RunningServer server(&never);
    std::mt19937 random(7);
    for (int seed = 0; seed < 100; ++seed) {
        std::string bytes(1 + random() % 500, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        RawPeer peer(server.port());
        peer.send(bytes);
        peer.finish_sending();
        static_cast<void>(peer.receive_to_end());
    }
    server.wait_for_connections(0);
}

TEST_F(Refusal, OfALongBodyReachesAPeerThatSendsAllOfIt) {
    RunningServer server(&never);
    RawPeer peer(server.port());
    const std::string body(limits::kHttpBodyBytesMax + 1, 'x');
    ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n"));
    ASSERT_TRUE(peer.send(body));
    expect_refusal(peer.receive_answer(), 413);
}

TEST_F(Refusal, LetsTheLongestBodyPass) {
    RunningServer server(
        [](const Request& request, const Respond& respond) { respond({.body = std::to_string(request.body.size())}); });
    RawPeer peer(server.port());
    const std::string body(limits::kHttpBodyBytesMax, 'x');
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_THAT(peer.receive_answer(), HasSubstr("\r\n\r\n8388608"));
}

TEST_F(Refusal, ForgetsAPeerThatLeavesInTheMiddleOfARequest) {
    RunningServer server(&never);
    const std::string request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell";
    for (const std::size_t sent : {1U, 7U, 16U, 30U, 49U, 53U}) {
        RawPeer peer(server.port());
        peer.send(request.substr(0, sent));
        server.wait_for_connections(1);
        sent % 2 == 0 ? peer.leave() : peer.vanish();
        server.wait_for_connections(0);
    }
}

TEST_F(Refusal, ComesInTimeForAHeaderThatDoesNot) {
    RunningServer server(&never, {.idle_time = std::chrono::milliseconds(50)});
    RawPeer peer(server.port());
    peer.send("GET / HT");
    expect_refusal(peer.receive_answer(), 408);
}

TEST_F(Refusal, IsNotPutOffByAHeaderThatTrickles) {
    RunningServer server(&never, {.header_bytes_max = 1U << 30U, .idle_time = std::chrono::milliseconds(100)});
    RawPeer peer(server.port());
    std::string answer;
    std::thread receiver([&] { answer = peer.receive_answer(); });
    peer.send("GET / HTTP/1.1\r\nX: ");
    // Bytes keep coming for as long as the server takes them, which must not buy it time.
    while (server.connections() > 0 && peer.send("x"))
        std::this_thread::yield();
    receiver.join();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
}

TEST_F(Refusal, KeepsTheBodiesThatAreArrivingWithinABound) {
    RunningServer server(&never, {.bodies_bytes_max = 50'000});
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n";
    RawPeer within(server.port());
    within.send(head + std::string(20'000, 'x'));
    RawPeer beyond(server.port());
    beyond.send(head + std::string(60'000, 'x'));
    expect_refusal(beyond.receive_answer(), 503);
    EXPECT_EQ(server.connections(), 2U) << "the other one goes on";
}

TEST_F(Refusal, ComesInTimeForABodyThatDoesNot) {
    RunningServer server(&never, {.transfer_time = std::chrono::milliseconds(50)});
    RawPeer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    expect_refusal(peer.receive_answer(), 408);
}

TEST_F(Refusal, SaysNothingToAPeerThatSaidNothing) {
    RunningServer server(&never, {.idle_time = std::chrono::milliseconds(50)});
    RawPeer peer(server.port());
    EXPECT_EQ(peer.receive_to_end(), "");
    server.wait_for_connections(0);
}

TEST_F(Refusal, OfABadRequestComesAfterTheAnswerToAGoodOne) {
    RunningServer server([](const Request& request, const Respond& respond) { respond({.body = request.path}); });
    RawPeer peer(server.port());
    peer.send("GET /good HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");
    EXPECT_THAT(peer.receive_answer(), HasSubstr("/good"));
    expect_refusal(peer.receive_answer(), 400);
}

}  // namespace
}  // namespace skerry::http
