#include "common/http/client.hpp"

#include <set>
#include <string>

#include <gmock/gmock.h>

#include "common/http/dialled_socket.hpp"
#include "tests/unit/http/running_server.hpp"
#include "tests/unit/http/scripted_server.hpp"
#include "tests/unit/http/waiting_requests.hpp"

namespace skerry::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kOk = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

void echo_body(Request request, const Respond& respond) {
    respond({.body = std::move(request.body)});
}

TEST(Client, UsesOneConnectionForManyRequests) {
    RunningServer server(echo_body);
    for (const std::string& address : {server.tcp_address(), server.unix_address()}) {
        auto client = Client::connect(address).value();
        for (int i = 0; i < 100; ++i) {
            ASSERT_EQ(client.request("POST", "/", std::to_string(i)).value().body, std::to_string(i));
        }
        EXPECT_EQ(server.connections(), 1U);
        client = Client::connect(server.tcp_address()).value();  // leaves the connection that it had
        server.wait_for_connections(1);
        Client gone = std::move(client);
        static_cast<void>(gone.request("GET", "/", {}, {{"Connection", "close"}}));
        server.wait_for_connections(0);
    }
}

TEST(Client, SaysWhenNobodyListens) {
    TemporaryFolder folder;
    std::string port_of_nobody;
    {
        RunningServer gone(echo_body);
        port_of_nobody = gone.tcp_address();
    }
    for (const std::string& address : {"unix:" + (folder / "no.sock").string(), port_of_nobody}) {
        const auto client = Client::connect(address);
        ASSERT_FALSE(client);
        EXPECT_EQ(client.error().code, ErrorCode::Unavailable);
        EXPECT_THAT(client.error().message, StartsWith("nobody listens at " + address));
    }
}

TEST(Client, TakesOnlyAddressesThatItUnderstands) {
    for (const std::string address : {"", "localhost:80", "https://a:1", "http://a", "http://a:0", "http://a:70000",
                                      "http://a:1/path", "http://::1:80", "http://u@a:1", "unix:", "ftp://a:1"}) {
        const auto client = Client::connect(address);
        ASSERT_FALSE(client) << address;
        EXPECT_EQ(client.error().code, ErrorCode::InvalidInput) << client.error().message;
    }
    EXPECT_EQ(Client::connect("unix:/" + std::string(107, 'x')).error().code, ErrorCode::InvalidInput);
}

TEST(Client, TakesATrailingSlashAndAnIpv6Address) {
    RunningServer server(echo_body);
    EXPECT_TRUE(Client::connect(server.tcp_address() + "/"));
    const auto parsed = parse_address("http://[::1]:8000").value();
    EXPECT_EQ(parsed.host, "::1");
    EXPECT_EQ(parsed.port, "8000");
}

TEST(Client, GivesUpWhenTheAnswerDoesNotComeInTime) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    auto client = Client::connect(server.tcp_address(), {.request_time = std::chrono::milliseconds(50)}).value();
    const auto late = client.request("GET", "/slow");
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(late.error().message, HasSubstr("took longer than 50 ms to answer GET /slow"));
    server.on_loop([&] { requests.drop(); });
}

TEST(Client, NeverTakesALateAnswerForThatOfTheNextRequest) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    auto client = Client::connect(server.unix_address(), {.request_time = std::chrono::milliseconds(200)}).value();
    ASSERT_FALSE(client.request("GET", "/slow"));
    server.on_loop([&] { requests.take("/slow")({.body = "late"}); });
    std::thread answering([&] {
        requests.wait_for(2);
        server.on_loop([&] { requests.take("/next")({.body = "next"}); });
    });
    const auto next = client.request("GET", "/next");
    answering.join();
    // A slow machine may be too late again, but never wrong.
    EXPECT_EQ(next ? next->body : "next", "next");
}

