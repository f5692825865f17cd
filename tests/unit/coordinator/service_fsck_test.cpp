#include <fstream>

#include <gmock/gmock.h>

#include "coordinator/service/fsck.hpp"
#include "coordinator/service/high_water.hpp"
#include "tests/support/passing_blob_store.hpp"
#include "tests/unit/coordinator/lived_fixture.hpp"

// What 'skerry fsck' says of a history and of blobs that something has happened to.
namespace skerry::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FsckTest : public LivedTest {
protected:
    Findings found() {
        auto found = fsck(directory_);
        EXPECT_TRUE(found) << found.error().message;
        return found.value_or(Findings{});
    }
    void flip_a_byte(const Digest& name, std::size_t at_from_end) {
        with_blobs([&](storage::BlobStore& blobs) {
            Bytes altered = *blobs.get(name);
            altered[altered.size() - at_from_end] ^= std::byte{1};
            ASSERT_TRUE(blobs.erase(name) && blobs.put(name, altered));
        });
    }
    ledger::Version append(const ledger::Events& events) {
        auto journal = *ledger::SqliteJournal::open(directory_.history());
        const auto all = *journal.read(ledger::kFederationStream, 0, 1000);
        return journal.append(ledger::kFederationStream, all.back().version, events).value_or(0);
    }
    template <class Event>
    Event last() {
        auto journal = *ledger::SqliteJournal::open(directory_.history());
        const auto all = *journal.read(ledger::kFederationStream, 0, 1000);
        Event found;
        for (const auto& recorded : all) {
            if (const auto* event = std::get_if<Event>(&recorded.event)) found = *event;
        }
        return found;
    }
};

TEST_F(FsckTest, FindsNothingWrongWithASoundDirectory) {
    live_a_little();
    const Findings sound = found();
    EXPECT_THAT(sound.problems, IsEmpty());
    EXPECT_EQ(sound.updates, 3U);
    EXPECT_EQ(sound.versions, 2U);
    EXPECT_EQ(sound.newest, ModelVersion{2});
    EXPECT_EQ(sound.blobs, 2U + 3U);
    EXPECT_FALSE(std::filesystem::exists(directory_.scratch()));
}

TEST_F(FsckTest, RunsBesideTheCoordinatorAndTakesNoEncodingForAStray) {
    live_a_little();
    start();
    const json found = data("POST", "/v1/fsck");
    EXPECT_EQ(found["clean"], true) << found["problems"];
    EXPECT_EQ(found["strays"], 0) << found["notes"];
    EXPECT_EQ(found["blobs"], 5);
    const json status = data("GET", "/v1/status");
    EXPECT_EQ(status["version"], 2) << "it goes on serving";
    EXPECT_FALSE(std::filesystem::exists(directory_.scratch()));
    EXPECT_EQ(data("POST", "/v1/fsck")["clean"], true) << "and may be asked again";
}

TEST_F(FsckTest, NamesABlobWithAFlippedByteWhereverItIs) {
    live_a_little();
    flip_a_byte(waiting_, 1);  // of the signature, which the content's hash does not cover
    EXPECT_THAT(found().problems, ElementsAre(AllOf(HasSubstr("update 2 of node "), HasSubstr("is damaged"))));
    flip_a_byte(waiting_, 1);
    EXPECT_THAT(found().problems, IsEmpty());
    flip_a_byte(waiting_, 100);
    EXPECT_THAT(found().problems, ElementsAre(HasSubstr("is damaged: restore blobs/ from a backup")));
    flip_a_byte(waiting_, 100);
    flip_a_byte(newest_, 3);
    EXPECT_THAT(found().problems, ElementsAre(HasSubstr("the weights of version 2")));
}

TEST_F(FsckTest, NamesABlobThatIsMissingWhileTheCoordinatorRuns) {
    live_a_little();
    with_blobs([this](storage::BlobStore& blobs) { ASSERT_TRUE(blobs.erase(waiting_)); });
    start();
    const json found = data("POST", "/v1/fsck");
    EXPECT_EQ(found["clean"], false);
    ASSERT_THAT(found["problems"], SizeIs(1));
    EXPECT_THAT(found["problems"][0].get<std::string>(), HasSubstr("is missing: restore blobs/"));
}

TEST_F(FsckTest, NamesTheEntryAtWhichTheJournalsChainBreaks) {
    live_a_little();
    start();
    with_history("UPDATE journal SET body = X'0011' WHERE version = 4");
    const json found = data("POST", "/v1/fsck");
    EXPECT_EQ(found["clean"], false);
    EXPECT_EQ(found["entries"], 3);
    ASSERT_THAT(found["problems"], SizeIs(1));
    EXPECT_THAT(found["problems"][0].get<std::string>(), HasSubstr("journal entry 4 is missing or was changed"));
    EXPECT_THAT(found["notes"][0].get<std::string>(), HasSubstr("were not compared"));
    const json proof = data("POST", "/v1/audit/verify");
    EXPECT_EQ(proof["whole"], false);
    EXPECT_EQ(proof["entries"], 3);
}

