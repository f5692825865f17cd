#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/unit/node/spool_fixture.hpp"

namespace skerry::node::testing {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

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
}  // namespace skerry::node::testing
