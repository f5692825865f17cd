#include "edge-node/spool/arriving_file.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::node {
namespace {

struct ArrivingFileTest : ::testing::Test {
    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "node.db-arriving";

    static Announced version(std::uint64_t number, std::uint64_t bytes) {
        Announced announced;
        announced.manifest.version = ModelVersion{number};
        announced.signed_manifest = {Bytes(300, std::byte{3}), {}};
        announced.signed_manifest.signature[5] = std::byte{9};
        announced.counted = Sequence{7};
        announced.as = {WeightEncoding::Mixed, 0.5F};
        announced.bytes = bytes;
        announced.digest[1] = std::byte{1};
        return announced;
    }
    static Bytes chunk(unsigned value, std::size_t size = limits::kChunkBytes) {
        return Bytes(size, static_cast<std::byte>(value));
    }
    void cut(std::uintmax_t bytes) const {
        std::filesystem::resize_file(path, std::filesystem::file_size(path) - bytes);
    }
};

TEST_F(ArrivingFileTest, GoesOnBehindTheWholeChunksThatAnotherProcessHasLeft) {
    const Announced announced = version(4, 3 * limits::kChunkBytes + 10);
    {
        ArrivingFile file(path);
        EXPECT_TRUE(file.begin(announced));
        for (unsigned value = 1; value <= 3; ++value)
            EXPECT_TRUE(file.append(chunk(value)));
    }
    cut(1);
    ArrivingFile file(path);
    const auto found = file.open();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->what, announced);
    EXPECT_EQ(found->chunks, 2U);
    EXPECT_TRUE(file.append(chunk(8)));
    EXPECT_TRUE(file.append(chunk(9, 10)));
    Bytes all = chunk(1);
    for (const Bytes& more : {chunk(2), chunk(8), chunk(9, 10)})
        all.insert(all.end(), more.begin(), more.end());
    EXPECT_TRUE(*file.bytes() == all);
    EXPECT_EQ(ArrivingFile(path).open()->chunks, 4U) << "the last is shorter";
}

TEST_F(ArrivingFileTest, KeepsADifferencesNames) {
    Announced announced = version(4, 100);
    announced.difference = AnnouncedDifference{ModelVersion{3}, {}, 20, {}, {}};
    announced.difference->values[31] = std::byte{4};
    ArrivingFile(path).begin(announced);
    const auto found = ArrivingFile(path).open();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->what, announced);
}

TEST_F(ArrivingFileTest, HoldsOneVersionAndNothingOfTheOneBefore) {
    ArrivingFile file(path);
    file.begin(version(4, 2 * limits::kChunkBytes));
    file.append(chunk(1));
    file.begin(version(5, 100));
    file.append(chunk(2, 100));
    EXPECT_EQ(*file.bytes(), chunk(2, 100));
    EXPECT_EQ(ArrivingFile(path).open()->what.manifest.version, ModelVersion{5});
    file.remove();
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_FALSE(ArrivingFile(path).open());
}

TEST_F(ArrivingFileTest, FindsNothingWhereItsHeadIsCutOffOrAltered) {
    ArrivingFile(path).begin(version(4, 100));
    std::ifstream in(path, std::ios::binary);
    const std::string head((std::istreambuf_iterator<char>(in)), {});
    const auto finds = [this](const std::string& bytes) {
        std::ofstream(path, std::ios::binary) << bytes;
        return ArrivingFile(path).open().has_value();
    };
    EXPECT_TRUE(finds(head));
    for (std::size_t at = 0; at < head.size(); ++at) {
        EXPECT_FALSE(finds(head.substr(0, at))) << at;
        std::string altered = head;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        EXPECT_FALSE(finds(altered)) << at;
    }
}

TEST_F(ArrivingFileTest, KeepsInMemoryWhatTheDiskDoesNotTake) {
    ArrivingFile file(folder.path() / "no such folder" / "file");
    EXPECT_FALSE(file.begin(version(4, 100)));
    EXPECT_FALSE(file.append(chunk(2, 60)));
    std::filesystem::create_directory(folder.path() / "no such folder");
    EXPECT_TRUE(file.append(chunk(3, 40)));
    Bytes all = chunk(2, 60);
    all.resize(100, std::byte{3});
    EXPECT_EQ(*file.bytes(), all);
    EXPECT_EQ(ArrivingFile(folder.path() / "no such folder" / "file").open()->chunks, 1U);
}

}  // namespace
}  // namespace skerry::node
