#include <array>
#include <cmath>

#include <gmock/gmock.h>

#include "tests/unit/node/spool_fixture.hpp"

namespace skerry::node::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST_F(SpoolTest, TakesTheProgressSinceTheLastUpdateSealedForTheCoordinator) {
    install(1);
    learn(0.5F);
    const auto update = take(1);
    ASSERT_TRUE(update);
    const wire::UpdateBody body = opened(*update);
    EXPECT_THAT(body.delta, Each(0.5F));
    EXPECT_EQ(body.labelled, 100U);
    EXPECT_EQ(body.errors, 7U);
    EXPECT_THAT(body.confusions, ElementsAre(wire::ClassPairCount{1, 2, 3}));
    EXPECT_EQ(body.error_counts, (wire::ErrorCounts{{5, 0, 2}, 4})) << "of four of the seven the log knows no more";
    EXPECT_EQ(wire::read_header(update->header)->examples, 100U);
}

TEST_F(SpoolTest, AnUpdateSaysOfErrorsOnlyWhatTheStoresAgreeOn) {
    install(1);
    learn(0.5F);
    judged_.by_type[5] = 5;  // eight in the log, seven by the learner: one of them is of another time
    const wire::UpdateBody body = opened(*take(1));
    EXPECT_EQ(body.error_counts, (wire::ErrorCounts{{7}, 7}));
    EXPECT_TRUE(body.confusions.empty());
}

TEST_F(SpoolTest, AnUpdateCarriesTheMomentsWholeAndAVersionReplacesThem) {
    sharing_.statistics = 2;
    install(1);
    learn(0.5F);
    const wire::UpdateBody body = opened(*take(1));
    EXPECT_EQ(body.delta[0], weights_[0]);
    EXPECT_EQ(body.delta[1], weights_[1]);
    EXPECT_EQ(body.delta[2], 0.5F);
    const float unsent = 0.25F;
    learn(unsent);
    install(2, 1);
    const std::vector<float> version = federation_.weights(2);
    EXPECT_EQ(weights_[0], version[0]);
    EXPECT_EQ(weights_[1], version[1]);
    EXPECT_EQ(weights_[2], version[2] + unsent);
}

TEST_F(SpoolTest, KeepsTheUnsentUpdateByteForByteThroughACrash) {
    install(1);
    learn(0.5F);
    const auto update = take(1);
    reopen();
    const auto state = spool_->load();
    EXPECT_THAT(state->spool, ElementsAre(*update));
    EXPECT_EQ(state->next_sequence, Sequence{2});
    EXPECT_THAT(opened(*update).delta, Each(0.5F));
}

TEST_F(SpoolTest, TakesNothingWhereNothingWasLearned) {
    install(1);
    EXPECT_FALSE(take(1));
    learn(0.1F);
    EXPECT_TRUE(take(1));
    EXPECT_FALSE(take(2));
    EXPECT_EQ(spool_->load()->next_sequence, Sequence{2});
}

TEST_F(SpoolTest, TheNextUpdateHoldsOnlyTheIncrement) {
    install(1);
    learn(0.5F);
    take(1);
    learn(0.25F);
    EXPECT_THAT(opened(*take(2)).delta, Each(0.25F));
}

TEST_F(SpoolTest, KeepsAsProgressWhatACoarserFormLeavesOut) {
    sharing_.statistics = 2;
    policy_ = {wire::DeltaEncoding::Int8, 0};
    install(1);
    const std::vector<float> base = weights_;
    for (std::size_t i = 2; i < weights_.size(); ++i)
        weights_[i] += 0.001F * static_cast<float>(i) + 0.0001234F;
    std::vector<float> sum(weights_.size(), 0);
    float before = 1;
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
        const auto update = take(sequence);
        ASSERT_TRUE(update);
        EXPECT_EQ(wire::read_header(update->header)->form.encoding, wire::DeltaEncoding::Int8);
        const auto body = opened(*update);
        EXPECT_EQ(body.delta[0], weights_[0]) << "moments travel whole";
        float left = 0;
        for (std::size_t i = 2; i < weights_.size(); ++i) {
            sum[i] += body.delta[i];
            left = std::max(left, std::abs(weights_[i] - base[i] - sum[i]));
        }
        EXPECT_LT(left, before / 50) << "after update " << sequence;
        before = std::max(left, 1e-6F);  // the weights' own digits
        reopen();                        // what is left is durable: the weights have it
    }
}

