#include "coordinator/models/model_store.hpp"

#include <gmock/gmock.h>

#include "common/crypto/hash.hpp"

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
    const auto put_both = [this](float value) {
        const std::vector<float> weights(4, value);
        const Digest digest = crypto::sha256(std::as_bytes(std::span(weights)));
        EncodedVersion half;
        half.bytes = Bytes(8, static_cast<std::byte>(value));
        half.what.digests.fill(crypto::sha256(half.bytes));
        EXPECT_TRUE(models.put(digest, weights, {half}));
        return half.what.digests.back();
    };
    const Digest older = put_both(1.0F);
    EXPECT_EQ(models.bytes(older, 2, 4)->bytes.data(), models.bytes(older, 2, 4)->bytes.data());
    const Digest newest = put_both(2.0F);
    EXPECT_THAT(models.bytes(newest, 6, 2)->bytes, ElementsAre(std::byte{2}, std::byte{2}));
    EXPECT_THAT(models.bytes(older, 6, 2)->bytes, ElementsAre(std::byte{1}, std::byte{1}));
    EXPECT_TRUE(*blobs.has(older));
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
