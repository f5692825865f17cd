#include "coordinator/service/action_queue.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "coordinator/ledger/memory_journal.hpp"
#include "tests/unit/coordinator/test_peer.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Notes what is done to the disk and to the world, in order.
struct ActionQueueTest : ::testing::Test {
    class NotedBlobs final : public storage::BlobStore {
    public:
        explicit NotedBlobs(std::vector<std::string>& log) : log_(log) {}
        Result<> put(const Digest& name, ByteView blob) override {
            if (broken) return fail(ErrorCode::Unavailable, "the disk is full");
            log_.push_back("blob " + std::to_string(std::to_integer<int>(name[0])));
            return blobs_.put(name, blob);
        }
        Result<Bytes> get(const Digest& name) const override { return blobs_.get(name); }
        Result<Bytes> get_range(const Digest& name, std::uint64_t offset, std::size_t count) const override {
            return blobs_.get_range(name, offset, count);
        }
        Result<std::uint64_t> size(const Digest& name) const override { return blobs_.size(name); }
        Result<bool> has(const Digest& name) const override { return blobs_.has(name); }
        Result<> erase(const Digest& name) override { return blobs_.erase(name); }
        Result<std::vector<Digest>> names() const override { return blobs_.names(); }
        bool broken = false;

    private:
        std::vector<std::string>& log_;
        storage::MemoryBlobStore blobs_;
    };

    std::vector<std::string> log;
    boost::asio::io_context loop;
    ledger::MemoryJournal::Disk disk = ledger::MemoryJournal::Disk::Works;
    ledger::MemoryJournal journal{[this] { return disk; }};
    NotedBlobs blobs{log};
    Worker worker{loop};
    bool failed = false;
    ActionQueue queue{
        loop,
        journal,
        0,
        blobs,
        worker,
        {[this](const Action& action) { log.push_back("answer " + std::to_string(std::get<Answer>(action).ticket)); },
         [this](const ledger::Events& events) { log.push_back("commit of " + std::to_string(events.size())); },
         [this](const Error&) { failed = true; }, [] {}}};

    static StoreBlob blob(int number) {
        auto update = std::make_shared<wire::SealedUpdate>();
        update->content[0] = static_cast<std::byte>(number);
        return {std::move(update)};
    }
    static Append append() { return {{ledger::RoundAbandoned{}}}; }
    void settle() {
        ASSERT_TRUE(run_until(loop, [this] { return queue.idle() || failed; }));
    }
};

TEST_F(ActionQueueTest, CommitsWhatCameTogetherAtOnceAndAnswersAfterwards) {
    queue.push({blob(1), append(), Answer{1, {}}});
    queue.push({append(), Answer{2, {}}});
    queue.push({blob(3), append(), Answer{3, {}}});
    settle();
    EXPECT_THAT(log, ElementsAre("blob 1", "blob 3", "commit of 3", "answer 1", "answer 2", "answer 3"));
}

TEST_F(ActionQueueTest, LetsNothingPassABlobThatIsBeingWritten) {
    queue.push({Answer{1, {}}, blob(1), append(), Answer{2, {}}});
    queue.push({Answer{3, {}}});
    settle();
    EXPECT_THAT(log, ElementsAre("answer 1", "blob 1", "commit of 1", "answer 2", "answer 3"));
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
    queue.push({blob(1), append(), Answer{1, {}}});
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
