#include "edge-node/daemon/join.hpp"

#include <gmock/gmock.h>

#include "edge-node/daemon/endpoint.hpp"
#include "edge-node/spool/spool.hpp"
#include "tests/unit/learning/softmax_engine.hpp"
#include "tests/unit/node/fake_coordinator.hpp"
#include "tests/unit/node/running.hpp"

namespace skerry::node {
namespace {

using testing::FakeCoordinator;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class JoinTest : public ::testing::Test {
protected:
    JoinTest() {
        running_.on_loop(
            [this] { coordinator_ = std::make_unique<FakeCoordinator>(running_.loop(), testing::small_spec()); });
        options_.dir = folder_.path() / "node";
        options_.name = "shed";
        options_.token = running_.on_loop([this] { return coordinator_->token(); });
    }
    ~JoinTest() override {
        running_.on_loop([this] { coordinator_.reset(); });
    }
    template <class Change>
    void change(Change change) {
        running_.on_loop([&] { change(*coordinator_); });
    }
    std::vector<wire::JoinRequest> requests() {
        return running_.on_loop([this] { return coordinator_->joins; });
    }

    TemporaryFolder folder_;
    testing::RunningLoop running_;
    std::unique_ptr<FakeCoordinator> coordinator_;
    JoinOptions options_;
};

TEST_F(JoinTest, EnrolsAndRemembersEverythingThatRunningNeeds) {
    const auto joined = join(options_);
    ASSERT_TRUE(joined) << joined.error().message;
    EXPECT_EQ(joined->model_name, "small");
    EXPECT_EQ(joined->tier, Tier::Heavy);
    EXPECT_EQ(requests().front().name, "shed");
    auto spool = Spool::open(options_.dir / "node.db");
    ASSERT_TRUE(spool);
    EXPECT_EQ((*spool->enrolment())->fleet_endpoint, joined->enrolment.fleet_endpoint);
    for (const char* file : {"identity.key", "transport.key"}) {
        EXPECT_EQ(std::filesystem::status(options_.dir / file).permissions(),
                  std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
}

TEST_F(JoinTest, KeepsItsKeysWhenTheAnswerIsLostAndJoinsAsTheSameNodeLater) {
    change([](FakeCoordinator& coordinator) { coordinator.answer_joins = false; });
    options_.patience = 300ms;
    const auto lost = join(options_);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::Unavailable);
    change([](FakeCoordinator& coordinator) { coordinator.answer_joins = true; });
    options_.patience = 30s;
    const auto joined = join(options_);
    ASSERT_TRUE(joined) << joined.error().message;
    EXPECT_EQ(requests().front().identity, requests().back().identity);
    const std::size_t asked = requests().size();
    const auto again = join(options_);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->before);
    EXPECT_EQ(requests().size(), asked);
}

TEST_F(JoinTest, SaysWhatTheCoordinatorSaysWhenItIsRefused) {
    change([](FakeCoordinator& coordinator) { coordinator.refuse_join = "the token was used: ask for another"; });
    const auto refused = join(options_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::PermissionDenied);
    EXPECT_THAT(refused.error().message, HasSubstr("the token was used"));
}

TEST_F(JoinTest, BelievesNobodyWhoseRootIsNotPinned) {
    change([](FakeCoordinator& coordinator) { coordinator.show_another_root = true; });
    const auto refused = join(options_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("root key is not the one that the token pins"));
}

TEST_F(JoinTest, BelievesNobodyWhoDoesNotKnowTheTokensSecret) {
    change([](FakeCoordinator& coordinator) { coordinator.prove_join = false; });
    const auto refused = join(options_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("does not prove knowledge of the token"));
}

TEST_F(JoinTest, SaysWhatToDoWhenNobodyAnswersBehindThePin) {
    auto token = wire::parse_token(options_.token);
    token->transport[0] ^= std::byte{1};
    options_.token = wire::to_text(*token);
    options_.patience = 1500ms;
    const auto failed = join(options_);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(failed.error().message, HasSubstr("skerry token create"));
}

TEST_F(JoinTest, RefusesWhatIsNoToken) {
    options_.token = "sk1.nonsense";
    EXPECT_EQ(join(options_).error().code, ErrorCode::InvalidInput);
}

TEST_F(JoinTest, SaysWhatToDoWhenAKeyIsLostInsteadOfMakingAnother) {
    ASSERT_TRUE(join(options_));
    std::filesystem::remove(options_.dir / "transport.key");
    const auto again = join(options_);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::PermissionDenied);
    EXPECT_THAT(again.error().message, HasSubstr("join into a new folder"));
    EXPECT_FALSE(std::filesystem::exists(options_.dir / "transport.key"));
}

TEST_F(JoinTest, LeavesAFolderThatIsThereAsItIsAndRefusesOneThatIsOpenToAll) {
    using std::filesystem::perms;
    const perms shared =
        perms::owner_all | perms::group_read | perms::group_exec | perms::others_read | perms::others_exec;
    std::filesystem::create_directories(options_.dir);
    std::filesystem::permissions(options_.dir, perms::all);
    const auto open_to_all = join(options_);
    ASSERT_FALSE(open_to_all);
    EXPECT_THAT(open_to_all.error().message, HasSubstr("--dir of its own"));
    EXPECT_EQ(std::filesystem::status(options_.dir).permissions(), perms::all);
    std::filesystem::permissions(options_.dir, shared);
    ASSERT_TRUE(join(options_));
    EXPECT_EQ(std::filesystem::status(options_.dir).permissions(), shared);
    EXPECT_EQ(std::filesystem::status(options_.dir / "identity.key").permissions(),
              perms::owner_read | perms::owner_write);
}

TEST(Endpoint, ReplacesAnywhereByTheHostThatWasReached) {
    EXPECT_EQ(reachable_endpoint("tcp://*:7000", "tcp://gateway:7001"), "tcp://gateway:7000");
    EXPECT_EQ(reachable_endpoint("tcp://0.0.0.0:7000", "tcp://[fe80::1]:7001"), "tcp://[fe80::1]:7000");
    EXPECT_EQ(reachable_endpoint("tcp://10.0.0.1:7000", "tcp://gateway:7001"), "tcp://10.0.0.1:7000");
}

}  // namespace
}  // namespace skerry::node
