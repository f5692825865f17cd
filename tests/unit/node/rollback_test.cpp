#include <future>

#include "edge-node/tools/status_text.hpp"
#include "tests/unit/node/local_model_fixture.hpp"
#include "tests/unit/node/node_fixture.hpp"

// The operator undoes what a node has learned.
namespace skerry::node {
namespace {

using testing::FakeCoordinator;
using testing::Federation;
using ::testing::HasSubstr;
using testing::Json;
using testing::kRows;
using testing::LocalModelTest;
using testing::NodeTest;

class RollbackTest : public LocalModelTest {
protected:
    /// Two steps on version 1, of which update 1 holds the first.
    void learn() {
        open();
        install(1);
        label(kRows);
        ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 1; }));
        take(1, 1);
        ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 1; }));
        label(kRows);
        ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 2; }));
    }
    void accept(std::uint64_t sequence) {
        local().perform(KeepReceipt{Sequence{sequence}, federation_.grant(1).lease, {}});
    }
    void roll_back(std::optional<ModelVersion> to = {}) {
        answer_.reset();
        local().roll_back(to, [this](const Result<RolledBack>& done) { answer_ = done; });
    }
    Result<RolledBack> rolled_back(std::optional<ModelVersion> to = {}) {
        roll_back(to);
        EXPECT_TRUE(until([&] { return answer_.has_value(); }));
        return answer_.value_or(fail(ErrorCode::Internal, "no answer came"));
    }
    [[nodiscard]] bool serves(std::uint64_t version) const {
        return served_ != nullptr && *served_->parameters == weights(version);
    }
    void expect_nothing_to_share(std::uint64_t sequence, std::uint64_t base) {
        const std::size_t before = told<NothingTaken>();
        take(sequence, base);
        EXPECT_TRUE(until([&] { return told<NothingTaken>() == before + 1; }));
    }

    std::optional<Result<RolledBack>> answer_;
};

TEST_F(RollbackTest, ServesTheVersionAsItCameAndSharesNothingOfWhatWasUndone) {
    learn();
    ASSERT_FALSE(serves(1));
    const auto done = rolled_back();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->version, ModelVersion{1});
    EXPECT_EQ(done->steps, 1U) << "the other one is in the update";
    EXPECT_EQ(done->withdrawn, 1U);
    EXPECT_TRUE(serves(1));
    EXPECT_EQ(served_->version.to_text(), "1.3") << "no two weights have one name";
    EXPECT_EQ(told<ProgressUndone>(), 1U);
    EXPECT_EQ(local().steps_unsent(), 0U);
    EXPECT_THAT(local().checkpoint().reason, HasSubstr("rolled back to version 1"));
    EXPECT_TRUE(parts_->spool->load()->spool.empty());
    expect_nothing_to_share(2, 1);

    // What is learned from here on is the next update, whole and alone.
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == 3; }));
    take(3, 1);
    ASSERT_TRUE(until([&] { return told<UpdateSpooled>() == 2; }));
    EXPECT_EQ(opened(3).labelled, kRows);
    EXPECT_EQ(opened(3).error_counts->total(), opened(3).errors);
    EXPECT_EQ(opened(3).delta.back(), 1.0F / 64) << "one step of this engine";
}

TEST_F(RollbackTest, IsTheSameAfterARestart) {
    learn();
    const auto done = rolled_back();
    ASSERT_TRUE(done);
    crash();
    open();
    EXPECT_TRUE(serves(1));
    EXPECT_EQ(served_->version.to_text(), "1.3");
    EXPECT_EQ(local().rolled_back(), *done);
    EXPECT_EQ(local().steps_unsent(), 0U);
    EXPECT_EQ(parts_->spool->load()->next_sequence, Sequence{2}) << "the withdrawn sequence is spent";
    expect_nothing_to_share(2, 1);
}

TEST_F(RollbackTest, LeavesWhatTheFleetHasAcceptedToTheVersionThatCountsIt) {
    learn();
    accept(1);
    const auto done = rolled_back();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->accepted, 1U);
    EXPECT_EQ(done->withdrawn, 0U);
    EXPECT_TRUE(serves(1));
    expect_nothing_to_share(2, 1);
    install(2);  // made without the update
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 2; }));
    EXPECT_TRUE(serves(2));
    install(3, 1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 3; }));
    EXPECT_TRUE(serves(3));
    take(3, 3);
    settle();
    EXPECT_TRUE(parts_->spool->load()->spool.empty());
}

TEST_F(RollbackTest, RefusesWhereThereIsNothingToGoBackTo) {
    open();
    const auto empty = rolled_back();
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code, ErrorCode::Conflict);
    EXPECT_THAT(empty.error().message, HasSubstr("no version"));
    crash();
    learn();
    const auto other = rolled_back(ModelVersion{7});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::NotFound);
    EXPECT_THAT(other.error().message, HasSubstr("keeps version 1"));
    EXPECT_FALSE(serves(1)) << "nothing has changed";
    EXPECT_TRUE(rolled_back(ModelVersion{1}));
    const auto again = rolled_back();
    ASSERT_TRUE(again) << "it may be asked twice";
    EXPECT_EQ(again->steps, 0U);
}

