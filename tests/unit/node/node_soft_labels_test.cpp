#include <atomic>

#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/node/node_fixture.hpp"

namespace skerry::node::testing {
namespace {

/// Tells what share of the loss speaks for class targets in the newest plan.
class WatchedEngine final : public LearningEngine {
public:
    WatchedEngine(const parameters::ModelSpec& spec, std::atomic<float>& share) : engine_(spec), share_(share) {}

    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override {
        engine_.forward(request, std::move(on_done));
    }
    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override {
        share_ = request.plan.class_targets.size() == 9 ? request.plan.class_target_share : 0.0F;
        engine_.train(request, std::move(on_done));
    }

private:
    SoftmaxEngine engine_;
    std::atomic<float>& share_;
};

class SoftLabelsTest : public NodeTest {
protected:
    SoftLabelsTest() {
        options_.config.learning.soft_labels = 0.2F;
        options_.make_engine = [this](boost::asio::io_context&, const parameters::ModelSpec& spec) {
            return std::make_unique<WatchedEngine>(spec, share_);
        };
        coordinator([](FakeCoordinator& fake) { fake.fleet_soft_labels = sample_soft_labels({50, 0, 20}, 52'428); });
    }
    bool learns(std::uint64_t triggers) {
        return eventually([triggers](const auto&, const NodeFacts& facts) { return facts.totals.steps >= triggers; });
    }
    wire::UpdateBody first_update() {
        EXPECT_TRUE(eventually([](const FakeCoordinator& seen, const auto&) { return !seen.accepted.empty(); }));
        wire::UpdateBody body;
        coordinator([&body](const FakeCoordinator& seen) { body = seen.accepted.front(); });
        return body;
    }

    std::atomic<float> share_{0};
};

TEST_F(SoftLabelsTest, ANodeWithoutHeavyLearnsWhatTheFleetsSay) {
    join_as(Tier::Light);
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(400));
    ASSERT_TRUE(learns(1));
    EXPECT_EQ(share_, 0.2F);
    EXPECT_TRUE(first_update().soft_labels.empty()) << "it has no heavy exit to tell of";
}

TEST_F(SoftLabelsTest, ANodeWithHeavyTellsTheFleetWithAnUpdateWhatItsExitSays) {
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(400));
    const wire::UpdateBody body = first_update();
    ASSERT_EQ(body.soft_labels.classes(), 3U);
    EXPECT_GT(body.soft_labels.rows[0], 20U);
    EXPECT_EQ(share_, 0) << "and learns from its own, sample by sample, where it is asked to";
}

TEST_F(SoftLabelsTest, WhereTheOptionIsOffNothingIsSaidAndNothingIsHeard) {
    options_.config.learning.soft_labels = 0;
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(400));
    EXPECT_TRUE(first_update().soft_labels.empty()) << "a coordinator of before would refuse them";
    EXPECT_EQ(share_, 0);
}

}  // namespace
}  // namespace skerry::node::testing
