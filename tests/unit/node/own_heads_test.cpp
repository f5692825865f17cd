#include "tests/unit/node/local_model_fixture.hpp"

// Heads that are a node's own: what becomes of them, and that nothing of them is ever shared.
namespace skerry::node {
namespace {

using testing::kRows;
using testing::LocalModelTest;

constexpr float kStep = 1.0F / 64;  // how far this engine moves each weight in a step

class OwnHeadsTest : public LocalModelTest {
protected:
    /// `what(i, block, of a head)` for one trained value of each block.
    template <class What>
    void each_block(What what) const {
        for (const parameters::Block& block : layout_.blocks()) {
            SCOPED_TRACE(block.name);
            if (block.offset >= layout_.statistics())
                what(block.offset, block.name.find(".head.") != std::string::npos);
        }
    }
    void open_with(bool own_heads) {
        crash();
        config_.own_heads = own_heads;
        open();
    }
    void learn(std::uint64_t steps = 1) {
        const std::uint64_t goal = local().checkpoint().totals.steps + steps;
        label(steps * kRows);
        ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == goal; }));
        settle();
    }
    /// Version 1 and a step on it, all that is not private of which is in update 1.
    void learn_with_own_heads() {
        open_with(true);
        install(1);
        learn();
        take(1, 1);
        settle();
        ASSERT_EQ(told<UpdateSpooled>(), 1U);
    }
    void expect_nothing_to_share(std::uint64_t sequence, std::uint64_t base) {
        const std::size_t before = told<NothingTaken>();
        take(sequence, base);
        settle();
        EXPECT_EQ(told<NothingTaken>(), before + 1);
    }
    void expect_served(std::uint64_t version, float heads, float rest) const {
        each_block([&](std::size_t i, bool of_a_head) {
            EXPECT_EQ((*served_->parameters)[i], weights(version)[i] + (of_a_head ? heads : rest));
        });
    }
};

TEST_F(OwnHeadsTest, AreNeitherSentNorReplaced) {
    learn_with_own_heads();
    const std::vector<float> sent = parts_->spool->as_sent().value();
    const std::vector<float> learned = *served_->parameters;
    install(2, 1);
    settle();
    ASSERT_EQ(served_->version.global, ModelVersion{2});
    each_block([&](std::size_t i, bool of_a_head) {
        EXPECT_EQ(sent[i] == weights(1)[i], of_a_head);
        EXPECT_EQ((*served_->parameters)[i], of_a_head ? learned[i] : weights(2)[i]);
    });
}

TEST_F(OwnHeadsTest, OutliveADiskThatHasDamagedTheVersionTheyWereLearnedOn) {
    learn_with_own_heads();
    install(2, 1);
    learn();
    const std::vector<float> learned = *served_->parameters;
    crash();
    std::filesystem::resize_file(folder_.path() / "node.db-version-1", 10);
    open();
    settle();
    ASSERT_EQ(served_->version.global, ModelVersion{1});
    each_block([&](std::size_t i, bool of_a_head) {
        EXPECT_EQ((*served_->parameters)[i], of_a_head ? learned[i] : weights(1)[i]);
    });
    expect_nothing_to_share(2, 1);
}

TEST_F(OwnHeadsTest, BeginAgainWithTheFleetsWhenTheyAreSwitchedOffSoThatNothingPrivateIsSent) {
    learn_with_own_heads();
    const std::string before = served_->version.to_text();
    open_with(false);
    expect_served(1, 0, kStep);
    EXPECT_NE(served_->version.to_text(), before) << "no two weights have one name";
    expect_nothing_to_share(2, 1);
    learn();
    take(3, 1);
    settle();
    each_block([&](std::size_t i, bool) { EXPECT_EQ(opened(3).delta[i], kStep) << "what was learned since"; });
    open_with(false);
    expect_served(1, kStep, 2 * kStep);
}

TEST_F(OwnHeadsTest, BeginAgainAlsoWhereACrashCameBeforeThatWasNoted) {
    learn_with_own_heads();
    open_with(false);
    ASSERT_TRUE(parts_->spool->note_own_heads(true));
    open_with(false);
    expect_served(1, 0, kStep);
    EXPECT_FALSE(*parts_->spool->has_own_heads());
    expect_nothing_to_share(2, 1);
}

TEST_F(OwnHeadsTest, BeginAgainWithTheNewVersionWhereItsInstallationWasUnfinished) {
    learn_with_own_heads();
    const wire::Announcement announcement = federation_.announcement(2, 1);
    ASSERT_TRUE(parts_->spool->begin_install({federation_.manifest(2), announcement.manifest, announcement.counted},
                                             shared(weights(2))));
    open_with(false);
    expect_served(2, 0, 0);
    expect_nothing_to_share(2, 2);
}

TEST_F(OwnHeadsTest, GoOnAsTheyAreWhenTheyAreSwitchedOnAndTheirProgressIsNoLongerSent) {
    open_with(false);
    install(1);
    learn();
    open_with(true);
    expect_served(1, kStep, kStep);
    take(1, 1);
    settle();
    each_block([&](std::size_t i, bool of_a_head) { EXPECT_EQ(opened(1).delta[i], of_a_head ? 0 : kStep); });
}

TEST_F(OwnHeadsTest, StayWhenARefusedUpdateIsDropped) {
    learn_with_own_heads();
    local().perform(DropProgress{Sequence{1}});
    settle();
    expect_served(1, kStep, 0);
    expect_nothing_to_share(2, 1);
    learn();
    take(3, 1);
    settle();
    ASSERT_TRUE(parts_->spool->begin_drop(Sequence{3}));
    open_with(true);
    expect_served(1, 2 * kStep, 0);
}

TEST_F(OwnHeadsTest, AreUndoneByARollbackWhichSaysSo) {
    learn_with_own_heads();
    std::optional<RolledBack> done;
    local().roll_back({}, [&](const Result<RolledBack>& outcome) { done = outcome.value(); });
    settle();
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->own_heads);
    EXPECT_THAT(rollback_sentence(*done), ::testing::HasSubstr("its own heads are the version's again"));
    expect_served(1, 0, 0);
    open_with(true);
    EXPECT_EQ(local().rolled_back(), *done);
}

}  // namespace
}  // namespace skerry::node