TEST(Client, ReconnectsToAServerThatWasRestarted) {
    TemporaryFolder folder;
    const auto path = folder / "daemon.sock";
    boost::asio::io_context loop;
    auto work = boost::asio::make_work_guard(loop);
    std::thread thread([&] { loop.run(); });
    const auto restart = [&](std::unique_ptr<Server>& server) {
        std::promise<void> done;
        boost::asio::post(loop, [&] {
            server.reset();
            server = std::make_unique<Server>(loop, ServerOptions{}, echo_body);
            EXPECT_TRUE(server->listen_unix(path));
            done.set_value();
        });
        done.get_future().get();
    };
    std::unique_ptr<Server> server;
    restart(server);
    auto client = Client::connect("unix:" + path.string()).value();
    EXPECT_EQ(client.request("POST", "/", "before").value().body, "before");
    restart(server);
    // Even a POST: nothing has been sent on the new connection yet.
    EXPECT_EQ(client.request("POST", "/", "after").value().body, "after");
    std::promise<void> done;
    boost::asio::post(loop, [&] {
        server.reset();
        done.set_value();
    });
    done.get_future().get();
    EXPECT_THAT(client.request("GET", "/").error().message, StartsWith("nobody listens at"));
    work.reset();
    thread.join();
}

TEST(Client, RepeatsAGetOnceWhenTheConnectionDiesUnderIt) {
    ScriptedServer server({"", kOk});
    auto client = Client::connect(server.address()).value();
    EXPECT_EQ(client.request("GET", "/a").value().body, "ok");
    EXPECT_THAT(server.requests(), ElementsAre(StartsWith("GET /a "), StartsWith("GET /a ")));
}

TEST(Client, RepeatsOnlyOnce) {
    ScriptedServer server({"", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"});
    auto client = Client::connect(server.address()).value();
    const auto failed = client.request("GET", "/a");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(failed.error().message, HasSubstr("broke off"));
}

TEST(Client, NeverRepeatsAPost) {
    ScriptedServer server({""});
    auto client = Client::connect(server.address()).value();
    const auto failed = client.request("POST", "/a", "{}");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(failed.error().message, HasSubstr("closed the connection without answering POST /a"));
    EXPECT_THAT(server.requests(), ElementsAre(StartsWith("POST /a ")));
}

TEST(Client, ReadsAnswersOfEveryFraming) {
    ScriptedServer server({
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nto the end",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nX-A: b\r\nContent-Length: 4\r\n\r\nnone",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    });
    auto client = Client::connect(server.address()).value();
    EXPECT_EQ(client.request("GET", "/").value().body, "abcde");
    client = Client::connect(server.address()).value();
    EXPECT_EQ(client.request("GET", "/").value().body, "to the end");
    const auto missing = client.request("GET", "/").value();
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(missing.body, "none");
    EXPECT_EQ(missing.header("x-a"), "b");
    EXPECT_EQ(missing.header("link"), "");
    client = Client::connect(server.address()).value();
    EXPECT_EQ(client.request("HEAD", "/").value().body, "");
    EXPECT_EQ(client.request("DELETE", "/").value().status, 204);
}

TEST(Client, RefusesAnAnswerThatIsTooLong) {
    ScriptedServer server({
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nhello world",
        "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n",
    });
    for (int script = 0; script < 4; ++script) {
        auto client = Client::connect(server.address(), {.response_bytes_max = 10}).value();
        const auto refused = client.request("GET", "/");
        ASSERT_FALSE(refused) << script;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput) << refused.error().message;
    }
}

TEST(Client, SaysThatAnAnswerIsNoHttp) {
    ScriptedServer server({"220 mail.example ESMTP\r\n"});
    auto client = Client::connect(server.address()).value();
    const auto refused = client.request("GET", "/");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    EXPECT_THAT(refused.error().message, HasSubstr("is no HTTP"));
}

TEST(Client, SeesWhyItsBodyWasRefused) {
    RunningServer server(echo_body, {.body_bytes_max = 1000});
    for (const std::string& address : {server.tcp_address(), server.unix_address()}) {
        auto client = Client::connect(address).value();
        EXPECT_EQ(client.request("POST", "/", std::string(4 << 20, 'x')).value().status, 413);
        EXPECT_EQ(client.request("POST", "/", "short").value().body, "short");
    }
}

TEST(Client, SendsNothingThatWouldPassForAnotherHeader) {
    RunningServer server(echo_body);
    auto client = Client::connect(server.tcp_address()).value();
    EXPECT_EQ(client.request("GET", "/a b").error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(client.request("GE\r\nT", "/").error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(client.request("GET", "/", {}, {{"X", "1\r\nY: 2"}}).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(client.request("GET", "/", {}, {{"X Y", "1"}}).error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace skerry::http