TEST_F(RollbackTest, IsRefusedOnAFullDiskSoThatItDoesNotHappenWhenNobodyExpectsItAnyMore) {
    learn();
    settle();
    {
        const testing::FullDisk full;
        const auto none = rolled_back();
        ASSERT_FALSE(none);
        EXPECT_EQ(none.error().code, ErrorCode::Unavailable);
        EXPECT_THAT(none.error().message, HasSubstr("the disk is full: nothing has been undone"));
        install(2);  // waits for room
        ASSERT_TRUE(until([&] { return !local().disk_trouble().empty(); }));
        roll_back();
        ASSERT_TRUE(answer_.has_value()) << "at once";
        EXPECT_EQ(answer_->error().code, ErrorCode::Unavailable);
        settle();  // the spool is the storage thread's, which looks for room in it
    }
    EXPECT_FALSE(*parts_->spool->unfinished());
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 2; }));
    EXPECT_FALSE(serves(2)) << "what was learned is still there";
    EXPECT_TRUE(rolled_back());
    EXPECT_TRUE(serves(2));
}

TEST_F(RollbackTest, IsFinishedAtTheNextStartWhereTheDiskFillsUpHalfWay) {
    learn();
    settle();
    jobs_with_room_ = 1;
    roll_back();
    ASSERT_TRUE(until([&] { return !local().disk_trouble().empty(); }));
    EXPECT_FALSE(answer_) << "it is decided, and waits for room";
    bool finished = false;
    local().finish([&] { finished = true; });
    ASSERT_TRUE(answer_.has_value());
    EXPECT_EQ(answer_->error().code, ErrorCode::Unavailable);
    EXPECT_THAT(answer_->error().message, HasSubstr("when it starts again"));
    EXPECT_TRUE(finished);
    crash();
    testing::FullDisk::full = false;
    jobs_with_room_ = UINT64_MAX;
    open();
    EXPECT_TRUE(serves(1));
    EXPECT_TRUE(local().rolled_back());
}

TEST_F(RollbackTest, GoesOnByItselfWhenThereIsRoomAgain) {
    learn();
    settle();
    jobs_with_room_ = 1;
    roll_back();
    ASSERT_TRUE(until([&] { return !local().disk_trouble().empty(); }));
    testing::FullDisk::full = false;
    ASSERT_TRUE(until([&] { return answer_.has_value(); }));
    EXPECT_TRUE(*answer_);
    EXPECT_TRUE(serves(1));
}

TEST_F(RollbackTest, IsDoneOnceWhereTwoAskAtOnce) {
    learn();
    std::vector<Result<RolledBack>> answers;
    for (int i = 0; i < 2; ++i)
        local().roll_back({}, [&answers](const Result<RolledBack>& done) { answers.push_back(done); });
    ASSERT_TRUE(until([&] { return answers.size() == 2; }));
    EXPECT_EQ(answers[0].error().code, ErrorCode::Conflict);
    ASSERT_TRUE(answers[1]);
    EXPECT_EQ(answers[1]->steps, 1U);
    EXPECT_TRUE(serves(1));
}

TEST_F(RollbackTest, IsAnsweredWhereTheNodeStopsBeforeItBegins) {
    learn();
    install(2);
    roll_back();
    EXPECT_FALSE(answer_) << "after the installation";
    bool finished = false;
    local().finish([&] { finished = true; });
    ASSERT_TRUE(answer_.has_value());
    EXPECT_EQ(answer_->error().code, ErrorCode::Unavailable);
    EXPECT_THAT(answer_->error().message, HasSubstr("stopping: nothing has been undone"));
    EXPECT_EQ(rolled_back().error().code, ErrorCode::Unavailable) << "one that comes later, too";
    ASSERT_TRUE(until([&] { return finished; }));
    EXPECT_FALSE(local().rolled_back());
}

TEST_F(RollbackTest, SaysThatTheVersionIsDamagedAndServesOn) {
    learn();
    settle();
    const std::filesystem::path version = folder_.path() / "node.db-version-0";
    std::filesystem::resize_file(version, std::filesystem::file_size(version) - 3);
    const auto none = rolled_back();
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::Internal);
    EXPECT_THAT(none.error().message, HasSubstr("restore the node's folder"));
    EXPECT_FALSE(serves(1));
    EXPECT_FALSE(*parts_->spool->unfinished());
}

