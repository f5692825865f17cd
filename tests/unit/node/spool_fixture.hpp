#pragma once

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "common/crypto/random.hpp"
#include "edge-node/spool/spool.hpp"
#include "tests/unit/node/federation.hpp"

namespace skerry::node::testing {

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
        ASSERT_TRUE(spool.begin_install(version(number, counted), shared(federation_.weights(number))));
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

}  // namespace skerry::node::testing
