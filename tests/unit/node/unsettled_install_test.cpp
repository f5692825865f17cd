#include <filesystem>

#include "tests/unit/node/local_model_fixture.hpp"

// A version is served, and the step that would write a checkpoint of it has not come.
namespace skerry::node {
namespace {

using testing::FullDisk;
using testing::HopelessEngine;
using testing::kRows;
using testing::LocalModelTest;

class UnsettledInstallTest : public LocalModelTest {
protected:
    void learn() {
        const std::uint64_t goal = local().checkpoint().totals.steps + 1;
        label(kRows);
        ASSERT_TRUE(until([&] { return local().checkpoint().totals.steps == goal; }));
        settle();
    }
    /// Version 1, and a step on it in update 1.
    void learn_and_take() {
        open();
        install(1);
        learn();
        take(1, 1);
        settle();
        ASSERT_EQ(told<UpdateSpooled>(), 1U);
    }
    void install_unsettled(std::uint64_t version, std::uint64_t counted = 0) {
        install(version, counted);
        settle();
        ASSERT_TRUE(*parts_->spool->unfinished());
    }
    void damage(const std::string& file) {
        crash();
        std::filesystem::resize_file(folder_.path() / ("node.db-" + file), 10);
        open();
    }
    void expect_nothing_to_share(std::uint64_t sequence, std::uint64_t base) {
        const std::size_t before = told<NothingTaken>();
        take(sequence, base);
        settle();
        EXPECT_EQ(told<NothingTaken>(), before + 1);
    }
};

TEST_F(UnsettledInstallTest, OutlivesADiskThatHasDamagedAnUpdateThatWaits) {
    learn_and_take();
    install_unsettled(2);
    damage("update-0");
    EXPECT_EQ(served_->version.global, ModelVersion{2});
    EXPECT_EQ(*served_->parameters, weights(2)) << "what was learned is in doubt, and dropped";
    EXPECT_TRUE(parts_->spool->load()->spool.empty());
    expect_nothing_to_share(2, 2);
}

TEST_F(UnsettledInstallTest, ServesTheBegunVersionWhereTheDiskHasDamagedTheOneBefore) {
    learn_and_take();
    install_unsettled(2, 1);
    damage("version-0");
    EXPECT_EQ(served_->version.global, ModelVersion{2});
    EXPECT_EQ(*served_->parameters, weights(2));
    EXPECT_EQ(parts_->spool->load()->installed, ModelVersion{2});
    learn();
    install_unsettled(3);
    damage("version-1");
    EXPECT_EQ(served_->version.global, ModelVersion{3});
    EXPECT_EQ(*served_->parameters, weights(3)) << "of what was learned on version 2 there is no base";
    expect_nothing_to_share(2, 3);
    learn();
    EXPECT_FALSE(*parts_->spool->unfinished());
}

TEST_F(UnsettledInstallTest, IsSettledBeforeAnUpdateIsPutBack) {
    learn_and_take();
    install_unsettled(2);
    const std::vector<float> served = *served_->parameters;
    local().perform(PutBack{Sequence{1}});
    settle();
    EXPECT_FALSE(*parts_->spool->unfinished());
    crash();
    open();
    EXPECT_EQ(*served_->parameters, served);
    take(2, 2);
    settle();
    EXPECT_EQ(told<UpdateSpooled>(), 2U) << "what was put back goes with the next one";
}

TEST_F(UnsettledInstallTest, IsSettledBeforeProgressIsDropped) {
    learn_and_take();
    install_unsettled(2);
    local().perform(DropProgress{Sequence{1}});
    settle();
    EXPECT_EQ(*served_->parameters, weights(2));
    crash();
    open();
    EXPECT_EQ(*served_->parameters, weights(2));
    expect_nothing_to_share(2, 2);
}

TEST_F(UnsettledInstallTest, WaitsForRoomWhereTheDiskIsFull) {
    open();
    install(1);
    settle();
    {
        const FullDisk full;
        take(1, 1);
        ASSERT_TRUE(until([this] { return !local().disk_trouble().empty(); }));
        EXPECT_EQ(told<NothingTaken>(), 0U);
    }
    EXPECT_TRUE(until([this] { return told<NothingTaken>() == 1; }));
    EXPECT_FALSE(*parts_->spool->unfinished());
}

TEST_F(UnsettledInstallTest, IsSettledWithLabelsThatNoEngineCanLearnFrom) {
    make_engine_ = [] { return std::make_unique<HopelessEngine>(); };
    open();
    install(1);
    label(kRows);
    ASSERT_TRUE(until([this] { return local().labels_dropped() == kRows; }));
    settle();
    EXPECT_FALSE(*parts_->spool->unfinished());
    crash();
    open();
    EXPECT_EQ(local().checkpoint().totals.labelled, kRows) << "once";
    EXPECT_EQ(local().unconsumed(), 0U);
}

TEST_F(UnsettledInstallTest, GivesSpareRoomBackToAFullDisk) {
    learn_and_take();
    install_unsettled(2, 1);
    learn();
    const auto room = [this] {
        std::uintmax_t all = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            if (entry.path().filename().string().starts_with("node.db-update")) all += entry.file_size();
        return all;
    };
    ASSERT_GT(room(), 0U) << "kept for the next update";
    local().make_room();
    settle();
    EXPECT_EQ(room(), 0U);
}

}  // namespace
}  // namespace skerry::node
