#include <fstream>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/unit/coordinator/service_fixture.hpp"

// What it finds and leaves in its directory.
namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;

TEST_F(ServiceTest, KeepsItsDirectoryToItself) {
    boost::asio::io_context other;
    const auto second = Service::start(other, directory_, config_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    const auto again = create_federation(directory_, {small_model(), 5, ""});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    for (const char* const key : {"root", "signing", "seal", "transport"}) {
        struct stat status {};
        ASSERT_EQ(::stat(directory_.key(key).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
    }
}

TEST_F(ServiceTest, AsksForALostHistoryInsteadOfMakingANewOne) {
    stop();
    std::filesystem::remove(directory_.history());
    std::filesystem::remove(directory_.history().string() + "-wal");
    for (const bool empty : {false, true}) {
        if (empty) std::ofstream(directory_.history()).flush();
        const auto started = Service::start(loop_, directory_, config_);
        ASSERT_FALSE(started);
        EXPECT_THAT(started.error().message, HasSubstr("missing or damaged"));
        EXPECT_THAT(started.error().message, HasSubstr("restore it"));
        EXPECT_EQ(std::filesystem::exists(directory_.history()), empty);
    }
}

TEST_F(ServiceTest, IsMadeOnlyInADirectoryOfItsOwn) {
    const Directory used{directory_.path.parent_path() / "used"};
    std::filesystem::create_directory(used.path);
    std::filesystem::permissions(used.path, std::filesystem::perms{0755});
    std::ofstream(used.path / "letter") << "mine";
    EXPECT_EQ(create_federation(used, {small_model(), 5, ""}).error().code, ErrorCode::Conflict);
    EXPECT_EQ(std::filesystem::status(used.path).permissions(), std::filesystem::perms{0755});
    std::filesystem::remove(used.path / "letter");
    EXPECT_TRUE(create_federation(used, {small_model(), 5, ""}));
}

TEST_F(ServiceTest, NamesTheRulesOfTheFrontEndWhereTheOperatorDidNot) {
    parameters::ModelSpec spec = small_model();
    spec.modality = parameters::Modality::Text;
    spec.input = parameters::InputSpec::of(parameters::HashedText{.bytes = 64, .features = 64});
    spec.input.front_end_is_named = false;
    const Directory messages{directory_.path.parent_path() / "messages"};
    ASSERT_TRUE(create_federation(messages, {spec, 5, ""}));
    const auto journal = ledger::SqliteJournal::open(messages.history());
    ASSERT_TRUE(journal);
    const auto events = journal->read(ledger::kFederationStream, 0, 1);
    ASSERT_TRUE(events);
    const auto& created = std::get<ledger::FederationCreated>(events->front().event);
    EXPECT_THAT(created.model, HasSubstr("front_end = \"hashed-text-1\""));
    EXPECT_EQ(created.identity, parameters::identity_of(*parameters::parse_model(created.model)));
}

TEST_F(ServiceTest, SaysWhereItListens) {
    std::ifstream file(directory_.endpoints());
    const json endpoints = json::parse(file);
    EXPECT_EQ(endpoints["fleet"], service_->endpoints().fleet);
    EXPECT_EQ(endpoints["enrol"], service_->endpoints().enrol);
    EXPECT_THAT(std::string(endpoints["fleet"]), HasSubstr("tcp://" + skerry::testing::own_loopback() + ":"));
}

TEST_F(ServiceTest, ErasesAtItsStartWhatNoHistoryNeedsAndNothingElse) {
    auto first = joined("first");
    const auto grant = first->ask<wire::LeaseGrant>(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    const auto update = first->seal(grant.lease, std::vector<float>(size(), 0.5F), 100);
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(first->deliver(grant.lease, update)));
    const Digest weights = service_->federation().newest().weights;
    stop();
    // As a process leaves it that ends between the bytes and the word about them.
    const Bytes orphan(3 * limits::kChunkBytes, std::byte{7});
    const Digest stray = crypto::sha256(orphan);
    {
        const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
        ASSERT_TRUE(blobs->put(stray, orphan));
    }
    start();
    stop();
    {
        const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
        EXPECT_FALSE(*blobs->has(stray));
        EXPECT_TRUE(*blobs->has(weights));
        EXPECT_TRUE(*blobs->has(update.content)) << "it waits for its round";
    }
    start();
    auto second = joined("second");
    second->contribute(ModelVersion{1}, std::vector<float>(size(), 0.25F), 100);
    ASSERT_TRUE(run_until(loop_, [&] { return service_->federation().newest().version == ModelVersion{2}; }));
    stop();
    start();
    EXPECT_TRUE(data("POST", "/v1/rounds/1/verify")["intact"]) << "what was counted is kept to prove it";
}

TEST_F(ServiceTest, ErasesNothingBesideAHistoryThatIsAnOlderCopy) {
    stop();
    const auto copy = directory_.path.parent_path() / "copy.db";
    std::filesystem::copy_file(directory_.history(), copy);
    start();
    auto first = joined("first");
    const auto grant = first->ask<wire::LeaseGrant>(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    const auto update = first->seal(grant.lease, std::vector<float>(size(), 0.5F), 100);
    ASSERT_TRUE(std::holds_alternative<wire::Receipt>(first->deliver(grant.lease, update)));
    stop();
    std::filesystem::copy_file(copy, directory_.history(), std::filesystem::copy_options::overwrite_existing);
    for (int time = 0; time < 2; ++time) {
        start();
        token();  // a commit does not make the copy newer
        stop();
    }
    EXPECT_TRUE(*(*storage::DiskBlobStore::open(directory_.blobs()))->has(update.content));
}

}  // namespace
}  // namespace skerry::coordinator
