#include "coordinator/round/sealed_set.hpp"

#include <gmock/gmock.h>

#include "coordinator/admission/examine.hpp"
#include "coordinator/round/summing.hpp"
#include "tests/support/passing_blob_store.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::size_t kMany = 600'000;  // three chunks

/// Counts what is read.
class CountedBlobs final : public PassingBlobStore {
public:
    using PassingBlobStore::PassingBlobStore;
    Result<Bytes> read_draft(const Digest& name, std::uint64_t offset, std::size_t count) const override {
        read += count;
        return PassingBlobStore::read_draft(name, offset, count);
    }
    mutable std::uint64_t read = 0;
};

/// Updates of several tiers and norms, stored and examined.
struct SealedSetTest : ::testing::Test {
    SealedSetTest() { model.values = {kMany / 2, kMany, kMany + 10}; }

    static std::vector<float> delta(std::size_t values, float factor) {
        std::vector<float> all = wire::SampleUpdate::body_of(values).delta;
        for (float& value : all)
            value *= factor;
        return all;
    }
    wire::SealedUpdate sealed(Tier tier, std::vector<float> delta, const wire::DeltaPolicy& policy = {}) const {
        wire::SampleUpdate node;
        node.header.tier = tier;
        wire::UpdateBody body;
        if (policy.encoding == wire::DeltaEncoding::Float32) {
            body.delta = std::move(delta);
        } else {
            auto encoded = wire::encode_delta(delta, 0, policy);
            node.header.form = encoded.form;
            body.written = std::move(encoded.bytes);
        }
        return wire::seal(node.header, body, coordinator.public_key(), node.identity).value();
    }
    void add(const wire::SealedUpdate& update, std::uint64_t weight) {
        const auto header = wire::read_header(update.header).value();
        ASSERT_TRUE(memory.put(update.content, update.blob()));
        const Examination what{update.content, update.header, update.sealed.size(), 1e6F, {}};
        const auto found = examine(what, blobs, model, coordinator, DraftHashes());
        ASSERT_TRUE(found && std::holds_alternative<Sound>(*found));
        known.note(update.content, update.header, std::get<Sound>(*found).norms);
        set.push_back({header.update, update.content, header.tier, weight});
    }
    void add_some() {
        add(sealed(Tier::Medium, delta(kMany, 1)), 100);
        add(sealed(Tier::Medium, delta(kMany, -7)), 200);
        add(sealed(Tier::Light, delta(kMany / 2, 3)), 300);
        add(sealed(Tier::Medium, delta(kMany, 0.5F)), 50);
        add(sealed(Tier::Medium, delta(kMany, 2)), 10);
    }
    Result<RoundSum> sum(const std::string& rule, const ExaminedUpdates* examined, std::size_t memory_max) {
        RoundTerms terms{{rule, "none"}};
        terms.memory_max = memory_max;
        terms.examined = examined;
        blobs.read = 0;
        const auto parent = [&]() -> Result<std::vector<float>> { return std::vector<float>(model.values.back()); };
        return sum_round(set, parent, model, terms, blobs, coordinator);
    }
    void expect_the_same_sums(const std::string& rule) {
        const auto alone = sum(rule, nullptr, std::size_t{64} << 20U);
        ASSERT_TRUE(alone) << alone.error().message;
        for (const std::size_t room : {std::size_t{1} << 20U, std::size_t{6} << 20U, std::size_t{64} << 20U}) {
            for (const bool examined : {false, true}) {
                const auto other = sum(rule, examined ? &known : nullptr, room);
                ASSERT_TRUE(other) << other.error().message;
                EXPECT_EQ(other->sum, alone->sum) << rule << " in " << room;
                EXPECT_EQ(other->weights, alone->weights) << rule << " in " << room;
            }
        }
    }

    crypto::SealPrivateKey coordinator = crypto::SealPrivateKey::generate();
    ModelShape model;
    storage::MemoryBlobStore memory;
    CountedBlobs blobs{memory};
    ExaminedUpdates known;
    std::vector<Contribution> set;
};

TEST_F(SealedSetTest, GivesTheSameSumsWhateverIsKnownOfItsUpdatesAndHoweverLittleMemoryThereIs) {
    add_some();
    for (const char* const rule : {"mean", "norm_bound, mean", "norm_bound, median"})
        expect_the_same_sums(rule);
    add(sealed(Tier::Medium, delta(kMany, 4), {wire::DeltaEncoding::Top, 1000, false}), 100);
    add(sealed(Tier::Medium, delta(kMany, 0.1F), {wire::DeltaEncoding::Int8, 0, true}), 100);
    for (const char* const rule : {"mean", "norm_bound, mean"})
        expect_the_same_sums(rule);
}

TEST_F(SealedSetTest, ReadsAnExaminedUpdateForNeitherItsHashNorItsNorm) {
    add_some();
    const std::size_t tight = std::size_t{6} << 20U;  // too little to keep updates from one pass to the next
    const auto alone = sum("norm_bound, mean", nullptr, tight);
    const std::uint64_t read_alone = blobs.read;
    const auto examined = sum("norm_bound, mean", &known, tight);
    ASSERT_TRUE(alone && examined);
    EXPECT_LT(2 * blobs.read, read_alone);
}

TEST_F(SealedSetTest, TakesNothingElseForAnUpdateThatWasExamined) {
    add_some();
    const Digest content = set[1].content;
    ASSERT_TRUE(memory.erase(content));
    ASSERT_TRUE(memory.put(content, sealed(Tier::Medium, delta(kMany, 9)).blob()));
    const auto made = sum("norm_bound, mean", &known, std::size_t{64} << 20U);
    ASSERT_FALSE(made) << "another update lies where it was";
    EXPECT_THAT(made.error().message, ::testing::HasSubstr("its header is another"));
    known.forget(set);
    EXPECT_EQ(known.find(content), nullptr);
    EXPECT_THAT(sum("mean", &known, std::size_t{64} << 20U).error().message,
                ::testing::HasSubstr("its hash is another"));
}

TEST_F(SealedSetTest, LendsSeveralPartsOnlyWhereTheyAreShort) {
    add_some();
    const auto lent = [&](std::size_t memory_max) {
        return SealedSet(set, blobs, coordinator, memory_max).lend(4).value();
    };
    EXPECT_EQ(lent(std::size_t{64} << 20U), 4U);
    EXPECT_EQ(lent(std::size_t{1} << 20U), 1U) << "chunks are not kept, so parts are long";
    add(sealed(Tier::Medium, delta(kMany, 4), {wire::DeltaEncoding::Top, 1000, false}), 100);
    EXPECT_EQ(lent(std::size_t{64} << 20U), 1U) << "one is decoded whole, so parts are";
}

}  // namespace
}  // namespace skerry::coordinator
