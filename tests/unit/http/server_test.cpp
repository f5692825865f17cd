#include <set>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>

#include "common/http/client.hpp"
#include "common/http/connection.hpp"
#include "tests/unit/http/raw_peer.hpp"
#include "tests/unit/http/running_server.hpp"
#include "tests/unit/http/waiting_requests.hpp"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: node\r\n\r\n";
}

void echo_path(Request request, const Respond& respond) {
    respond({.content_type = "text/plain", .body = request.path});
}

TEST(Server, HandsOverEveryPartOfARequest) {
    std::promise<Request> seen;
    RunningServer server([&](Request request, const Respond& respond) {
        seen.set_value(std::move(request));
        respond({.status = 201, .body = "{}", .headers = {{"X-Tier", "light"}}});
    });
    auto client = Client::connect(server.tcp_address()).value();
    const auto response =
        client.request("POST", "/v2/a%20model?n=3&q=a+b%26c&flag", "[1,2]", {{"X-Request-Id", "r1"}}).value();
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.header("x-tier"), "light");

    const Request request = seen.get_future().get();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/v2/a model");
    EXPECT_EQ(request.query, (std::map<std::string, std::string>{{"n", "3"}, {"q", "a b&c"}, {"flag", ""}}));
    EXPECT_EQ(request.body, "[1,2]");
    EXPECT_EQ(request.header("x-request-id"), "r1");
    EXPECT_FALSE(request.local);
}

TEST(Server, TellsWhoCameOverTheUnixSocket) {
    RunningServer server(
        [](const Request& request, const Respond& respond) { respond({.body = request.local ? "local" : "remote"}); });
    EXPECT_EQ(Client::connect(server.unix_address()).value().request("GET", "/").value().body, "local");
    EXPECT_EQ(Client::connect(server.tcp_address()).value().request("GET", "/").value().body, "remote");
}

TEST(Server, KeepsAConnectionForTheNextRequest) {
    RunningServer server(echo_path);
    RawPeer peer(server.port());
    for (const std::string path : {"/first", "/second", "/third"}) {
        peer.send(get(path));
        EXPECT_THAT(peer.receive_answer(), HasSubstr("\r\n\r\n" + path));
    }
    EXPECT_EQ(server.connections(), 1U);
}

TEST(Server, ClosesAfterTheAnswerWhenThePeerAsksForIt) {
    RunningServer server(echo_path);
    RawPeer peer(server.port());
    peer.send("GET /last HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n" + get("/never"));
    const std::string all = peer.receive_to_end();
    EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(all, HasSubstr("/last"));
    EXPECT_THAT(all, Not(HasSubstr("/never")));
    server.wait_for_connections(0);
}

TEST(Server, KeepsAnHttp10ConnectionOnlyWhenAsked) {
    RunningServer server(echo_path);
    RawPeer peer(server.port());
    peer.send("GET /kept HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(peer.receive_answer(), HasSubstr("Connection: keep-alive\r\n"));
    peer.send("GET /last HTTP/1.0\r\n\r\n");
    EXPECT_THAT(peer.receive_to_end(), HasSubstr("/last"));
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(get("/a") + "POST /b HTTP/1.1\r\nHost: node\r\nContent-Length: 3\r\n\r\nxyz" + get("/c"));
    std::size_t count = 0;
    for (const std::string path : {"/a", "/b", "/c"}) {
        requests.wait_for(++count);
        EXPECT_EQ(requests.seen(), count) << "the next request must wait for the answer to this one";
        server.on_loop([&] { requests.take(path)({.body = path}); });
    }
    for (const std::string path : {"/a", "/b", "/c"})
        EXPECT_THAT(peer.receive_answer(), HasSubstr("\r\n\r\n" + path));
}

TEST(Server, AnswersAThousandPipelinedRequestsOfOneWrite) {
    RunningServer server(echo_path);
    RawPeer peer(server.port());
    std::string all;
    for (int i = 0; i < 1000; ++i)
        all += get("/" + std::to_string(i));
    std::thread sender([&] { peer.send(all); });
    for (int i = 0; i < 1000; ++i)
        EXPECT_THAT(peer.receive_answer(), HasSubstr("\r\n\r\n/" + std::to_string(i)));
    sender.join();
}

TEST(Server, CompletesAnswersLaterAndInAnyOrderAcrossConnections) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer first(server.port());
    RawPeer second(server.port());
    first.send(get("/first"));
    second.send(get("/second"));
    requests.wait_for(2);
    server.on_loop([&] { requests.take("/second")({.body = "two"}); });
    EXPECT_THAT(second.receive_answer(), HasSubstr("two"));
    server.on_loop([&] { requests.take("/first")({.body = "one"}); });
    EXPECT_THAT(first.receive_answer(), HasSubstr("one"));
}