TEST_F(FsckTest, NamesEachRowThatSaysOtherwiseThanTheJournal) {
    live_a_little();
    with_history("UPDATE rounds SET state = 'open' WHERE id = 1");
    with_history("DELETE FROM totals WHERE node = (SELECT min(node) FROM totals)");
    with_history("INSERT INTO confusions (node, truth, predicted, count) VALUES (X'00', 1, 2, 3)");
    with_history("UPDATE updates SET weight = weight + 1");
    const Findings wrong = found();
    EXPECT_THAT(wrong.problems, SizeIs(1 + 1 + 1 + 3));
    EXPECT_THAT(wrong.problems,
                Contains(HasSubstr("the table rounds says otherwise than the journal of id 1: state is 'open', not "
                                   "'published': stop the coordinator and run 'skerry-coordinator repair'")));
    EXPECT_THAT(wrong.problems, Contains(HasSubstr("the table totals lacks the row of node ")));
    EXPECT_THAT(wrong.problems, Contains(HasSubstr("confusions has a row that the journal does not know, of node 00")));
    EXPECT_THAT(wrong.problems, Contains(HasSubstr("the table updates says otherwise")));
    ASSERT_TRUE(Service::start(loop_, directory_, config_)) << "a start does not look at all of this";
}

TEST_F(FsckTest, NamesAnUpdateThatSpendsALeaseAgain) {
    live_a_little();
    auto again = last<ledger::UpdateAccepted>();
    with_history("DELETE FROM updates WHERE sequence = 2");
    again.update.sequence = Sequence{3};
    const auto entry = append({again});
    ASSERT_GT(entry, 0U);
    EXPECT_THAT(found().problems,
                Contains(AllOf(HasSubstr("journal entry " + std::to_string(entry) + ": update 3 of node "),
                               HasSubstr(" spends a lease that update 2 of node "))));
    EXPECT_THAT(found().problems, Contains(HasSubstr("the receipt of update 3 of node "))) << "it is of another update";
}

TEST_F(FsckTest, NamesAVersionThatDoesNotFollowOrSaysOtherThanWhatWasCounted) {
    live_a_little();
    auto forged = last<ledger::VersionPublished>();
    forged.parent = ModelVersion{2};
    forged.version = ModelVersion{4};
    forged.round = RoundId{7};
    ASSERT_GT(append({forged}), 0U);
    EXPECT_THAT(found().problems, Contains(HasSubstr("version 4 does not follow version 2")));
    EXPECT_THAT(found().problems, Contains(HasSubstr("version 4 is of round 7, which was not frozen")));
}

TEST_F(FsckTest, NamesAReceiptOfAnotherCoordinator) {
    live_a_little();
    const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
    const ledger::StopFlag never{false};
    const auto wrong =
        fsck({directory_.history(), directory_.scratch(), blobs.get(), crypto::SigningKey::generate().verify_key(), 0},
             never);
    ASSERT_TRUE(wrong);
    EXPECT_THAT(wrong->problems, SizeIs(3 + 2)) << "three receipts and two manifests";
    EXPECT_THAT(wrong->problems, Contains(HasSubstr("of version 2, the manifest is not signed by this coordinator")));
}

TEST_F(FsckTest, NotesStraysWhichAreHarmless) {
    live_a_little();
    const auto before = found();
    with_blobs([](storage::BlobStore& blobs) { ASSERT_TRUE(blobs.put(Digest{std::byte{7}}, Bytes(10))); });
    const auto after = found();
    EXPECT_TRUE(after.clean());
    EXPECT_EQ(after.strays.size(), before.strays.size() + 1);
    EXPECT_THAT(after.notes, Contains(HasSubstr("harmless")));
}

TEST_F(FsckTest, NoticesAnOlderCopyOfTheHistory) {
    live_a_little();
    HighWater::open(directory_.high_water())->note(1000);
    EXPECT_THAT(found().problems, ElementsAre(HasSubstr("it has been at 1000: history.db is an older copy")));
}

// A coordinator that drops a version between the reading of the journal and that of the blobs.
class ErasingStore final : public PassingBlobStore {
public:
    ErasingStore(storage::BlobStore& inner, std::function<void()> before_first_size)
        : PassingBlobStore(inner), before_first_size_(std::move(before_first_size)) {}
    Result<std::uint64_t> size(const Digest& name) const override {
        if (before_first_size_) std::exchange(before_first_size_, nullptr)();
        return PassingBlobStore::size(name);
    }

private:
    mutable std::function<void()> before_first_size_;
};

TEST_F(FsckTest, LooksAgainAtWhatWasErasedMeanwhile) {
    live_a_little();
    const Digest initial = [this] {
        auto journal = *ledger::SqliteJournal::open(directory_.history());
        return ledger::History(journal.database()).version(ModelVersion{1})->weights;
    }();
    const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
    ErasingStore erasing(*blobs, [&] {
        append({ledger::VersionDropped{{}, ModelVersion{1}}});
        ASSERT_TRUE(blobs->erase(initial));
    });
    const ledger::StopFlag never{false};
    const auto keys = *load_keys(directory_);
    const auto found =
        fsck({directory_.history(), directory_.scratch(), &erasing, keys.ring.signing.verify_key(), 0}, never);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_THAT(found->problems, IsEmpty());
}

TEST_F(FsckTest, DoesNotFillTheDiskOfACoordinatorThatRuns) {
    live_a_little();
    const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
    const ledger::StopFlag never{false};
    const auto full = fsck({directory_.history(), directory_.scratch(), blobs.get(), {}, 0, 1ULL << 60U}, never);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(full.error().message, HasSubstr("free space under " + directory_.path.string()));
}

TEST_F(FsckTest, LeavesNothingBehindForLongEvenWhenItIsKilled) {
    stop();
    std::ofstream(directory_.scratch()) << "half a check";
    start();
    EXPECT_FALSE(std::filesystem::exists(directory_.scratch()));
}

TEST_F(FsckTest, EndsSoonWhenTheCoordinatorStops) {
    live_a_little();
    const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
    const ledger::StopFlag stop{true};
    const auto stopped = fsck({directory_.history(), directory_.scratch(), blobs.get(), {}, 0}, stop);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(std::filesystem::exists(directory_.scratch()));
}

}  // namespace
}  // namespace skerry::coordinator
