#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "edge-node/serving/classify.hpp"
#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

// Goal: a request sees one version from its first to its last stage, while weights are swapped as fast as they can be.
TEST(SnapshotSlot, GivesWholeVersionsToReadersWhileItIsSwapped) {
    SnapshotSlot slot;
    slot.publish(testing::small_snapshot());
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    std::atomic<int> answers = 0;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            ClassifyScratch scratch;
            std::uint64_t last = 0;
            while (!stop) {
                const auto snapshot = slot.current();
                EXPECT_GE(snapshot->version.local, last);
                last = snapshot->version.local;
                // The version says which tier it holds.
                const Tier held = last % 2 == 0 ? Tier::Light : Tier::Heavy;
                EXPECT_EQ(classify(*snapshot, {1, 1}, Router(), Tier::Heavy, scratch).tier, held);
                ++answers;
            }
        });
    }
    for (std::uint64_t version = 4; version < 400 || answers < 1000; ++version) {
        slot.publish(testing::small_snapshot(version % 2 == 0 ? Tier::Light : Tier::Heavy, {ModelVersion{7}, version}));
    }
    stop = true;
    for (std::thread& reader : readers)
        reader.join();
}

}  // namespace
}  // namespace skerry::node
