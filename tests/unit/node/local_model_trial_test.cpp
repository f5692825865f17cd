#include <utility>

#include "tests/unit/node/local_model_fixture.hpp"

namespace skerry::node {
namespace {

using testing::kRows;
using testing::LocalModelTest;
using testing::NudgeEngine;

TEST_F(LocalModelTest, ACanaryAsksItsLabelsOfTheVersionOnTrialAndOfTheOneBefore) {
    open();
    install(1);
    local().heed(HeedTrial{ModelVersion{2}, ModelVersion{1}});
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.labelled == kRows; }));
    EXPECT_EQ(local().trial()->samples, 0U) << "it is not installed yet";
    install(2);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 2; }));
    label(2 * kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.labelled == 3 * kRows; }));
    EXPECT_EQ(local().trial()->version, ModelVersion{2});
    EXPECT_EQ(local().trial()->samples, 2 * kRows);
    EXPECT_EQ(told<TrialMeasured>(), 2U);
    crash();

    open();
    EXPECT_FALSE(local().trial());
    local().heed(HeedTrial{ModelVersion{2}, ModelVersion{1}});
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.labelled == 4 * kRows; }));
    EXPECT_EQ(local().trial()->samples, kRows) << "both are kept over a restart";
    local().heed(HeedTrial{});
    EXPECT_FALSE(local().trial());
}

/// Answers later and inside a piece, as the learner's process does.
class PiecewiseEngine final : public LearningEngine {
public:
    PiecewiseEngine(const parameters::ModelSpec& spec, boost::asio::io_context& loop, RunPiece run)
        : engine_(spec), loop_(loop), run_(std::move(run)) {}
    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override {
        engine_.forward(request, later(std::move(on_done)));
    }
    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override {
        engine_.train(request, later(std::move(on_done)));
    }

private:
    template <class Answer>
    OnDone<Answer> later(OnDone<Answer> on_done) {
        return [this, on_done](Result<Answer> answer) {
            boost::asio::post(loop_, [this, on_done, answer = std::move(answer)]() mutable {
                run_([&] { on_done(std::move(answer)); });
            });
        };
    }

    NudgeEngine engine_;
    boost::asio::io_context& loop_;
    RunPiece run_;
};

TEST_F(LocalModelTest, ACanaryLearnsWhatItHasComparedWhereTheEngineAnswersInsideAPiece) {
    make_engine_ = [this] { return std::make_unique<PiecewiseEngine>(spec_, *loop_, run_piece_); };
    open();
    install(1);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 1; }));
    install(2);
    ASSERT_TRUE(until([&] { return told<VersionInstalled>() == 2; }));
    local().heed(HeedTrial{ModelVersion{2}, ModelVersion{1}});
    label(2 * kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.labelled == 2 * kRows; }));
    EXPECT_EQ(local().trial()->samples, 2 * kRows);
}

TEST_F(LocalModelTest, ACanaryThatDoesNotHoldTheVersionBeforeComparesNothing) {
    open();
    install(2);
    local().heed(HeedTrial{ModelVersion{2}, ModelVersion{1}});
    label(kRows);
    ASSERT_TRUE(until([&] { return local().checkpoint().totals.labelled == kRows; }));
    EXPECT_EQ(local().trial()->samples, 0U);
}

}  // namespace
}  // namespace skerry::node
