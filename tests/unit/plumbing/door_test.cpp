#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>

#include "tests/unit/plumbing/transport_fixture.hpp"

// What many connections do to a Router: nothing.
namespace skerry::transport {
namespace {

using testing::ElementsAre;

/// Somebody who opens connections and says nothing.
class Crowd {
public:
    explicit Crowd(const Router& router) {
        const std::string endpoint = router.bound_endpoint();
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address_.sin_port = htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
    }
    ~Crowd() { leave(); }

    /// Does not wait until it is let in.
    bool push() {
        const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (client < 0) return false;
        static_cast<void>(::connect(client, reinterpret_cast<const sockaddr*>(&address_), sizeof address_));
        clients_.push_back(client);
        return true;
    }
    void leave() {
        for (const int client : std::exchange(clients_, {}))
            ::close(client);
    }

private:
    sockaddr_in address_{};
    std::vector<int> clients_;
};

/// As many descriptors as this process has, and a few more.
class FewDescriptors {
public:
    explicit FewDescriptors(int more) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::dup(STDIN_FILENO);
        ::close(next);
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(next + more);
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

class DoorTest : public TransportTest {
protected:
    std::unique_ptr<Router> small_router(std::size_t connections_max) {
        RouterOptions options;
        options.domain = "fleet";
        options.handshake_time = std::chrono::milliseconds(60'000);
        options.connections_max = connections_max;
        options.on_full = [this](bool full) { turns_.push_back(full); };
        return open_router(std::move(options));
    }

    std::vector<bool> turns_;
};

TEST_F(DoorTest, LetsNobodyInAtItsBoundUntilSomebodyGoes) {
    const auto router = small_router(3);
    Node member;
    connect(member, *router);
    Crowd crowd(*router);
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(crowd.push());
    ASSERT_TRUE(loop_.run_until([&] { return !turns_.empty(); }));
    EXPECT_EQ(router->connections(), 3U);

    Node late;
    late.dial(context_, server_keys_.public_key, router->bound_endpoint());
    ASSERT_TRUE(member.say({"still here"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == 1; })) << "who is in is not touched";
    EXPECT_EQ(late.connections, 0);
    EXPECT_THAT(turns_, ElementsAre(true));

    crowd.leave();
    ASSERT_TRUE(loop_.run_until([&] { return late.connections == 1; }));
    EXPECT_FALSE(turns_[1]);
    ASSERT_TRUE(late.say({"let in"}));
    ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == 2; }));
}

TEST_F(DoorTest, ForgetsConnectionsThatEnd) {
    const auto router = small_router(100);
    Crowd crowd(*router);
    for (int i = 0; i < 8; ++i)
        ASSERT_TRUE(crowd.push());
    ASSERT_TRUE(loop_.run_until([&] { return router->connections() == 8; }));
    crowd.leave();
    ASSERT_TRUE(loop_.run_until([&] { return router->connections() == 0; }));
    EXPECT_TRUE(turns_.empty());
}

TEST_F(DoorTest, SurvivesAProcessWithoutAFreeDescriptor) {
    const auto router = small_router(10'000);
    Node member;
    connect(member, *router);
    Crowd crowd(*router);
    {
        const FewDescriptors few(40);
        while (crowd.push()) {
        }
        // The other ends of those that it could accept, and nothing more.
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(member.say({"in the crowd"}));
            ASSERT_TRUE(loop_.run_until([&] { return heard_.size() == static_cast<std::size_t>(i) + 1; }));
        }
    }
    crowd.leave();
    Node late;
    connect(late, *router);
}

}  // namespace
}  // namespace skerry::transport
