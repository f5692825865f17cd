#include "edge-node/spool/spool.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "common/crypto/random.hpp"
#include "tests/unit/node/federation.hpp"

namespace skerry::node {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using testing::Federation;
using ::testing::SizeIs;

class SpoolTest : public ::testing::Test {
protected:
    SpoolTest() { std::filesystem::create_directories(folder_); }
    ~SpoolTest() override {
        spool_.reset();
        std::filesystem::remove_all(folder_);
    }
    /// Forgets all that is in memory, as a crash does.
    Spool& reopen() {
        spool_.reset();
        auto spool = Spool::open(folder_ / "node.db");
        EXPECT_TRUE(spool) << spool.error().message;
        return spool_.emplace(std::move(*spool));
    }
    InstallVersion version(std::uint64_t number, std::uint64_t counted = 0) const {
        const wire::Announcement announcement = federation_.announcement(number, counted);
        return {federation_.manifest(number), announcement.manifest, announcement.counted};
    }
    /// Installs without a crash; the checkpoint is `weights_`.
    void install(std::uint64_t number, std::uint64_t counted = 0) {
        Spool& spool = reopen();
        ASSERT_TRUE(spool.begin_install(version(number, counted), federation_.weights(number)));
        weights_ = *spool.rebased(weights_, sharing_);
        ASSERT_TRUE(spool.finish_install());
    }
    std::optional<SpooledUpdate> take(std::uint64_t sequence) {
        const wire::LeaseGrant grant = federation_.grant(1, static_cast<std::uint8_t>(sequence));
        const TakeUpdate order{Sequence{sequence}, federation_.lease(1, static_cast<std::uint8_t>(sequence)),
                               grant.lease, federation_.seal.public_key(), policy_};
        auto update = spool_->take(order, Contribution{weights_, sharing_, totals_, judged_}, federation_.identity);
        EXPECT_TRUE(update) << update.error().message;
        return *update;
    }
    void learn(float by) {
        for (float& weight : weights_)
            weight += by;
        totals_.steps += 1;
        totals_.examples += 100;
        totals_.labelled += 100;
        totals_.errors += 7;
    }
    wire::UpdateBody opened(const SpooledUpdate& update) {
        wire::SealedUpdate sealed{update.header, {}, update.signature, update.content};
        for (std::uint32_t index = 0; sealed.sealed.size() < update.sealed_bytes; ++index) {
            const auto chunk = spool_->chunk(update.sequence, index);
            EXPECT_TRUE(chunk);
            if (!chunk) break;
            sealed.sealed.insert(sealed.sealed.end(), chunk->begin(), chunk->end());
        }
        EXPECT_TRUE(wire::verify_signature(update.content, update.signature, federation_.identity.verify_key()));
        auto body = wire::open(sealed, federation_.seal);
        EXPECT_TRUE(body) << body.error().message;
        return body ? *body : wire::UpdateBody{};
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("skerry-" + to_hex(crypto::random_bytes<8>()));
    Federation federation_;
    std::optional<Spool> spool_;
    std::vector<float> weights_;  ///< what the learner's checkpoint holds
    Totals totals_;
    feedback::JudgedCounts judged_{{1, 0, 2}, {{1, 2, 3}}, 9};
    Sharing sharing_;
    wire::DeltaPolicy policy_;
};

TEST_F(SpoolTest, RemembersItsEnrolment) {
    EXPECT_FALSE(*reopen().enrolment());
    const Enrolment enrolment{
        federation_.root.verify_key(), "shed", "name = \"digits\"", "tcp://127.0.0.1:7000", federation_.keys(),
        federation_.certificate()};
    ASSERT_TRUE(spool_->enrol(enrolment));
    const auto again = reopen().enrolment();
    ASSERT_TRUE(again && *again);
    EXPECT_EQ((*again)->root, enrolment.root);
    EXPECT_EQ((*again)->model, enrolment.model);
    EXPECT_EQ((*again)->fleet_endpoint, enrolment.fleet_endpoint);
    EXPECT_EQ((*again)->certificate, enrolment.certificate);
    const auto state = spool_->load();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->keys, enrolment.keys);
    EXPECT_EQ(state->installed, ModelVersion{0});
    EXPECT_EQ(state->next_sequence, Sequence{1});
}

TEST_F(SpoolTest, SendsNothingOfWhatIsPersonalAndKeepsItWhenAVersionComes) {
    install(1);
    learn(0.5F);
    sharing_.personal = {{0, 1}};
    const auto update = take(1);
    ASSERT_TRUE(update);
    EXPECT_EQ(opened(*update).delta[0], 0);
    EXPECT_EQ(opened(*update).delta[1], 0.5F);
    const float own = weights_[0];
    install(2, 1);
    EXPECT_EQ(weights_[0], own);
    EXPECT_EQ(weights_[1], federation_.weights(2)[1]);
}

TEST_F(SpoolTest, TakesNothingBackOfWhatWasSentBeforeItWasPersonal) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    learn(0.25F);
    sharing_.personal = {{0, 1}};
    const auto update = take(2);
    ASSERT_TRUE(update);
    EXPECT_EQ(opened(*update).delta[0], 0);
    EXPECT_EQ(opened(*update).delta[1], 0.25F);
}

