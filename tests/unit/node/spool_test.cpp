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

TEST_F(SpoolTest, GivesBackTheRoomOfWhatItNeedsNoMore) {
    const auto room = [this](const char* what) {
        std::vector<std::uintmax_t> sizes;
        for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
            if (entry.path().filename().string().starts_with(std::string("node.db-") + what) && entry.file_size() > 0)
                sizes.push_back(entry.file_size());
        }
        return sizes;
    };
    install(1);
    for (std::uint64_t number = 2; number < 9; ++number) {
        learn(0.5F);
        ASSERT_TRUE(take(number - 1));
        const auto sealed = room("update");
        ASSERT_TRUE(spool_->keep_receipt(Sequence{number - 1}, {}));
        EXPECT_THAT(room("update"), ::testing::ElementsAre(::testing::Lt(sealed.at(0))));
        install(number, number - 1);
        EXPECT_THAT(room("update"), SizeIs(1)) << "for the next one";
        EXPECT_THAT(room("version"), SizeIs(std::min<std::size_t>(number, 4))) << "three, and for the next one";
    }
    ASSERT_TRUE(spool_->release_unused());
    EXPECT_THAT(room("update"), SizeIs(0));
    EXPECT_THAT(room("version"), SizeIs(3));
    // A crash after the files were written and before their rows were.
    spool_.reset();
    std::filesystem::copy_file(folder_ / "node.db", folder_ / "before");
    reopen();
    learn(0.5F);
    ASSERT_TRUE(take(8));
    ASSERT_TRUE(spool_->begin_install(version(9), shared(federation_.weights(9))));
    spool_.reset();
    std::filesystem::rename(folder_ / "before", folder_ / "node.db");
    EXPECT_EQ(**reopen().base(), federation_.weights(8));
    EXPECT_THAT(room("update"), SizeIs(1)) << "not before it is known that rows and files are of one time";
    ASSERT_TRUE(spool_->release_unused());
    EXPECT_THAT(room("update"), SizeIs(0));
    EXPECT_THAT(room("version"), SizeIs(3));
}

TEST_F(SpoolTest, TakesOverWhatAnOlderProgramKeptInTheDatabase) {
    install(1);
    learn(0.5F);
    ASSERT_TRUE(spool_->keep_receipt(Sequence{1}, federation_.receipt(*take(1)).receipt));
    learn(0.25F);
    const auto update = take(2);
    ASSERT_TRUE(update);
    const Bytes sealed = spool_->chunk(Sequence{2}, 0).value();
    const DurableState before = spool_->load().value();
    spool_.reset();
    {
        const std::vector<float> base = federation_.weights(1);
        const std::vector<float> deltas[] = {std::vector<float>(base.size(), 0.5F),
                                             std::vector<float>(base.size(), 0.25F)};
        auto database = storage::Database::open(folder_ / "node.db");
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->run_script(R"(
            CREATE TABLE spool_base (
                version INTEGER NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (version, piece));
            ALTER TABLE spool_update RENAME TO newer;
            CREATE TABLE spool_update (
                sequence INTEGER PRIMARY KEY, lease BLOB NOT NULL, signed_lease BLOB NOT NULL, header BLOB NOT NULL,
                sealed_bytes INTEGER NOT NULL, content BLOB NOT NULL, signature BLOB NOT NULL, receipt BLOB,
                totals_before BLOB NOT NULL, delta BLOB NOT NULL);
            CREATE TABLE spool_sealed (
                sequence INTEGER NOT NULL REFERENCES spool_update (sequence) ON DELETE CASCADE,
                piece INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (sequence, piece));
            INSERT INTO spool_update SELECT sequence, lease, signed_lease, header, sealed_bytes, content, signature,
                receipt, totals_before, x'' FROM newer;
            DROP TABLE newer;
            DROP TABLE spool_version;)"));
        const ByteView halves[] = {std::as_bytes(std::span(base)).first(4), std::as_bytes(std::span(base)).subspan(4)};
        for (std::uint64_t piece = 0; piece < 2; ++piece) {
            ASSERT_TRUE(database->run("INSERT INTO spool_base VALUES (1, ?, ?)", piece, halves[piece]));
            ASSERT_TRUE(database->run("UPDATE spool_update SET delta = ? WHERE sequence = ?",
                                      std::as_bytes(std::span(deltas[piece])), piece + 1));
        }
        ASSERT_TRUE(database->run("INSERT INTO spool_sealed VALUES (2, 0, ?)", ByteView(sealed)));
        const Bytes manifest =
            ByteWriter().put(ByteView(before.manifest.signature)).put(ByteView(before.manifest.body)).bytes();
        ASSERT_TRUE(database->run("INSERT INTO spool_fact VALUES ('manifest', ?)", ByteView(manifest)));
        const Bytes as = ByteWriter().put(static_cast<std::uint8_t>(WeightEncoding::Mixed)).put(0.5F).bytes();
        ASSERT_TRUE(database->run("INSERT INTO spool_fact VALUES ('installed_as', ?)", ByteView(as)));
        ASSERT_TRUE(database->run("UPDATE spool_fact SET value = ? WHERE key = 'schema'",
                                  ByteView(ByteWriter().put(std::uint64_t{1}).bytes())));
    }
    for (const char* file : {"node.db-version-0", "node.db-update-0", "node.db-update-1"})
        std::filesystem::remove(folder_ / file);
    const auto after = reopen().load();
    ASSERT_TRUE(after);
    EXPECT_EQ(after->spool, before.spool);
    EXPECT_EQ(after->manifest, before.manifest);
    EXPECT_EQ(after->installed_as, (PushedAs{WeightEncoding::Mixed, 0.5F}));
    EXPECT_EQ(**reopen().base(), federation_.weights(1));
    EXPECT_FALSE(spool_->damaged(federation_.identity.verify_key()).value());
    EXPECT_THAT(opened(*update).delta, Each(0.25F));
    EXPECT_FALSE(take(3)) << "all that was learned is in those two";
    install(2, 1);
    EXPECT_THAT(weights_, Each(2.0F + 0.25F));
}

