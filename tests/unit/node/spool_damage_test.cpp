#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/unit/node/spool_fixture.hpp"

// What the disk has changed, cut off or lost, and what the spool makes of it.
namespace skerry::node::testing {
namespace {

using ::testing::Each;
using ::testing::SizeIs;

TEST_F(SpoolTest, KnowsAnUpdateThatIsNotWhatItHasSignedAndLeavesAloneWhatIsWhole) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    const crypto::VerifyKey identity = federation_.identity.verify_key();
    EXPECT_FALSE(spool_->damaged(identity).value());
    EXPECT_TRUE(spool_->damaged(crypto::SigningKey::generate().verify_key()).value());
    const std::pair<const char*, const char*> damages[] = {
        {"UPDATE spool_update SET stamp = stamp + 1", "sealed bytes are missing"},
        {"UPDATE spool_update SET delta_bytes = delta_bytes + 1", "sealed bytes are missing"},
        {"UPDATE spool_update SET delta_bytes = 1 << 40", "sealed bytes are missing"},
        {"UPDATE spool_update SET signature = zeroblob(64)", "its signature does not hold"},
        {"UPDATE spool_update SET content = x'00'", "another length"},
        {"UPDATE spool_update SET lease = zeroblob(16)", "its header belongs to another update"},
        {"UPDATE spool_update SET header = zeroblob(256)", "its header can't be read"},
    };
    const auto is_damaged = [&](const char* what) {
        const auto found = reopen().damaged(identity).value();
        ASSERT_TRUE(found) << what;
        EXPECT_EQ(found->sequence, Sequence{1});
        EXPECT_THAT(found->what, ::testing::HasSubstr(what));
    };
    const std::filesystem::path whole = folder_ / "whole.db";
    spool_.reset();
    std::filesystem::copy_file(folder_ / "node.db", whole);
    for (const auto& [damage, what] : damages) {
        spool_.reset();
        std::filesystem::copy_file(whole, folder_ / "node.db", std::filesystem::copy_options::overwrite_existing);
        ASSERT_TRUE(storage::Database::open(folder_ / "node.db")->run(damage)) << damage;
        is_damaged(what);
    }
    spool_.reset();
    std::filesystem::copy_file(whole, folder_ / "node.db", std::filesystem::copy_options::overwrite_existing);
    const std::filesystem::path file = folder_ / "node.db-update-0";
    {
        std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(-1, std::ios::end).put('\x55');
        is_damaged("its bytes have changed");
    }
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 1);
    is_damaged("sealed bytes are missing");
    std::filesystem::remove(file);
    is_damaged("sealed bytes are missing");
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, {}));
    EXPECT_FALSE(spool_->damaged(identity).value()) << "what is accepted is not sent again";
}

TEST_F(SpoolTest, KnowsAnUpdateWhoseDeltaTheDiskHasDamaged) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    spool_.reset();
    const std::filesystem::path file = folder_ / "node.db-update-0";
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(30).put('\x55');
    const auto found = reopen().damaged(federation_.identity.verify_key()).value();
    ASSERT_TRUE(found);
    EXPECT_THAT(found->what, ::testing::HasSubstr("has changed"));
}

TEST_F(SpoolTest, KnowsAnUpdateOfBeforeByTheHashThatItHas) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    const crypto::VerifyKey identity = federation_.identity.verify_key();
    const std::vector<float> delta(weights_.size(), 0.5F);
    spool_.reset();
    const Digest hash = crypto::sha256(std::as_bytes(std::span(delta)));
    const auto schema = [](std::uint64_t number) { return ByteWriter().put(number).bytes(); };
    {
        auto database = storage::Database::open(folder_ / "node.db");
        ASSERT_TRUE(database->run("UPDATE spool_update SET delta_digest = ?", hash));
        ASSERT_TRUE(database->run("UPDATE spool_fact SET value = ? WHERE key = 'schema'", schema(2)));
    }
    EXPECT_FALSE(reopen().damaged(identity).value());
    spool_.reset();
    std::fstream(folder_ / "node.db-update-0", std::ios::in | std::ios::out | std::ios::binary).seekp(30).put('\x55');
    EXPECT_TRUE(reopen().damaged(identity).value());
    spool_.reset();
    {
        auto database = storage::Database::open(folder_ / "node.db");
        auto row = database->prepare("SELECT value FROM spool_fact WHERE key = 'schema'");
        ASSERT_TRUE(row->step().value());
        EXPECT_EQ(row->blob(0), schema(3)) << "so that an older skerry-node takes no checksum for damage";
    }
    ASSERT_TRUE(storage::Database::open(folder_ / "node.db")
                    ->run("UPDATE spool_fact SET value = ? WHERE key = 'schema'", schema(4)));
    EXPECT_EQ(Spool::open(folder_ / "node.db").error().code, ErrorCode::VersionMismatch);
}

