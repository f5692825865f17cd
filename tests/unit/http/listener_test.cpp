#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "common/http/client.hpp"
#include "tests/unit/http/running_server.hpp"

namespace skerry::http {
namespace {

using ::testing::HasSubstr;

void answer(const Request&, const Respond& respond) {
    respond({});
}

/// A socket file whose process has gone without removing it.
void leave_socket_behind(const std::filesystem::path& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(descriptor, 1), 0);
    ::close(descriptor);
}

/// How many sockets a program that we start finds open.
std::size_t inherited_sockets() {
    const std::unique_ptr<FILE, int (*)(FILE*)> listing(::popen("ls -l /proc/self/fd", "r"), ::pclose);
    std::string text(64 * 1024, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), listing.get()));
    std::size_t count = 0;
    for (auto at = text.find("socket:["); at != std::string::npos; at = text.find("socket:[", at + 1))
        ++count;
    return count;
}

class Listening : public ::testing::Test {
protected:
    TemporaryFolder folder_;
    boost::asio::io_context loop_;
    Server server_{loop_, {}, answer};
};

TEST_F(Listening, LetsOnlyThisUserConnect) {
    ASSERT_TRUE(server_.listen_unix(folder_ / "a.sock"));
    struct stat status {};
    ASSERT_EQ(::stat((folder_ / "a.sock").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    ASSERT_TRUE(server_.listen_unix(folder_ / "group.sock", 0660));
    ASSERT_EQ(::stat((folder_ / "group.sock").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0660U);
}

TEST_F(Listening, ReplacesTheSocketOfADeadProcess) {
    leave_socket_behind(folder_ / "a.sock");
    EXPECT_TRUE(server_.listen_unix(folder_ / "a.sock"));
    EXPECT_TRUE(Client::connect("unix:" + (folder_ / "a.sock").string()));
}

TEST_F(Listening, RefusesTheSocketOfALiveProcess) {
    RunningServer other(answer);
    const auto refused = server_.listen_unix(other.socket_path());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("another process serves"));
    EXPECT_EQ(Client::connect(other.unix_address()).value().request("GET", "/").value().status, 200);
}

TEST_F(Listening, LeavesAFileThatIsNoSocketAlone) {
    std::ofstream(folder_ / "notes") << "precious";
    const auto refused = server_.listen_unix(folder_ / "notes");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
    EXPECT_EQ(std::filesystem::file_size(folder_ / "notes"), 8U);
}

TEST_F(Listening, SaysThatAPathIsTooLong) {
    const auto refused = server_.listen_unix(folder_ / std::string(107, 'x'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    EXPECT_THAT(refused.error().message, HasSubstr("may have 1 to 107"));
}

TEST_F(Listening, TakesThe107BytesThatASocketPathMayHave) {
    const std::size_t left = 107 - (folder_ / "").string().size();
    const std::filesystem::path path = folder_ / std::string(left, 'x');
    ASSERT_TRUE(server_.listen_unix(path));
    EXPECT_TRUE(Client::connect("unix:" + path.string()));
}

TEST_F(Listening, SaysThatTheFolderOfASocketIsMissing) {
    const auto refused = server_.listen_unix(folder_ / "missing" / "a.sock");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("its folder must exist"));
}

TEST_F(Listening, RemovesItsSocketAtTheEndButNotAnothersInThatPlace) {
    {
        Server going(loop_, {}, answer);
        ASSERT_TRUE(going.listen_unix(folder_ / "own.sock"));
        ASSERT_TRUE(going.listen_unix(folder_ / "replaced.sock"));
        std::filesystem::remove(folder_ / "replaced.sock");
        ASSERT_TRUE(server_.listen_unix(folder_ / "replaced.sock"));
    }
    EXPECT_FALSE(std::filesystem::exists(folder_ / "own.sock"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "replaced.sock"));
}

TEST_F(Listening, HandsNoSocketDownToAChild) {
    const std::size_t before = inherited_sockets();
    RunningServer server(answer);
    auto remote = Client::connect(server.tcp_address()).value();
    auto local = Client::connect(server.unix_address()).value();
    server.wait_for_connections(2);
    EXPECT_EQ(inherited_sockets(), before);
}

/// One descriptor more than this process has, and no other.
class OneDescriptor {
public:
    OneDescriptor() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::dup(STDIN_FILENO);
        ::close(next);
        rlimit one = before_;
        one.rlim_cur = static_cast<rlim_t>(next) + 1;
        ::setrlimit(RLIMIT_NOFILE, &one);
    }
    ~OneDescriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(Accepting, WaitsWithoutSpinningUntilADescriptorIsFreeAndSaysSo) {
    std::atomic<int> failures = 0;
    ServerOptions options;
    options.on_accept_failed = [&failures](const std::string& reason) {
        EXPECT_THAT(reason, HasSubstr("open files"));
        ++failures;
    };
    RunningServer server(answer, options);
    const auto began = std::chrono::steady_clock::now();
    int waiting = -1;
    {
        const OneDescriptor limit;
        waiting = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(waiting, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        while (failures < 3)
            std::this_thread::yield();
    }
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(200));
    server.wait_for_connections(1);
    ::close(waiting);
    auto client = Client::connect(server.tcp_address());
    ASSERT_TRUE(client);
    EXPECT_TRUE(client->request("GET", "/", ""));
}

TEST_F(Listening, SaysThatAPortIsTaken) {
    const auto port = server_.listen_tcp("127.0.0.1", 0).value();
    const auto refused = server_.listen_tcp("127.0.0.1", port);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("is taken"));
}

TEST_F(Listening, TakesOnlyNumericAddressesOfThisMachine) {
    for (const std::string address : {"localhost", "", "127.0.0.1:80", "203.0.113.7"}) {
        const auto refused = server_.listen_tcp(address, 0);
        ASSERT_FALSE(refused) << address;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput) << refused.error().message;
    }
}

}  // namespace
}  // namespace skerry::http
