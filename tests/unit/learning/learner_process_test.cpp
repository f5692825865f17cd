#include "edge-node/learning/learner_process.hpp"

#include <cerrno>
#include <cmath>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/learning/softmax_engine.hpp"

namespace skerry::node {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kGenerous{120};  // LibTorch from a cold disk on a busy machine

class LearnerProcessTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "skerry-learner-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        config_.program = SKERRY_LEARNER_PROGRAM;
    }
    void TearDown() override {
        learner_.reset();
        EXPECT_TRUE(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD) << "left a child behind";
        fs::remove_all(folder_);
    }

    void start() { learner_ = std::make_unique<LearnerProcess>(loop_, config_, spec_); }
    /// A child made of these frames: sends the first, and one more after each that it is sent; then stays silent.
    void start_impostor(const std::vector<Bytes>& frames, const char* at_the_end) {
        config_.program = folder_ / "impostor";
        std::ofstream script(config_.program);
        script << "#!/bin/sh\n";
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const fs::path file = folder_ / ("frame" + std::to_string(i));
            std::ofstream(file, std::ios::binary) << text_of(frames[i]);
            if (i > 0) script << "dd bs=4096 count=1 <&3 >/dev/null 2>&1\n";
            script << "cat " << file.string() << " >&3\n";
        }
        script << at_the_end << "\n";
        script.close();
        fs::permissions(config_.program, fs::perms::owner_all);
        start();
    }
    void run_until(const std::function<bool()>& done) {
        const auto give_up = std::chrono::steady_clock::now() + kGenerous;
        while (!done() && std::chrono::steady_clock::now() < give_up) {
            loop_.restart();
            loop_.run_one_for(milliseconds(100));
        }
        ASSERT_TRUE(done()) << "nothing came";
    }
    Result<ForwardResult> forward() {
        std::optional<Result<ForwardResult>> result;
        learner_->forward({theta_, rows_}, [&](Result<ForwardResult> answer) { result = std::move(answer); });
        run_until([&] { return result.has_value(); });
        return result ? std::move(*result) : fail(ErrorCode::Internal, "nothing came");
    }
    void begin_training(std::size_t steps, std::optional<Result<TrainResult>>& result) {
        plan_.steps.assign(steps, {{0, 0, 1, {}}, {1, 2, 1, {}}});
        plan_.learning_rate = 1e-3F;
        learner_->train({theta_, optimiser_, rows_, {}, {}, plan_},
                        [&](Result<TrainResult> answer) { result = std::move(answer); });
    }
    Result<TrainResult> train(std::size_t steps) {
        std::optional<Result<TrainResult>> result;
        begin_training(steps, result);
        run_until([&] { return result.has_value(); });
        return result ? std::move(*result) : fail(ErrorCode::Internal, "nothing came");
    }

    fs::path folder_;
    boost::asio::io_context loop_;
    LearnerConfig config_;
    parameters::ModelSpec spec_ = testing::small_spec();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    std::vector<float> theta_ = parameters::initial_parameters(spec_, layout_, 4);
    std::vector<float> rows_ = {1, 2, 3, 4, -1, 0, 1, 0};
    OptimiserState optimiser_;
    TrainPlan plan_;
    std::unique_ptr<LearnerProcess> learner_;
};

TEST_F(LearnerProcessTest, ThinksAboutAnswersInPiecesOnAnIdleThreadAndStartsItsChildOnItsOwn) {
    IdleTime idle([] {}, SchedulingChoice(SchedulingChoice::Class::Idle));
    std::vector<std::thread::id> thinkers;
    learner_ = std::make_unique<LearnerProcess>(loop_, config_, spec_, [&](const auto& piece) { idle.run(piece); });
    idle.run([&] {
        learner_->forward({theta_, rows_}, [&](const Result<ForwardResult>& first) {
            EXPECT_TRUE(first) << first.error().message;
            thinkers.push_back(std::this_thread::get_id());
            learner_->forward({theta_, rows_}, [&](const Result<ForwardResult>& second) {
                EXPECT_TRUE(second) << second.error().message;
                thinkers.push_back(std::this_thread::get_id());
            });
        });
        EXPECT_EQ(learner_->pid(), std::nullopt) << "a child would be of the idle class, as its parent's thread is";
    });
    run_until([&] { return thinkers.size() == 2; });
    EXPECT_NE(thinkers[0], std::this_thread::get_id());
    EXPECT_EQ(thinkers[0], thinkers[1]);
}