// Law: wherever it stops, a node is rolled back as a whole or not at all; and what it has said that it did, it has
// done.
TEST_F(RollbackTest, HappensWholeOrNotAtAllWhereverItStops) {
    std::uint64_t cut = 0;
    std::size_t undone = 0;
    for (bool whole = false; !whole; ++cut) {
        SCOPED_TRACE(cut);
        ASSERT_LT(cut, 20U);
        crash();
        for (const auto& file : std::filesystem::directory_iterator(folder_.path()))
            std::filesystem::remove_all(file);
        told_.clear();
        served_ = nullptr;
        learn();
        settle();
        jobs_left_ = cut;
        roll_back();
        settle();
        whole = !stopped_;
        const bool said = answer_ && *answer_;
        crash();
        open();
        settle();
        const bool happened = serves(1);
        EXPECT_TRUE(happened || !said) << "it said so";
        EXPECT_EQ(local().rolled_back().has_value(), happened);
        EXPECT_EQ(parts_->spool->load()->spool.empty(), happened);
        EXPECT_EQ(local().steps_unsent(), happened ? 0U : 1U);
        EXPECT_FALSE(*parts_->spool->unfinished());
        if (happened) expect_nothing_to_share(2, 1);
        undone += happened ? 1 : 0;
    }
    EXPECT_GT(cut, 2U);
    EXPECT_GT(undone, 1U) << "also where a crash came between";
}

TEST_F(NodeTest, RollsBackOnItsOwnSocketAndSaysSoFromThenOn) {
    coordinator([](FakeCoordinator& it) { it.take_offers = false; });
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(350));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const NodeFacts& facts) {
        return !it.offers.empty() && facts.totals.steps == 3 && facts.session.offered;
    }));
    EXPECT_TRUE(status()["learning"]["rolled_back"].is_null());
    EXPECT_EQ(get("/skerry/rollback").status, 405);
    EXPECT_EQ(request("POST", "/skerry/rollback?to=soon", {}).status, 400);
    EXPECT_EQ(request("POST", "/skerry/rollback?too=1", {}).status, 400) << "no more is undone than was asked for";
    EXPECT_EQ(request("POST", "/skerry/rollback?model=another", {}).status, 400);
    const auto unknown = request("POST", "/skerry/rollback?to=9", {});
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.body, HasSubstr("keeps version 1"));

    // What the update that is offered took along depends on when the lease came.
    const Json unsent = status()["sharing"]["steps_since_update"];
    const auto answer = request("POST", "/skerry/rollback", {});
    ASSERT_EQ(answer.status, 200) << answer.body;
    const Json done = Json::parse(answer.body);
    EXPECT_EQ(done["version"], 1);
    EXPECT_LE(done["steps_undone"], unsent) << "the session hears of a step after the update that took it along";
    EXPECT_EQ(done["updates_withdrawn"], 1);
    const auto says_so = [this, &done] {
        const Json now = status();
        EXPECT_EQ(now["learning"]["rolled_back"]["version"], 1);
        EXPECT_EQ(now["model"]["serving"], done["serving"]);
        EXPECT_EQ(now["sharing"]["steps_since_update"], 0);
        EXPECT_TRUE(now["sharing"]["offered"].is_null());
        EXPECT_THAT(*status_text(get("/skerry/status").body), HasSubstr("rolled back to version 1 at "));
    };
    says_so();
    EXPECT_THAT(status()["sharing"]["last"].get<std::string>(), HasSubstr("withdrawn"));
    crash();
    start();
    says_so();

    // It learns on, and shares that.
    coordinator([](FakeCoordinator& it) { it.take_offers = true; });
    ASSERT_TRUE(feed(250));
    EXPECT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.accepted_in_all == 1; }));
}

TEST_F(NodeTest, AnswersARollbackThatWaitsForAStepWhenItStops) {
    stuck_ = true;
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(100));
    ASSERT_TRUE(eventually([](const FakeCoordinator&, const NodeFacts& facts) { return facts.learning; }));
    auto answer = std::async(std::launch::async, [this] { return request("POST", "/skerry/rollback", {}); });
    EXPECT_EQ(answer.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
    const auto stopped = std::make_shared<std::atomic<bool>>(false);
    running_.on_loop([&] { host_->stop([stopped] { *stopped = true; }); });
    const http::Response said = answer.get();
    EXPECT_EQ(said.status, 503);
    EXPECT_THAT(said.body, HasSubstr("nothing has been undone"));
    EXPECT_TRUE(eventually([stopped](const auto&, const auto&) { return stopped->load(); }));
}

TEST_F(NodeTest, DoesNotRollBackForWhoComesOverTheNetwork) {
    options_.config.http = "127.0.0.1:0";
    start();
    ASSERT_TRUE(serves());
    const auto port = running_.on_loop([this] { return host_->port(); });
    auto client = http::Client::connect("http://127.0.0.1:" + std::to_string(port));
    ASSERT_TRUE(client) << client.error().message;
    const auto answer = client->request("POST", "/skerry/rollback");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 403);
    EXPECT_TRUE(status()["learning"]["rolled_back"].is_null());
}

}  // namespace
}  // namespace skerry::node