TEST_F(SpoolTest, InstallsTheFirstVersionAsItIs) {
    install(1);
    EXPECT_EQ(weights_, federation_.weights(1));
    EXPECT_EQ(**reopen().base(), federation_.weights(1));
    EXPECT_EQ(spool_->load()->installed, ModelVersion{1});
    EXPECT_TRUE(wire::open_manifest(spool_->load()->manifest, federation_.signing.verify_key()));
}

TEST_F(SpoolTest, RemembersWhatTheInstalledVersionWasPushedAs) {
    install(1);
    EXPECT_EQ(reopen().load()->installed_as, PushedAs{});
    InstallVersion next = version(2);
    next.as = {WeightEncoding::Mixed, 0.03125F};
    ASSERT_TRUE(spool_->begin_install(next, shared(federation_.weights(2))));
    EXPECT_EQ(reopen().load()->installed_as, PushedAs{}) << "not installed yet";
    ASSERT_TRUE(spool_->finish_install());
    EXPECT_EQ(reopen().load()->installed_as, (PushedAs{WeightEncoding::Mixed, 0.03125F}));
}

TEST_F(SpoolTest, SaysBeforehandWhatTheWeightsWillBeOnceAVersionIsBegun) {
    for (const std::uint64_t counted : {0, 1, 2}) {
        spool_.reset();
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
        weights_.clear();
        install(1);
        for (const std::uint64_t sequence : {1, 2}) {
            learn(0.25F);
            ASSERT_TRUE(take(sequence));
            ASSERT_TRUE(spool_->keep_receipt(Sequence{sequence}, {}));
        }
        learn(0.125F);
        const auto before = spool_->rebased(weights_, sharing_, Sequence{counted}, federation_.weights(2));
        ASSERT_TRUE(spool_->begin_install(version(2, counted), shared(federation_.weights(2))));
        EXPECT_EQ(*before, *spool_->rebased(weights_, sharing_)) << counted;
        EXPECT_NEAR(before->back(), 2.0F + 0.125F + 0.25F * static_cast<float>(2 - counted), 1e-6) << counted;
    }
}

TEST_F(SpoolTest, AnInstallationThatWasBegunIsFoundAfterACrash) {
    install(1);
    ASSERT_TRUE(spool_->begin_install(version(2, 3), shared(federation_.weights(2))));
    auto unfinished = *reopen().unfinished();
    ASSERT_TRUE(unfinished);
    EXPECT_EQ(unfinished->version, ModelVersion{2});
    EXPECT_EQ(spool_->load()->installed, ModelVersion{1}) << "not before it is finished";
    EXPECT_EQ(*spool_->rebased(weights_, sharing_), federation_.weights(2));
    ASSERT_TRUE(reopen().finish_install());
    EXPECT_FALSE(*reopen().unfinished());
    EXPECT_EQ(spool_->load()->installed, ModelVersion{2});
    EXPECT_EQ(**spool_->base(), federation_.weights(2));
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
