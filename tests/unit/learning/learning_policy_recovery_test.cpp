#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// What a checkpoint of three classes ends with since version 4: the rule, the relabelling and what has come since, who
// rests; and since version 3 before that: distillation, noise, and what fades of the prequential numbers.
std::size_t new_in_version_4(std::size_t replayed) {
    constexpr std::size_t kClassDrift = 8 + 3 * 56;
    return 1 + 1 + 3 + 4 + replayed + 8 + (8 + 1) + kClassDrift;
}
constexpr std::size_t kDistillation = 8 + kTiers * (8 + 8 + 8);
constexpr std::size_t kAfterDistillation = 8 + 8 * (2 + 2 * kTiers + 2 * 3);
constexpr std::size_t kNewInVersion3 = kDistillation + kAfterDistillation;

TEST_F(LearningPolicyTest, KeepsMomentsAndFactorAcrossAPullButSkipsOneProbe) {
    std::size_t replayed = 0;
    for (int i = 0; i < 6; ++i)
        replayed += learn(batch()).report.trained_rows;
    const Bytes before = policy_->checkpoint();
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
    // All but the last step, which is not saved, and what was seen of the old weights.
    const Bytes after = policy_->checkpoint();
    const std::size_t same = before.size() - new_in_version_4(replayed) - kNewInVersion3;
    ASSERT_EQ(after.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(same), after.begin()));
    engine_.forwards.clear();
    EXPECT_THAT(learn(batch()).report.reason, HasSubstr("no last step"));
    EXPECT_EQ(engine_.forwards.size(), 2U);
    EXPECT_EQ(policy_->rebase({1, 2, 3}).error().code, ErrorCode::InvalidInput);
    std::vector<float> broken = *policy_->parameters();
    broken[3] = NAN;
    EXPECT_EQ(policy_->rebase(broken).error().code, ErrorCode::InvalidInput);
}

TEST_F(LearningPolicyTest, BeginsAnewWithOptimiserAndFactorAfterARollback) {
    const std::vector<float> version = *policy_->parameters();
    learn(6);
    ASSERT_NE(learn(batch()).report.elastic, 1.0);
    ASSERT_TRUE(policy_->roll_back(version));
    EXPECT_EQ(*policy_->parameters(), version);
    EXPECT_NEAR(policy_->learning_rate(), 1.5 * static_cast<double>(usual_rate(config_.rate_rule)), 1e-9);
    const auto report = learn(batch()).report;
    EXPECT_EQ(report.elastic, 1.5) << "as it began";
    ASSERT_GE(engine_.optimiser_steps.size(), 8U);
    EXPECT_GT(engine_.optimiser_steps[6], 0U);
    EXPECT_EQ(engine_.optimiser_steps.back(), 0U) << "nothing of the optimiser's memory is left";
    EXPECT_THAT(report.reason, HasSubstr("no last step"));
    EXPECT_EQ(report.trigger, 8U) << "what was seen stays seen";
    EXPECT_EQ(policy_->roll_back({1, 2, 3}).error().code, ErrorCode::InvalidInput);
}

