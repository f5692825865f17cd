#include <string>

#include <gmock/gmock.h>

#include "common/http/client.hpp"
#include "tests/unit/http/raw_peer.hpp"
#include "tests/unit/http/running_server.hpp"
#include "tests/unit/http/waiting_requests.hpp"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: node\r\n\r\n";

TEST(Drain, IsDoneAtOnceWhereNobodyIsConnected) {
    RunningServer server(WaitingRequests().handler());
    std::promise<void> done;
    server.drain([&] { done.set_value(); });
    done.get_future().get();
}

TEST(Drain, LetsARequestThatHasBegunFinishAndThenCloses) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(kGet);
    requests.wait_for(1);
    std::promise<void> done;
    auto drained = done.get_future();
    server.drain([&] { done.set_value(); });
    EXPECT_EQ(drained.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    server.on_loop([&] { requests.take("/a")({.body = "answered"}); });
    const std::string all = peer.receive_to_end();
    EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(all, HasSubstr("answered"));
    drained.get();
}

TEST(Drain, WaitsForTheRestOfAHalfSentRequest) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(kGet.substr(0, 10));
    server.wait_for_connections(1);
    std::promise<void> done;
    server.drain([&] { done.set_value(); });
    peer.send(kGet.substr(10));
    requests.wait_for(1);
    server.on_loop([&] { requests.take("/a")({.body = "answered"}); });
    EXPECT_THAT(peer.receive_to_end(), HasSubstr("answered"));
    done.get_future().get();
}

TEST(Drain, ClosesIdleConnectionsAndRefusesNewOnes) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer idle(server.port());
    server.wait_for_connections(1);
    std::promise<void> done;
    server.drain([&] { done.set_value(); });
    EXPECT_EQ(idle.receive_to_end(), "");
    done.get_future().get();
    for (const std::string& address : {server.tcp_address(), server.unix_address()}) {
        EXPECT_EQ(Client::connect(address).error().code, ErrorCode::Unavailable);
    }
}

TEST(Drain, IsForgottenWhenTheServerEndsFirst) {
    WaitingRequests requests;
    RunningServer server(requests.handler());
    RawPeer peer(server.port());
    peer.send(kGet);
    requests.wait_for(1);
    server.drain([] { ADD_FAILURE() << "the server had gone"; });
    server.stop();
    server.on_loop([&] { requests.drop(); });
    EXPECT_EQ(peer.receive_to_end(), "");
}

}  // namespace
}  // namespace skerry::http
