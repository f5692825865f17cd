#include "common/wire/difference_codec.hpp"
#include "tests/unit/node/local_model_fixture.hpp"

// A version comes to a node that has learned meanwhile.
namespace skerry::node {
namespace {

using testing::Federation;
using testing::FullDisk;
using testing::kRows;
using testing::LocalModelTest;

TEST_F(LocalModelTest, AFullDiskPutsOffAnInstallationThatThenTakesAlongWhatWasLearned) {
    open();
    install(1);
    settle();
    label(kRows);
    settle();
    std::vector<float> learned = *served_->parameters;
    ASSERT_NE(learned, weights(1));
    for (std::size_t i = 0; i < learned.size(); ++i)
        learned[i] -= weights(1)[i];
    {
        const FullDisk full;
        install(2);
        ASSERT_TRUE(until([&] { return !local().disk_trouble().empty(); }));
    }
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 2; }));
    EXPECT_EQ(parts_->spool->kept(ModelVersion{2}).value(), weights(2));
    for (std::size_t i = layout_.statistics(); i < learned.size(); ++i)
        ASSERT_FLOAT_EQ((*served_->parameters)[i], weights(2)[i] + learned[i]) << i;
    take(1, 2);
    settle();
    const std::vector<float> sent = opened(1).delta;
    for (std::size_t i = layout_.statistics(); i < sent.size(); ++i)
        ASSERT_NEAR(sent[i], learned[i], 1e-6) << i << ": once, although the disk was asked again and again";
}

/// What it learns makes every answer overflow.
class WildEngine final : public LearningEngine {
public:
    explicit WildEngine(const parameters::ModelSpec& spec) : steady_(spec) {}
    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override {
        steady_.forward(request, std::move(on_done));
    }
    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override {
        steady_.train(request, [on_done = std::move(on_done)](Result<TrainResult> result) {
            for (float& weight : result->parameters)
                weight += 1e30F;
            on_done(std::move(result));
        });
    }

private:
    testing::NudgeEngine steady_;
};

TEST_F(LocalModelTest, RefusesAVersionThatWhatItHasLearnedDoesNotStandOnAndDoesNotBlameTheVersion) {
    make_engine_ = [this] { return std::make_unique<WildEngine>(spec_); };
    open();
    install(1);
    settle();
    label(kRows);
    settle();
    ASSERT_GT(served_->parameters->back(), 1e29F);
    local().heed(HeedTrial{ModelVersion{2}, ModelVersion{1}});
    told_.clear();
    install(2);
    settle();
    ASSERT_EQ(told<VersionRefused>(), 1U);
    EXPECT_THAT(std::get<VersionRefused>(told_.front()).why, ::testing::HasSubstr("model rollback"));
    EXPECT_FALSE(local().trial() && local().trial()->refused) << "others can use it";
    EXPECT_FALSE(*parts_->spool->unfinished());
    EXPECT_EQ(*parts_->spool->base().value(), weights(1));

    bool undone = false;
    local().roll_back({}, [&undone](const Result<RolledBack>& result) { undone = result.has_value(); });
    settle();
    ASSERT_TRUE(undone);
    install(2);
    settle();
    EXPECT_EQ(told<VersionInstalled>(), 1U) << "as it was told to do";
    EXPECT_EQ(*served_->parameters, weights(2));
}

TEST_F(LocalModelTest, KeepsTheDigestOfTheWeightsThatItKeepsHoweverTheyCame) {
    const auto expect_whole = [this](const std::vector<float>& expected) {
        settle();
        crash();
        open();
        EXPECT_FALSE(*parts_->spool->give_up_damaged_version());
        EXPECT_EQ(*parts_->spool->base().value(), expected);
    };
    open();
    install(1);
    expect_whole(weights(1));

    const std::vector<float> next = parameters::initial_parameters(spec_, layout_, 3);
    Bytes difference;
    for (const parameters::Block& block : layout_.blocks()) {
        wire::put_difference(std::span<const float>(weights(1)).subspan(block.offset, block.count),
                             std::span<const float>(next).subspan(block.offset, block.count), difference);
    }
    const wire::Announcement second = federation_.announcement(2);
    InstallVersion order{federation_.manifest(2), second.manifest, second.counted};
    order.difference =
        AnnouncedDifference{ModelVersion{1}, {}, difference.size(), {}, crypto::sha256(std::as_bytes(std::span(next)))};
    install(order, difference);
    expect_whole(next);

    const auto plan = parameters::plan_named("fp8", layout_.blocks()).value();
    const Bytes encoded = parameters::encode(layout_.blocks(), plan, next).bytes;
    const wire::Announcement third = federation_.announcement(3);
    install({federation_.manifest(3), third.manifest, third.counted, {WeightEncoding::Float8, 0.01F}}, encoded);
    expect_whole(parameters::decode(layout_.blocks(), plan, encoded).value());
}

// The checkpoint on the disk is one of before: what was served is made again from that, the versions and the updates.
TEST_F(LocalModelTest, ServesAfterACrashWhatItServedOfAVersionThatNoStepHasFollowed) {
    const auto expect_the_same = [this] {
        settle();
        const std::shared_ptr<const Snapshot> before = served_;
        const Totals totals = local().checkpoint().totals;
        crash();
        open();
        EXPECT_EQ(*served_->parameters, *before->parameters);
        EXPECT_EQ(served_->version.to_text(), before->version.to_text());
        EXPECT_EQ(local().checkpoint().totals, totals);
        EXPECT_FALSE(*parts_->spool->unfinished());
    };
    open();
    install(1);
    expect_the_same();
    label(kRows);
    settle();
    take(1, 1);
    settle();
    label(kRows);
    settle();
    install(2, 1);  // with a step on top of it that no update holds
    settle();
    ASSERT_NE(*served_->parameters, weights(2));
    expect_the_same();
    take(2, 2);
    settle();
    install(3, 1);  // and with an update that is on its way
    settle();
    const SpooledUpdate sent = parts_->spool->load()->spool.back();
    local().perform(KeepReceipt{Sequence{2}, federation_.receipt(sent).receipt, {}});
    expect_the_same();
    install(4, 1);
    install(5, 2);  // nothing was learned in between
    expect_the_same();
    install(6, 2);
    settle();
    bool undone = false;
    local().roll_back({}, [&undone](const Result<RolledBack>& result) { undone = result.has_value(); });
    expect_the_same();
    EXPECT_TRUE(undone);
    EXPECT_EQ(*served_->parameters, weights(6));
}

TEST_F(LocalModelTest, SettlesAnInstallationWithTheStepThatFollowsIt) {
    open();
    install(1);
    settle();
    EXPECT_TRUE(*parts_->spool->unfinished());
    label(kRows);
    settle();
    EXPECT_FALSE(*parts_->spool->unfinished());
    EXPECT_EQ(*parts_->spool->base().value(), weights(1));
    install(2);
    settle();
    bool finished = false;
    local().finish([&finished] { finished = true; });
    ASSERT_TRUE(until([&finished] { return finished; }));
    EXPECT_FALSE(*parts_->spool->unfinished()) << "nor is any left to the next start where this one ends in peace";
    EXPECT_EQ(*parts_->spool->base().value(), weights(2));
}

}  // namespace
}  // namespace skerry::node