TEST_F(LearningPolicyTest, LeavesNoTraceOfATriggerWhoseEngineDied) {
    learn(4);
    const Batch rows = batch();
    const Bytes before = policy_->checkpoint();
    engine_.deferred = true;
    std::optional<Error> error;
    policy_->learn(rows, [&](Result<Learned> result) { error = result.error(); });
    engine_.answer_next();
    engine_.answer_next();
    engine_.waiting.clear();
    engine_.deferred = false;
    EXPECT_TRUE(policy_->busy());

    auto again = LearningPolicy::restore(engine_, config_, spec_, before);
    ASSERT_TRUE(again);
    engine_.dead = true;
    policy_ = std::move(*again);
    EXPECT_EQ(try_learn(rows).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(policy_->checkpoint(), before);
    engine_.dead = false;
    EXPECT_TRUE(try_learn(rows));
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointAsIfNothingHadHappened) {
    learn(8);
    auto restored = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ((*restored)->checkpoint(), policy_->checkpoint());
    for (LearningPolicy* policy : {policy_.get(), restored->get()})  // a restart knows no last step
        ASSERT_TRUE(policy->rebase(*policy->parameters()));
    const Batch rows = batch();
    learn(rows);
    (*restored)->learn(rows, [](const Result<Learned>& learned) { EXPECT_TRUE(learned); });
    EXPECT_EQ((*restored)->checkpoint(), policy_->checkpoint());
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointOfAProgramThatKnewNoTypesOfErrors) {
    const Bytes now = policy_->checkpoint();
    ByteWriter drift;
    DriftMonitor(config_).save(drift);
    // Magic, version, identity, count, weights, the optimiser's steps and number of vectors | its memory, which is
    // empty and was two vectors then, e, the drift monitor | energies and parents.
    const std::size_t memory = 4 + 4 + 32 + 8 + (4 + sizeof(float) * layout_.size()) + 8 + 1;
    const std::size_t errors = memory + 4 + 8 + drift.bytes().size();
    constexpr std::size_t kNoEnergiesNoParents = 4 + 4;
    Bytes before = now;
    before[4] = std::byte{1};
    const auto first = before.begin() + static_cast<std::ptrdiff_t>(errors);
    before.erase(first, first + kNoEnergiesNoParents);
    before.resize(before.size() - new_in_version_4(0) - kNewInVersion3);
    before.insert(before.begin() + static_cast<std::ptrdiff_t>(memory), 4, std::byte{0});

    const auto restored = LearningPolicy::restore(engine_, config_, spec_, before);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ((*restored)->checkpoint(), now);
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointThatHasAdamsMeanAndSquareApart) {
    std::size_t replayed = 0;
    for (int i = 0; i < 3; ++i)
        replayed += learn(batch()).report.trained_rows;
    const std::size_t new_since = kNewInVersion3 + new_in_version_4(replayed);
    const Bytes now = policy_->checkpoint();
    const std::size_t vector = sizeof(float) * layout_.size();
    const std::size_t memory = 4 + 4 + 32 + 8 + (4 + vector) + 8 + 1;
    ByteWriter before(now.size() + 4);
    const ByteView all = now;
    before.put(all.first(4)).put(std::uint32_t{2}).put(all.subspan(8, memory - 8));
    const ByteView square = all.subspan(memory + 4, vector);
    const ByteView mean = all.subspan(memory + 4 + vector, vector);
    before.put_sized(mean).put_sized(square).put(all.subspan(memory + 4 + 2 * vector));
    Bytes old = std::move(before).take();
    old[memory - 1] = std::byte{1};
    old.resize(old.size() - new_since);

    const auto restored = LearningPolicy::restore(engine_, config_, spec_, old);
    ASSERT_TRUE(restored) << restored.error().message;
    Bytes read = (*restored)->checkpoint();
    Bytes expected = now;
    read.resize(read.size() - new_since);
    expected.resize(expected.size() - new_since);
    EXPECT_EQ(read, expected);
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointOfAProgramInWhichNobodyRestedAfterARestart) {
    const Bytes now = policy_->checkpoint();
    Bytes old = now;
    old[4] = std::byte{3};
    old.resize(old.size() - new_in_version_4(0));
    const auto distillation = old.end() - static_cast<std::ptrdiff_t>(kNewInVersion3);
    old.erase(distillation + 8, distillation + 8 + kTiers * 8);  // as long as what it did not count
    const auto restored = LearningPolicy::restore(engine_, config_, spec_, old);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ((*restored)->checkpoint(), now);
}

TEST_F(LearningPolicyTest, LetsWhatTheNewWorldDeniesRestAfterARestartToo) {
    learn(20);
    learn(batch(1));
    auto restored = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ((*restored)->checkpoint(), policy_->checkpoint());
    policy_ = std::move(*restored);
    for (int i = 0; i < 3; ++i)
        learn(batch(1));
    EXPECT_EQ(old_labels_replayed(), 0U);
}

TEST_F(LearningPolicyTest, BeginsAnOptimisersMemoryAnewWhereTheCheckpointHasAnothers) {
    learn(3);
    config_.rate_rule = RateRule::AdaGrad;
    auto restored = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(restored) << restored.error().message;
    policy_ = std::move(*restored);
    EXPECT_TRUE(learn(batch()).accepted);
    EXPECT_EQ(engine_.plans.back().optimiser, Optimiser::AdaGrad);
}

TEST_F(LearningPolicyTest, BeginsTheRateAnewWhereAnotherRuleMovedIt) {
    config_.rate_rule = RateRule::Decayed;
    policy_ = make(config_);
    EXPECT_LT(learn(60).report.elastic, 0.6);
    config_.rate_rule = RateRule::Elastic;
    auto restored = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(restored) << restored.error().message;
    policy_ = std::move(*restored);
    EXPECT_EQ(learn(batch()).report.elastic, 1.5) << "what is known of the last step is nothing";
}

TEST_F(LearningPolicyTest, RefusesADamagedCheckpointOfAnySort) {
    learn(3);
    const Bytes whole = policy_->checkpoint();
    for (std::size_t cut = 0; cut < whole.size(); cut += 97) {
        EXPECT_FALSE(LearningPolicy::restore(engine_, config_, spec_, ByteView(whole).first(cut))) << cut;
    }
    Random random(1);
    for (int i = 0; i < 2000; ++i) {  // must not crash; what still parses is usable
        Bytes damaged = whole;
        for (int k = 0; k < 4; ++k)
            damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next() & 0xFFU);
        static_cast<void>(LearningPolicy::restore(engine_, config_, spec_, damaged));
    }
    auto other = spec_;
    other.name = "other";
    EXPECT_EQ(LearningPolicy::restore(engine_, config_, other, whole).error().code, ErrorCode::VersionMismatch);
}