TEST_F(LearnerProcessTest, TrainsAndAnswersThroughTheChild) {
    start();
    EXPECT_EQ(learner_->pid(), std::nullopt);  // started by the first request
    const auto before = forward();
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_EQ(before->rows, 2U);
    EXPECT_EQ(before->exits, 3U);
    const auto trained = train(50);
    ASSERT_TRUE(trained) << trained.error().message;
    EXPECT_TRUE(trained->finite);
    ASSERT_EQ(trained->losses.size(), 50U);
    EXPECT_LT(trained->losses.back(), trained->losses.front());
    EXPECT_EQ(trained->optimiser.steps, 50U);

    // Two halves with the moments handed back and forth are the same as the whole.
    const auto first = train(25);
    ASSERT_TRUE(first);
    theta_ = first->parameters;
    optimiser_ = first->optimiser;
    const auto second = train(25);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->parameters, trained->parameters);
    EXPECT_EQ(learner_->deaths(), 0U);
}

TEST_F(LearnerProcessTest, AKillInTheMiddleOfAStepCostsThatStepAndNothingElse) {
    start();
    const auto whole = forward();
    ASSERT_TRUE(whole);
    for (int i = 0; i < 3; ++i) {
        std::optional<Result<TrainResult>> result;
        begin_training(learner_wire::kStepsMax, result);
        ASSERT_EQ(::kill(*learner_->pid(), SIGKILL), 0);
        run_until([&] { return result.has_value(); });
        ASSERT_FALSE(*result);
        EXPECT_EQ(result->error().code, ErrorCode::Unavailable);
        EXPECT_THAT(result->error().message, HasSubstr("killed by signal 9"));
        const auto again = forward();
        ASSERT_TRUE(again) << again.error().message;
        EXPECT_EQ(again->logits, whole->logits);
    }
    EXPECT_EQ(learner_->deaths(), 3U);
}

TEST_F(LearnerProcessTest, AKillWhileNothingIsAskedIsNotEvenNoticed) {
    start();
    ASSERT_TRUE(forward());
    ASSERT_EQ(::kill(*learner_->pid(), SIGKILL), 0);
    run_until([&] { return learner_->deaths() == 1; });
    EXPECT_TRUE(forward());
}

TEST_F(LearnerProcessTest, LeavesWhenThereIsNothingToDoAndComesBack) {
    config_.idle_time = milliseconds(1);
    start();
    ASSERT_TRUE(forward());
    run_until([&] { return !learner_->pid(); });
    EXPECT_EQ(learner_->deaths(), 0U);
    EXPECT_TRUE(forward());
}

TEST_F(LearnerProcessTest, StepsBehindServingAndInheritsNothingElse) {
    const fs::path secret = folder_ / "secret";
    const int leaked = ::open(secret.c_str(), O_RDWR | O_CREAT, 0600);  // without close-on-exec
    start();
    ASSERT_TRUE(forward());
    const pid_t child = *learner_->pid();
    EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(child)), 10);
    EXPECT_EQ(::sched_getscheduler(child), SCHED_BATCH);
    for (const auto& open : fs::directory_iterator("/proc/" + std::to_string(child) + "/fd")) {
        std::error_code gone;
        EXPECT_NE(fs::read_symlink(open, gone), secret);
    }
    ::close(leaked);
}

TEST_F(LearnerProcessTest, EndsTheChildWithItself) {
    start();
    ASSERT_TRUE(forward());
    const pid_t child = *learner_->pid();
    learner_.reset();
    EXPECT_EQ(::kill(child, 0), -1);
}

TEST_F(LearnerProcessTest, RefusesASecondRequestWhileOneIsUnderWay) {
    start();
    std::optional<Result<TrainResult>> result;
    begin_training(2, result);
    bool refused = false;
    learner_->forward({theta_, rows_}, [&](const Result<ForwardResult>& answer) {
        refused = !answer && answer.error().code == ErrorCode::Conflict;
    });
    EXPECT_TRUE(refused);
    run_until([&] { return result.has_value(); });
    EXPECT_TRUE(*result);
}