TEST_F(SpoolTest, KnowsAnUpdateThatIsNotWhatItHasSignedAndLeavesAloneWhatIsWhole) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    const crypto::VerifyKey identity = federation_.identity.verify_key();
    EXPECT_FALSE(spool_->damaged(identity).value());
    EXPECT_TRUE(spool_->damaged(crypto::SigningKey::generate().verify_key()).value());
    const std::pair<const char*, const char*> damages[] = {
        {"UPDATE spool_sealed SET bytes = zeroblob(length(bytes))", "its bytes have changed"},
        {"DELETE FROM spool_sealed", "sealed bytes are missing"},
        {"UPDATE spool_update SET signature = zeroblob(64)", "its signature does not hold"},
        {"UPDATE spool_update SET content = x'00'", "another length"},
        {"UPDATE spool_update SET lease = zeroblob(16)", "its header belongs to another update"},
        {"UPDATE spool_update SET header = zeroblob(256)", "its header can't be read"},
    };
    const std::filesystem::path whole = folder_ / "whole.db";
    spool_.reset();
    std::filesystem::copy_file(folder_ / "node.db", whole);
    for (const auto& [damage, what] : damages) {
        spool_.reset();
        std::filesystem::copy_file(whole, folder_ / "node.db", std::filesystem::copy_options::overwrite_existing);
        ASSERT_TRUE(storage::Database::open(folder_ / "node.db")->run(damage)) << damage;
        const auto found = reopen().damaged(identity).value();
        ASSERT_TRUE(found) << damage;
        EXPECT_EQ(found->sequence, Sequence{1});
        EXPECT_THAT(found->what, ::testing::HasSubstr(what));
    }
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, {}));
    EXPECT_FALSE(spool_->damaged(identity).value()) << "what is accepted is not sent again";
}

TEST_F(SpoolTest, RefusesWeightsOfAnotherLengthWithASentence) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    ASSERT_TRUE(spool_->begin_install(version(2), federation_.weights(2)));
    const std::filesystem::path whole = folder_ / "whole.db";
    spool_.reset();
    std::filesystem::copy_file(folder_ / "node.db", whole);
    const auto refuses = [](const auto& result) {
        return !result && result.error().code == ErrorCode::Internal &&
               result.error().message.find("restore the node's folder") != std::string::npos;
    };
    const auto damage = [&](const char* change) {
        spool_.reset();
        std::filesystem::copy_file(whole, folder_ / "node.db", std::filesystem::copy_options::overwrite_existing);
        ASSERT_TRUE(storage::Database::open(folder_ / "node.db")->run(change));
        EXPECT_TRUE(refuses(reopen().rebased(weights_, sharing_))) << change;
    };
    const wire::LeaseGrant grant = federation_.grant(1, 2);
    const TakeUpdate order{Sequence{2}, federation_.lease(1, 2), grant.lease, federation_.seal.public_key()};
    const Contribution next{weights_, sharing_, totals_, judged_};
    for (const char* change :
         {"UPDATE spool_base SET bytes = substr(bytes, 5) WHERE version = 1",
          "DELETE FROM spool_base WHERE version = 1", "UPDATE spool_update SET delta = substr(delta, 5)"}) {
        damage(change);
        EXPECT_TRUE(refuses(spool_->take(order, next, federation_.identity))) << change;
    }
    damage("UPDATE spool_base SET bytes = substr(bytes, 5) WHERE version = 2");
}

