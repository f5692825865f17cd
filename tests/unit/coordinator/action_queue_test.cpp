#include "coordinator/service/action_queue.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "coordinator/ledger/memory_journal.hpp"
#include "tests/support/passing_blob_store.hpp"
#include "tests/unit/coordinator/test_peer.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Notes what is done to the disk and to the world, in order.
struct ActionQueueTest : ::testing::Test {
    class NotedBlobs final : public PassingBlobStore {
    public:
        NotedBlobs(storage::BlobStore& inner, std::vector<std::string>& log) : PassingBlobStore(inner), log_(log) {}
        Result<> append(const Digest& name, std::uint64_t offset, ByteView bytes) override {
            if (broken) return fail(ErrorCode::Unavailable, "the disk is full");
            if (offset == 0) note("piece", name);
            return PassingBlobStore::append(name, offset, bytes);
        }
        Result<> finish(const Digest& name) override {
            note("blob", name);
            return PassingBlobStore::finish(name);
        }
        bool broken = false;

    private:
        void note(const std::string& what, const Digest& name) const {
            log_.push_back(what + " " + std::to_string(std::to_integer<int>(name[0])));
        }
        std::vector<std::string>& log_;
    };

    std::vector<std::string> log;
    boost::asio::io_context loop;
    ledger::MemoryJournal::Disk disk = ledger::MemoryJournal::Disk::Works;
    ledger::MemoryJournal journal{[this] { return disk; }};
    storage::MemoryBlobStore memory;
    NotedBlobs blobs{memory, log};
    DraftHashes hashes;
    Worker worker{loop};
    bool failed = false;
    ActionQueue queue{
        loop,
        journal,
        0,
        blobs,
        hashes,
        worker,
        {[this](const Action& action) { log.push_back("answer " + std::to_string(std::get<Answer>(action).ticket)); },
         [this](const ledger::Events& events) { log.push_back("commit of " + std::to_string(events.size())); },
         [this](const Error&) { failed = true; }, [] {}}};

    static Digest content(int number) {
        Digest content{};
        content[0] = static_cast<std::byte>(number);
        return content;
    }
    static KeepPiece piece(int number) { return {content(number), 0, Bytes(100)}; }
    static StoreBlob blob(int number) { return {content(number), 100, {}}; }
    static Append append() { return {{ledger::RoundAbandoned{}}}; }
    void settle() {
        ASSERT_TRUE(run_until(loop, [this] { return queue.idle() || failed; }));
    }
};

TEST_F(ActionQueueTest, CommitsWhatCameTogetherAtOnceAndAnswersAfterwards) {
    queue.push({piece(1), blob(1), append(), Answer{1, {}}});
    queue.push({append(), Answer{2, {}}});
    queue.push({piece(3), blob(3), append(), Answer{3, {}}});
    settle();
    EXPECT_THAT(
        log, ElementsAre("piece 1", "blob 1", "piece 3", "blob 3", "commit of 3", "answer 1", "answer 2", "answer 3"));
}

TEST_F(ActionQueueTest, LetsNothingPassABlobThatIsBeingWritten) {
    queue.push({Answer{1, {}}, piece(1), blob(1), append(), Answer{2, {}}});
    queue.push({Answer{3, {}}});
    settle();
    EXPECT_THAT(log, ElementsAre("answer 1", "piece 1", "blob 1", "commit of 1", "answer 2", "answer 3"));
}

TEST_F(ActionQueueTest, SaysNothingMoreWhenTheJournalFails) {
    disk = ledger::MemoryJournal::Disk::FailsAfter;
    queue.push({append(), Answer{1, {}}});
    settle();
    EXPECT_TRUE(failed);
    EXPECT_THAT(log, IsEmpty());
}

TEST_F(ActionQueueTest, SaysNothingMoreWhenABlobCannotBeWritten) {
    blobs.broken = true;
    queue.push({piece(1), blob(1), append(), Answer{1, {}}});
    settle();
    EXPECT_TRUE(failed);
    EXPECT_THAT(log, IsEmpty());
    EXPECT_THAT(journal.events(ledger::kFederationStream), IsEmpty());
}

TEST_F(ActionQueueTest, StopsWhenAnotherCoordinatorHasWritten) {
    ASSERT_TRUE(journal.append(ledger::kFederationStream, 0, {ledger::RoundAbandoned{}}));
    queue.push({append(), Answer{1, {}}});
    settle();
    EXPECT_TRUE(failed);
    EXPECT_THAT(log, IsEmpty());
}

}  // namespace
}  // namespace skerry::coordinator