TEST_F(LearningPolicyTest, DropsAStepWhoseAnswersOverflow) {
    learn(3);
    const auto before = weights();
    engine_.spoil = [this](TrainResult& result) {
        for (std::size_t i = layout_.statistics(); i < result.parameters.size(); ++i)
            result.parameters[i] = 3e38F;  // finite, but what it multiplies is not
    };
    const Learned learned = learn(batch());
    EXPECT_FALSE(learned.accepted);
    EXPECT_THAT(learned.report.reason, HasSubstr("step dropped because its answers overflowed"));
    EXPECT_EQ(weights(), before);
}

TEST_F(LearningPolicyTest, RaisesAlarmsOfTheClassThatChangesAndOfAllLast) {
    EXPECT_TRUE(learn(20).alarms.empty());
    Batch changed = batch();
    for (feedback::LabelledSample& sample : changed)
        if (sample.label == 1) sample.label = 2;
    const Learned learned = learn(changed);
    ASSERT_GE(learned.alarms.size(), 2U);
    const DriftAlarm& of_class = learned.alarms.front();
    EXPECT_EQ(of_class.label_class, 2U);
    EXPECT_EQ(of_class.detector, DriftDetector::PageHinkley);
    EXPECT_LT(of_class.before, 0.1);
    EXPECT_GT(of_class.after, 0.3);
    const DriftAlarm& of_all = learned.alarms.back();
    EXPECT_FALSE(of_all.label_class);
    EXPECT_EQ(of_all.trigger, learned.report.trigger);
    EXPECT_GT(of_all.after, of_all.before);
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointOfAProgramThatDidNotWatchClasses) {
    learn(10);
    Bytes older = policy_->checkpoint();
    constexpr std::size_t kSection = 8 + 3 * 56;  // ClassDrift::save, of three classes
    older.resize(older.size() - kSection);
    EXPECT_TRUE(LearningPolicy::restore(engine_, config_, spec_, older));
    older.pop_back();
    EXPECT_FALSE(LearningPolicy::restore(engine_, config_, spec_, older));
}

}  // namespace
}  // namespace skerry::node