TEST_F(SpoolTest, LetsGoOfAnAcceptedDeltaThatTheDiskHasDamagedAndOfNoOther) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, {}));
    learn(0.25F);
    ASSERT_TRUE(take(2));
    ASSERT_TRUE(spool_->keep_receipt(Sequence{2}, {}));
    EXPECT_EQ(reopen().damaged_deltas().value(), 0U);
    spool_.reset();
    std::filesystem::resize_file(folder_ / "node.db-update-0", 10);
    EXPECT_EQ(reopen().damaged_deltas().value(), 1U);
    EXPECT_FALSE(spool_->rebased(weights_, sharing_, Sequence{0}, federation_.weights(1))) << "nothing is made of it";
    weights_ = spool_->as_sent().value();
    EXPECT_THAT(weights_, Each(1.0F + 0.25F));
    ASSERT_TRUE(spool_->let_go_damaged());
    EXPECT_EQ(spool_->damaged_deltas().value(), 0U);
    EXPECT_FALSE(take(3)) << "what is let go is no progress";
    EXPECT_THAT(reopen().load()->spool, SizeIs(2)) << "both are still to be counted";
    install(2, 2);
    EXPECT_EQ(weights_, federation_.weights(2));
}

TEST_F(SpoolTest, RefusesWeightsOfAnotherLengthOrTimeWithASentence) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    ASSERT_TRUE(spool_->begin_install(version(2), shared(federation_.weights(2))));
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
         {"UPDATE spool_version SET bytes = bytes - 4 WHERE version = 1",
          "UPDATE spool_version SET stamp = stamp + 1 WHERE version = 1",
          "UPDATE spool_version SET bytes = 1 << 40 WHERE version = 1",
          "UPDATE spool_update SET delta_bytes = delta_bytes - 4", "UPDATE spool_update SET delta_bytes = 3",
          "UPDATE spool_update SET delta_bytes = 1 << 40"}) {
        damage(change);
        EXPECT_TRUE(refuses(spool_->take(order, next, federation_.identity))) << change;
    }
    damage("UPDATE spool_version SET stamp = stamp + 1 WHERE version = 2");
    // The last, since what no row speaks of gives its room back.
    damage("DELETE FROM spool_version WHERE version = 1");
}

TEST_F(SpoolTest, DropsNothingFromABaseThatIsCutOff) {
    install(1);
    std::filesystem::resize_file(folder_ / "node.db-version-0",
                                 std::filesystem::file_size(folder_ / "node.db-version-0") - 1);
    const auto good = reopen().last_good(weights_, sharing_);
    ASSERT_FALSE(good);
    EXPECT_EQ(good.error().code, ErrorCode::Internal);
    EXPECT_THAT(good.error().message, ::testing::HasSubstr("restore the node's folder"));
}

TEST_F(SpoolTest, GivesUpAVersionThatTheDiskHasDamagedForTheNewestWholeOneBefore) {
    const auto damage = [this](std::uint64_t version) {
        auto database = storage::Database::open(folder_ / "node.db").value();
        auto find = database.prepare("SELECT slot FROM spool_version WHERE version = ?").value();
        ASSERT_TRUE(find.bind(version).step().value());
        const auto file = folder_ / ("node.db-version-" + std::to_string(find.uint64(0)));
        std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(-2, std::ios::end).put('\x55');
    };
    install(1);
    learn(0.5F);
    ASSERT_TRUE(take(1));
    install(2);
    install(3);
    install(4);
    EXPECT_FALSE(reopen().give_up_damaged_version().value()) << "all are whole";
    spool_.reset();
    EXPECT_EQ(reopen().kept(ModelVersion{3}).value(), federation_.weights(3));
    spool_.reset();
    damage(4);
    damage(3);
    EXPECT_TRUE(reopen().kept(ModelVersion{3}).value().empty()) << "not kept whole";
    auto given_up = reopen().give_up_damaged_version().value();
    ASSERT_TRUE(given_up);
    EXPECT_EQ(given_up->version, ModelVersion{4});
    EXPECT_EQ(given_up->installed, ModelVersion{2}) << "3 is damaged too";
    EXPECT_FALSE(spool_->give_up_damaged_version().value());
    EXPECT_EQ(**reopen().base(), federation_.weights(2));
    EXPECT_EQ(spool_->load()->installed, ModelVersion{2});
    EXPECT_EQ(spool_->load()->manifest, version(2).signed_manifest);
    EXPECT_FALSE(*spool_->has(ModelVersion{4}));
    EXPECT_THAT(*spool_->as_sent(), Each(2.0F + 0.5F)) << "what was sent is still to come";

    weights_ = *spool_->as_sent();
    install(4, 1);
    EXPECT_THAT(weights_, Each(4.0F)) << "nothing of the fleet's step is taken for our own";
    spool_.reset();
    damage(4);
    damage(2);
    const auto none = reopen().give_up_damaged_version();
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, ::testing::HasSubstr("restore the node's folder"));
}

TEST_F(SpoolTest, GivesUpABegunVersionThatTheDiskHasDamaged) {
    install(1);
    ASSERT_TRUE(spool_->begin_install(version(2), shared(federation_.weights(2))));
    spool_.reset();
    std::filesystem::remove(folder_ / "node.db-version-1");
    const auto given_up = reopen().give_up_damaged_version().value();
    ASSERT_TRUE(given_up);
    EXPECT_EQ(given_up->version, ModelVersion{2});
    EXPECT_EQ(given_up->installed, ModelVersion{1});
    EXPECT_FALSE(reopen().unfinished().value());
    EXPECT_EQ(**spool_->base(), federation_.weights(1));
    install(2);
    EXPECT_EQ(weights_, federation_.weights(2));
}

}  // namespace
}  // namespace skerry::node::testing