TEST_F(LearnerProcessTest, RefusesSizesThatDoNotFitWithoutAskingTheChild) {
    start();
    theta_.pop_back();
    EXPECT_EQ(forward().error().code, ErrorCode::InvalidInput);
    theta_.push_back(0);
    rows_.pop_back();
    EXPECT_EQ(forward().error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(learner_->pid(), std::nullopt);
}

TEST_F(LearnerProcessTest, TellsWhenAnswersAreNotFinite) {
    start();
    for (std::size_t i = layout_.statistics(); i < theta_.size(); ++i)
        theta_[i] *= 1e25F;
    const auto answered = forward();
    ASSERT_TRUE(answered);
    EXPECT_FALSE(
        std::all_of(answered->logits.begin(), answered->logits.end(), [](float z) { return std::isfinite(z); }));
    const auto trained = train(1);
    ASSERT_TRUE(trained);
    EXPECT_FALSE(trained->finite);
}

TEST_F(LearnerProcessTest, SaysWhichProgramIsMissingAndLooksAgain) {
    const fs::path learner = std::exchange(config_.program, folder_ / "absent");
    start();
    const auto refused = forward();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("absent"));
    EXPECT_FALSE(learner_->pid());
    EXPECT_EQ(learner_->deaths(), 0U);

    fs::create_symlink(learner, folder_ / "absent");
    EXPECT_TRUE(forward());
}

TEST_F(LearnerProcessTest, AChildThatDiesAtOnceIsAnErrorAndNotAHang) {
    start_impostor({}, "exit 3");
    EXPECT_THAT(forward().error().message, HasSubstr("ended with status 3"));
    EXPECT_EQ(forward().error().code, ErrorCode::Unavailable);
}

TEST_F(LearnerProcessTest, GivesUpAChildThatDoesNotGreetInTime) {
    config_.start_time = milliseconds(50);
    start_impostor({}, "exec sleep 1000");
    EXPECT_THAT(forward().error().message, HasSubstr("took longer"));
}

TEST_F(LearnerProcessTest, GivesUpAChildThatDoesNotAnswerInTime) {
    using learner_wire::Answer;
    using learner_wire::Verb;
    config_.request_time = milliseconds(50);
    start_impostor({encode(Answer{}), encode(Answer{Verb::Load, 0, true, {}, true, 0, {}})}, "exec sleep 1000");
    EXPECT_THAT(forward().error().message, HasSubstr("took longer"));
}

TEST_F(LearnerProcessTest, KillsAChildThatTalksNonsense) {
    start_impostor({copy_of(bytes_of("rubbish"))}, "exec sleep 1000");
    EXPECT_THAT(forward().error().message, HasSubstr("malformed"));
}

TEST_F(LearnerProcessTest, KillsAChildWhoseFramesAreTooLong) {
    start_impostor({Bytes(3000)}, "exec sleep 1000");
    EXPECT_THAT(forward().error().message, HasSubstr("too long"));
}

TEST_F(LearnerProcessTest, KillsAChildThatAnswersWhatNobodyAsked) {
    using learner_wire::Answer;
    using learner_wire::Verb;
    start_impostor({encode(Answer{}), encode(Answer{Verb::Load, 0, true, {}, true, 0, {}}),
                    encode(Answer{Verb::Train, 77, true, {}, true, 0, {}})},
                   "exec sleep 1000");
    EXPECT_THAT(forward().error().message, HasSubstr("nobody asked for"));
}

TEST_F(LearnerProcessTest, TellsWhatTheChildRefused) {
    using learner_wire::Answer;
    using learner_wire::Verb;
    start_impostor(
        {encode(Answer{}), encode(Answer{Verb::Load, 0, true, {}, true, 0, {}}),
         encode(Answer{Verb::Forward, 1, false, ErrorCode::Internal, true, 0, "LibTorch failed: no reason"})},
        "exec sleep 1000");
    const auto refused = forward();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Internal);
    EXPECT_THAT(refused.error().message, HasSubstr("no reason"));
}

}  // namespace
}  // namespace skerry::node
