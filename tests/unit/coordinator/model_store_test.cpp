#include "coordinator/models/model_store.hpp"

#include <gmock/gmock.h>

#include "common/base/random.hpp"
#include "common/crypto/hash.hpp"
#include "tests/unit/coordinator/service_fixture.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;

struct ModelStoreTest : ::testing::Test {
    storage::MemoryBlobStore blobs;
    ModelStore models{blobs};

    Digest put(float value) {
        const std::vector<float> weights(4, value);
        const Digest digest = crypto::sha256(std::as_bytes(std::span(weights)));
        EXPECT_TRUE(models.put(digest, weights));
        return digest;
    }
};

TEST_F(ModelStoreTest, SharesTheNewestWeightsAmongAllWhoReadThem) {
    const Digest newest = put(1.0F);
    const auto first = *models.bytes(newest, 4, 8);
    const auto second = *models.bytes(newest, 4, 8);
    EXPECT_EQ(first.bytes.data(), second.bytes.data());
    EXPECT_EQ(first.bytes.size(), 8U);
}

TEST_F(ModelStoreTest, SharesOlderWeightsForAsLongAsAPartOfThemIsOnItsWay) {
    const Digest older = put(1.0F);
    auto on_its_way = std::make_unique<SharedBytes>(*models.bytes(older, 0, 4));
    put(2.0F);
    EXPECT_EQ(models.bytes(older, 0, 4)->bytes.data(), on_its_way->bytes.data());
    on_its_way.reset();
    const auto first = *models.bytes(older, 0, 4);
    const auto second = *models.bytes(older, 0, 4);
    EXPECT_NE(first.bytes.data(), second.bytes.data()) << "each is read from its blob";
    EXPECT_THAT(*models.load(older), ElementsAre(1, 1, 1, 1));
}

TEST_F(ModelStoreTest, SharesTheEncodingsOfTheNewestWeightsAndReadsThoseOfOlderOnesFromTheirBlobs) {
    const auto layout = *parameters::ParameterLayout::of(small_model());
    const std::array encodings = {WeightEncoding::Float16, WeightEncoding::Float8};
    const auto put_all = [&](float value) {
        const std::vector<float> weights(layout.size(), value);
        const Digest digest = crypto::sha256(std::as_bytes(std::span(weights)));
        auto made = models.put(digest, weights, layout, encodings);
        EXPECT_TRUE(made) << made.error().message;
        EXPECT_EQ(made->at(0).weights, digest);
        EXPECT_EQ(made->at(1).encoding, WeightEncoding::Float8);
        return *made;
    };
    const auto older = put_all(1.0F);
    for (const wire::EncodedWeights& encoding : older) {
        const Digest& name = encoding.digests.back();
        EXPECT_EQ(models.bytes(name, 2, 4)->bytes.data(), models.bytes(name, 2, 4)->bytes.data());
        EXPECT_EQ(crypto::sha256(models.bytes(name, 0, encoding.bytes.back())->bytes), name);
    }
    put_all(2.0F);
    for (const wire::EncodedWeights& encoding : older) {
        const Digest& name = encoding.digests.back();
        const auto first = *models.bytes(name, 0, encoding.bytes.back());
        EXPECT_NE(first.bytes.data(), models.bytes(name, 0, encoding.bytes.back())->bytes.data());
        EXPECT_EQ(crypto::sha256(first.bytes), name);
    }
}

TEST_F(ModelStoreTest, MakesDifferencesToTheNewestAndLeavesOutThoseThatAreNoShorter) {
    const auto layout = *parameters::ParameterLayout::of(small_model());
    const std::array encodings = {WeightEncoding::Float16};
    const auto put_all = [&](const std::vector<float>& weights) {
        const Digest digest = crypto::sha256(std::as_bytes(std::span(weights)));
        EXPECT_TRUE(models.put(digest, weights, layout, encodings));
        return digest;
    };
    const Digest base = put_all(std::vector<float>(layout.size(), 1.0F));
    const Digest newest = put_all(std::vector<float>(layout.size(), 1.5F));
    const auto made = *models.put_differences(base, newest, layout, encodings);
    ASSERT_EQ(made.size(), 2U);
    EXPECT_EQ(made[0].values.back(), newest) << "those of float32 are the version itself";
    EXPECT_EQ(made[1].encoding, WeightEncoding::Float16);
    const Digest& name = made[0].digests.back();
    EXPECT_EQ(models.bytes(name, 0, 4)->bytes.data(), models.bytes(name, 0, 4)->bytes.data()) << "shared";
    EXPECT_EQ(crypto::sha256(models.bytes(name, 0, made[0].bytes.back())->bytes), name);

    std::vector<float> noise(layout.size());
    Random random(1);
    for (float& value : noise)
        value = static_cast<float>(random.uniform() * 2 - 1);
    EXPECT_TRUE(models.put_differences(newest, put_all(noise), layout, {})->empty());
    EXPECT_EQ(models.put_differences(Digest{}, newest, layout, {}).error().code, ErrorCode::NotFound);
}

TEST_F(ModelStoreTest, KeepsNothingInMemoryThatIsLarge) {
    const std::vector<float> weights((32U << 18U) + 1, 0.5F);
    const Digest digest = crypto::sha256(std::as_bytes(std::span(weights)));
    ASSERT_TRUE(models.put(digest, weights));
    const auto first = *models.bytes(digest, 4, 8);
    const auto second = *models.bytes(digest, 4, 8);
    EXPECT_NE(first.bytes.data(), second.bytes.data()) << "each is read from its blob";
    EXPECT_TRUE(*models.load(digest) == weights);
}

TEST_F(ModelStoreTest, ReadsFromItsBlobWhatIsNotInMemory) {
    const Digest older = put(1.0F);
    put(2.0F);
    const std::vector<float> ones(2, 1.0F);
    EXPECT_EQ(to_hex(models.bytes(older, 4, 8)->bytes), to_hex(std::as_bytes(std::span(ones))));
    EXPECT_EQ(models.bytes(Digest{}, 0, 4).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace skerry::coordinator