TEST(Server, NeverRunsTheHandlerInsideTheAnswerToAnEarlierRequest) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(get("/a") + get("/b"));
    requests.wait_for(1);
    server.on_loop([&] {
        requests.take("/a")({});
        EXPECT_EQ(requests.seen(), 1U);
    });
    requests.wait_for(2);
    server.on_loop([&] { requests.drop(); });
}

TEST(Server, TakesAnAnswerForAPeerThatHasVanished) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(get("/a"));
    requests.wait_for(1);
    peer.vanish();
    server.on_loop([&] { requests.take("/a")({.body = std::string(1 << 20, 'x')}); });
    server.wait_for_connections(0);
    RawPeer next(server.port());
    next.send(get("/b"));
    requests.wait_for(2);
    server.on_loop([&] { requests.take("/b")({.body = "alive"}); });
    EXPECT_THAT(next.receive_answer(), HasSubstr("alive"));
}

TEST(Server, TakesAnAnswerAfterItsOwnEnd) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(get("/a"));
    requests.wait_for(1);
    server.stop();
    EXPECT_EQ(peer.receive_to_end(), "");
    server.on_loop([&] { requests.take("/a")({}); });
}

TEST(Server, AnswersARequestThatItsHandlerForgot) {
    RunningServer server([](const Request&, const Respond&) {});
    const auto response = Client::connect(server.tcp_address()).value().request("POST", "/").value();
    EXPECT_EQ(response.status, 500);
    EXPECT_THAT(response.body, StartsWith(R"({"error":")"));
}

TEST(ServerDeathTest, StopsAProgramThatAnswersTwice) {
    const Respond respond(std::make_shared<Exchange>(std::weak_ptr<Connection>{}));
    respond({});
    EXPECT_DEATH(respond({}), "assertion_failed");
}

TEST(Server, SendsNoBodyInTheAnswerToHead) {
    RunningServer server(echo_path);
    RawPeer peer(server.port());
    peer.send("HEAD /12345 HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
    const std::string all = peer.receive_to_end();
    EXPECT_THAT(all, HasSubstr("Content-Length: 6\r\n"));
    EXPECT_THAT(all, ::testing::EndsWith("\r\n\r\n"));
}

TEST(Server, DeliversAnAnswerThatIsLongerThanTheSocketsBuffer) {
    const std::string body(32 << 20, 'w');
    RunningServer server([&](const Request&, const Respond& respond) { respond({.body = body}); });
    for (const std::string& address : {server.tcp_address(), server.unix_address()}) {
        auto client = Client::connect(address).value();
        EXPECT_EQ(client.request("GET", "/").value().body.size(), body.size());
        EXPECT_EQ(client.request("GET", "/").value().body, body);
    }
}

TEST(Server, DropsAPeerThatDoesNotTakeItsAnswer) {
    RunningServer server([](const Request&, const Respond& respond) { respond({.body = std::string(64 << 20, 'w')}); },
                         {.transfer_time = std::chrono::milliseconds(50)});
    RawPeer peer(server.port());
    peer.send(get("/"));
    server.wait_for_connections(1);
    server.wait_for_connections(0);
}

TEST(Server, AsksForTheBodyOfAPeerThatWaitsForItsLeave) {
    RunningServer server([](const Request& request, const Respond& respond) { respond({.body = request.body}); });
    RawPeer peer(server.port());
    peer.send("POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(peer.receive_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("hello");
    EXPECT_THAT(peer.receive_answer(), HasSubstr("\r\n\r\nhello"));
}

TEST(Server, TurnsAwayOneConnectionTooMany) {
    RunningServer server(echo_path, {.connections_max = 2});
    RawPeer first(server.port());
    RawPeer second(server.port());
    server.wait_for_connections(2);
    RawPeer third(server.port());
    const std::string answer = third.receive_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_THAT(answer, HasSubstr(R"({"error":")"));
    first.leave();
    server.wait_for_connections(1);
    RawPeer fourth(server.port());
    fourth.send(get("/room"));
    EXPECT_THAT(fourth.receive_answer(), HasSubstr("/room"));
}

}  // namespace
}  // namespace skerry::http