TEST_F(SpoolTest, RebasesOverUpdatesOfEveryFormAsTheAlgebraSays) {
    const wire::DeltaPolicy whole, top{wire::DeltaEncoding::Top, 100'000};
    for (const auto& policies : {std::array{top, top, top}, std::array{top, whole, top}}) {
        for (std::uint64_t counted = 0; counted <= 3; ++counted) {
            spool_.reset();
            std::filesystem::remove_all(folder_);
            std::filesystem::create_directories(folder_);
            weights_.clear();
            sharing_.statistics = 2;
            install(1);
            const std::vector<float> base = weights_;
            std::vector<std::vector<float>> sent;
            for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
                for (std::size_t i = 2; i < weights_.size(); ++i)
                    weights_[i] += 0.001F * static_cast<float>((i * 7 + sequence * 3) % 11);
                policy_ = policies[sequence - 1];
                const auto update = take(sequence);
                ASSERT_TRUE(update);
                sent.push_back(opened(*update).delta);
                std::fill_n(sent.back().begin(), 2, 0.0F);
                ASSERT_TRUE(spool_->keep_receipt(Sequence{sequence}, {}));
            }
            Progress progress(weights_, base, sharing_);
            for (const auto& delta : sent)
                progress.take_off(delta);
            Rebase rebase(std::move(progress).take());
            for (std::size_t k = counted; k < sent.size(); ++k)
                rebase.add(sent[k]);
            const std::vector<float> next = federation_.weights(2);
            EXPECT_EQ(spool_->rebased(weights_, sharing_, Sequence{counted}, next).value(),
                      std::move(rebase).onto(next))
                << counted;
        }
    }
}

TEST_F(SpoolTest, StaysWithinTheLeasesNormHoweverItIsRounded) {
    policy_ = {wire::DeltaEncoding::Int8, 0};
    install(1);
    for (std::size_t i = 0; i < weights_.size(); ++i)
        weights_[i] += i == 0 ? 100.0F : 0.4F;  // rounds up to a step of the first
    const auto body = opened(*take(1));
    double squares = 0;
    for (const float value : body.delta)
        squares += static_cast<double>(value) * static_cast<double>(value);
    EXPECT_LE(std::sqrt(squares), static_cast<double>(federation_.lease(1, 1).norm_max));
}

TEST_F(SpoolTest, ClipsToTheLeaseAndKeepsTheRestAsProgress) {
    sharing_.statistics = 2;
    install(1);
    learn(100.0F);
    const auto first = take(1);
    const float sent = opened(*first).delta.back();
    EXPECT_LT(sent, 2.0F);
    const auto second = take(2);
    ASSERT_TRUE(second) << "the rest";
    EXPECT_EQ(opened(*first).delta.front(), weights_.front()) << "the normaliser's part is not clipped";
}

TEST_F(SpoolTest, LetsGoOfTheSealedBytesWithTheReceiptButNotOfItsProgress) {
    install(1);
    learn(0.5F);
    const auto update = take(1);
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, federation_.receipt(*update).receipt));
    EXPECT_FALSE(spool_->chunk(Sequence{1}, 0));
    EXPECT_TRUE(reopen().load()->spool.front().accepted);
    EXPECT_FALSE(take(2)) << "it is not sent twice";
    EXPECT_TRUE(spool_->put_back(Sequence{1})) << "too late: nothing happens";
    EXPECT_THAT(spool_->load()->spool, SizeIs(1));
}

TEST_F(SpoolTest, PutsAnUpdateBackSoThatTheNextOneHoldsBoth) {
    install(1);
    learn(0.5F);
    take(1);
    learn(0.25F);
    ASSERT_TRUE(reopen().put_back(Sequence{1}));
    ASSERT_TRUE(reopen().put_back(Sequence{1})) << "again, after a crash";
    const wire::UpdateBody body = opened(*take(2));
    EXPECT_THAT(body.delta, Each(0.75F));
    EXPECT_EQ(body.labelled, 200U);
}

}  // namespace
}  // namespace skerry::node::testing