TEST_F(SpoolTest, DropsNothingFromABaseOfAnotherLength) {
    install(1);
    spool_.reset();
    ASSERT_TRUE(storage::Database::open(folder_ / "node.db")->run("UPDATE spool_base SET bytes = substr(bytes, 5)"));
    const auto good = reopen().last_good(weights_, sharing_);
    ASSERT_FALSE(good);
    EXPECT_EQ(good.error().code, ErrorCode::Internal);
    EXPECT_THAT(good.error().message, ::testing::HasSubstr("restore the node's folder"));
}

TEST_F(SpoolTest, InstallsTheFirstVersionAsItIs) {
    install(1);
    EXPECT_EQ(weights_, federation_.weights(1));
    EXPECT_EQ(*reopen().base(), federation_.weights(1));
    EXPECT_EQ(spool_->load()->installed, ModelVersion{1});
    EXPECT_TRUE(wire::open_manifest(*spool_->manifest(), federation_.signing.verify_key()));
}

TEST_F(SpoolTest, RemembersWhatTheInstalledVersionWasPushedAs) {
    install(1);
    EXPECT_EQ(reopen().load()->installed_as, PushedAs{});
    InstallVersion next = version(2);
    next.as = {WeightEncoding::Mixed, 0.03125F};
    ASSERT_TRUE(spool_->begin_install(next, federation_.weights(2)));
    EXPECT_EQ(reopen().load()->installed_as, PushedAs{}) << "not installed yet";
    ASSERT_TRUE(spool_->finish_install());
    EXPECT_EQ(reopen().load()->installed_as, (PushedAs{WeightEncoding::Mixed, 0.03125F}));
}

TEST_F(SpoolTest, AnInstallationThatWasBegunIsFoundAfterACrash) {
    install(1);
    ASSERT_TRUE(spool_->begin_install(version(2, 3), federation_.weights(2)));
    auto unfinished = *reopen().unfinished();
    ASSERT_TRUE(unfinished);
    EXPECT_EQ(unfinished->version, ModelVersion{2});
    EXPECT_EQ(spool_->load()->installed, ModelVersion{1}) << "not before it is finished";
    EXPECT_EQ(*spool_->rebased(weights_, sharing_), federation_.weights(2));
    ASSERT_TRUE(reopen().finish_install());
    EXPECT_FALSE(*reopen().unfinished());
    EXPECT_EQ(spool_->load()->installed, ModelVersion{2});
    EXPECT_EQ(*spool_->base(), federation_.weights(2));
}

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

TEST_F(SpoolTest, AVersionTakesWhatItCountsAndLeavesTheRest) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, federation_.receipt(*take(1)).receipt));
    learn(0.25F);
    take(2);
    learn(0.125F);
    install(2, 1);
    EXPECT_THAT(weights_, Each(2.0F + 0.25F + 0.125F));
    EXPECT_THAT(reopen().load()->spool, SizeIs(1));
    install(3, 2);
    EXPECT_THAT(weights_, Each(3.0F + 0.125F));
    EXPECT_THAT(opened(*take(3)).delta, Each(0.125F));
}

TEST_F(SpoolTest, DropsARefusedUpdateAndTheProgressSince) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, federation_.receipt(*take(1)).receipt));
    learn(64.0F);
    take(2);
    learn(1.0F);
    ASSERT_TRUE(spool_->begin_drop(Sequence{2}));
    const auto unfinished = *reopen().unfinished();
    ASSERT_TRUE(unfinished);
    EXPECT_EQ(unfinished->what, Unfinished::What::Drop);
    weights_ = *spool_->last_good(weights_, sharing_);
    EXPECT_THAT(weights_, Each(1.5F));
    ASSERT_TRUE(spool_->finish_drop(totals_));
    EXPECT_FALSE(*reopen().unfinished());
    EXPECT_FALSE(take(3)) << "nothing is left to share";
    learn(0.5F);
    EXPECT_EQ(opened(*take(3)).labelled, 100U) << "what was dropped is not claimed";
}

}  // namespace
}  // namespace skerry::node
