#include "common/storage/slot_files.hpp"

#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace skerry::storage {
namespace {

namespace fs = std::filesystem;
using Slot = SlotFiles::Slot;

class SlotFilesTest : public testing::Test {
protected:
    void write(Slot slot, std::uint64_t number, std::string_view text) {
        ASSERT_TRUE(files_.write(slot, {number, text.size()}, std::array{bytes_of(text)}));
    }
    std::string piece(Slot slot, SlotFiles::Value value, std::uint64_t offset, std::size_t count) {
        Bytes bytes(count);
        const auto read = files_.read(slot, value, offset, bytes);
        return read ? std::string(text_of(bytes)) : std::string(name_of(read.error().code));
    }
    [[nodiscard]] std::uintmax_t room(Slot slot) const {
        return fs::file_size(folder_.path() / ("value-" + std::to_string(slot)));
    }

    const TemporaryFolder folder_;
    SlotFiles files_{folder_.path() / "value"};
};

TEST_F(SlotFilesTest, ReadAPieceOfAValueAndNothingOfAnother) {
    write(4, 7, "a value of some length");
    EXPECT_EQ(piece(4, {7, 22}, 2, 5), "value");
    EXPECT_EQ(piece(4, {7, 22}, 0, 0), "");
    EXPECT_EQ(piece(4, {7, 22}, 16, 6), "length");
    EXPECT_EQ(piece(4, {7, 22}, 16, 7), "not_found") << "it ends before";
    EXPECT_EQ(piece(4, {8, 22}, 2, 5), "not_found") << "of another time";
    EXPECT_EQ(piece(4, {7, 21}, 2, 5), "not_found") << "of another length";
    EXPECT_EQ(piece(5, {7, 22}, 2, 5), "not_found") << "in no slot";
}

TEST_F(SlotFilesTest, CutAValueAndStillReadWhatIsBeforeTheCut) {
    write(0, 1, "kept, and not kept");
    const std::uintmax_t before = room(0);
    files_.cut(0, 4);
    EXPECT_EQ(room(0), before - 14);
    EXPECT_EQ(piece(0, {1, 18}, 0, 4), "kept");
    EXPECT_EQ(piece(0, {1, 18}, 0, 5), "not_found");
    EXPECT_FALSE(files_.read(0, {1, 18})) << "not all of it is there";
    files_.cut(0, 10);
    EXPECT_EQ(room(0), before - 14) << "nothing grows again";
}

TEST_F(SlotFilesTest, ReleaseWhatNobodySpeaksOfAndNothingElse) {
    for (Slot slot = 0; slot < 12; ++slot)
        write(slot, slot, "value");
    const fs::path other = folder_.path() / "value-of-another";
    fs::copy_file(folder_.path() / "value-1", other);
    files_.release_all_but([](Slot slot) { return slot == 3 || slot == 11; });
    for (Slot slot = 0; slot < 12; ++slot)
        EXPECT_EQ(room(slot) > 0, slot == 3 || slot == 11) << slot;
    EXPECT_GT(fs::file_size(other), 0U);
    EXPECT_EQ(piece(3, {3, 5}, 0, 5), "value");
    EXPECT_EQ(piece(2, {2, 5}, 0, 5), "not_found");
    write(2, 20, "again");
    EXPECT_EQ(piece(2, {20, 5}, 0, 5), "again");
}

}  // namespace
}  // namespace skerry::storage
